//! `processes check`: the rows of a stage that this build cannot read, before it is deployed (G-5).

use std::{collections::BTreeMap, time::SystemTime};

use serde_json::{Value, json};
use waxseal::{
    Service, Timestamp,
    table::{Item, attribute},
};
use waxseal_catalog::App;

use crate::{
    aws::{
        rows::{Call, Facts, facts, through_index, through_scan},
        tool::Aws,
    },
    command_error::CommandError,
    print,
    processes::{text::wrapped, typed::Check},
    workspace::Workspace,
};

/// The rows that people are told of one by one; the JSON has all of them.
const MOST: usize = 20;

/// What a check has found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Checked {
    rows: usize,
    /// The rows that this build cannot read, by service and key, with the reason.
    unreadable: BTreeMap<(String, String), String>,
}

impl Checked {
    /// Whether `service` reads a row. Its own types say so.
    fn take(&mut self, service: &Service, item: &Item) {
        self.rows += 1;
        if let Err(fault) = service.reads_row(item) {
            let key = (service.name().to_owned(), item.key.to_string());
            self.unreadable.insert(key, fault.to_string());
        }
    }

    fn json(&self) -> Value {
        let unreadable = self.unreadable.iter();
        let unreadable: Vec<Value> = unreadable
            .map(|((service, row), reason)| json!({ "service": service, "row": row, "reason": reason }))
            .collect();
        json!({ "rows": self.rows, "unreadable": unreadable })
    }

    /// The findings, for people.
    fn draw(&self) -> String {
        let mut text: String =
            self.unreadable.iter().take(MOST).fold(String::new(), |text, ((service, row), reason)| {
                text + &wrapped("", &format!("{service}: {row}")) + &wrapped("    ", reason)
            });
        if self.unreadable.len() > MOST {
            text += &format!("… and {} more: `--json` has all of them\n", self.unreadable.len() - MOST);
        }
        text
    }

    fn verdict(&self) -> Result<(), CommandError> {
        match self.unreadable.len() {
            0 => Ok(()),
            count => Err(CommandError::Findings(format!(
                "this build cannot read {count} of {} rows: raise `VERSION` and lift them (`Process::lift`), or \
                 deploy it when their instances have ended",
                self.rows
            ))),
        }
    }
}

pub(super) fn check(app: &App, workspace: &Workspace, typed: &Check) -> Result<(), CommandError> {
    let (stage, aws) = Aws::on(&typed.stage, workspace)?;
    let checked =
        checked(app, &stage.name, &|arguments| aws.json(arguments), typed.all, SystemTime::now().into())?;
    match typed.json {
        true => print::line(checked.json()),
        false if checked.unreadable.is_empty() => {}
        false => print::line(checked.draw().trim_end()),
    }
    print::progress(format_args!(
        "{} rows read{}",
        checked.rows,
        if typed.all { "" } else { ", all with a timer: `--all` reads the others too" }
    ));
    checked.verdict()
}

/// Reads the rows of a stage with the types of this build.
fn checked(
    app: &App,
    stage: &str,
    call: Call<'_>,
    is_all: bool,
    now: Timestamp,
) -> Result<Checked, CommandError> {
    let mut checked = Checked::default();
    for deployed in app.services.iter().filter(|deployed| deployed.has_timers()) {
        let Some(service) = deployed.service() else {
            print::progress(format_args!(
                "{}: another build has its handlers, so its rows are not read",
                deployed.name()
            ));
            continue;
        };
        let table = format!("{}-{stage}-{}", app.name, service.name());
        let Some(Facts { items, units, has_index }) = facts(call, &table)? else { continue };
        if has_index {
            let mut take = |item: Item| {
                if !item.is_expired(now) {
                    checked.take(service, &item);
                }
            };
            // Rows of a process that this build no longer has are found, too.
            through_index(call, &table, None, &|_| true, &mut take)?;
        }
        let kinds = service.process_kinds();
        if is_all && !kinds.is_empty() {
            print::progress(format_args!("{table}: reading some {items} items, {units} read units"));
            let mut take = |item: Item| {
                // The index has led to the others.
                if !item.is_expired(now) && item.get_text(attribute::WAKE_SHARD).is_none() {
                    checked.take(service, &item);
                }
            };
            through_scan(call, &table, &kinds, &[], &mut take)?;
        }
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::stand_in::Table,
        processes::sample::{Stuck, app, later, stored},
    };

    #[test]
    fn g5_a_check_names_the_rows_that_the_new_build_cannot_read() {
        let stuck = Stuck::new();
        let now = stuck.local.now();
        let table = Table::of("shop-prod-orders", stuck.items().iter().map(stored));
        let call = |arguments: &[&str]| table.answer(arguments);
        let check = |app: &App, is_all| checked(app, "prod", &call, is_all, now).unwrap();
        let rows = |checked: &Checked| {
            let rows = checked.unreadable.keys().map(|(_, row)| row.clone()).collect::<Vec<_>>();
            (checked.rows, rows.join(", "))
        };
        let same = check(&app(), true);
        assert_eq!(rows(&same), (2, String::new()));
        assert!(same.verdict().is_ok());

        // The step `Charging` is gone. The row in it waits for a person, and so has no timer.
        let newer = App::new("shop").service(later());
        assert_eq!(rows(&check(&newer, false)), (1, String::new()));
        let all = check(&newer, true);
        assert_eq!(rows(&all), (2, "fulfilment#order-7 / state".to_owned()));
        assert_eq!(all.verdict().unwrap_err().code(), 3);
        assert!(all.draw().contains("does not fit process fulfilment of version 1"), "{}", all.draw());
        assert_eq!(all.json()["unreadable"][0]["service"], "orders");

        // The process is gone, and a row of it has a timer.
        let without = App::new("shop").service(Service::new("orders").schedules_messages());
        assert_eq!(rows(&check(&without, false)), (1, "fulfilment#order-8 / state".to_owned()));
        // A service whose table is still to come.
        assert_eq!(checked(&newer, "test", &call, true, now).unwrap(), Checked::default());
    }
}
