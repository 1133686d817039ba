//! `processes ls`: the instances on a stage (G-8).

use std::time::SystemTime;

use waxseal::table::Item;
use waxseal_catalog::App;

use crate::{
    aws::{
        rows::{Call, Facts, facts, through_index, through_scan},
        tool::Aws,
    },
    command_error::CommandError,
    print,
    processes::{
        kinds::with_processes,
        list,
        row::{self, Row},
        typed::Ls,
        wanted::{Read, Wanted},
    },
    workspace::Workspace,
};

pub(super) fn ls(app: &App, workspace: &Workspace, typed: &Ls) -> Result<(), CommandError> {
    let (stage, aws) = Aws::on(&typed.stage, workspace)?;
    let wanted = Wanted { typed, now: SystemTime::now().into() };
    let (rows, unread) = listed(app, &stage.name, &|arguments| aws.json(arguments), &wanted)?;
    match typed.json {
        true => print::line(list::json(&rows, wanted.now)),
        false if rows.is_empty() => {}
        false => print::line(list::draw(&rows, wanted.now).trim_end()),
    }
    print::progress(format_args!("instances: {}", rows.len()));
    if !unread.is_empty() {
        print::progress(format_args!(
            "Instances that wait for a person, have ended, or wait without a deadline have no timer, and are \
             not among them. `--scan` reads whole tables for them: {}",
            unread.join("; ")
        ));
    }
    Ok(())
}

/// The wanted instances of a stage, the oldest first, and the tables of which only the index was read,
/// each with the price of a scan.
fn listed(
    app: &App,
    stage: &str,
    call: Call<'_>,
    wanted: &Wanted<'_>,
) -> Result<(Vec<Row>, Vec<String>), CommandError> {
    let (mut rows, mut prices, mut refused) = (Vec::new(), Vec::new(), None);
    for (service, kinds) in with_processes(app) {
        let table = format!("{}-{stage}-{}", app.name, service.name());
        let Some(Facts { items, units, .. }) = facts(call, &table)? else {
            print::progress(format_args!("{table} does not exist"));
            continue;
        };
        let price = format!("{table} has some {items} items, {units} read units");
        let mut take = |item: Item| {
            if !item.is_expired(wanted.now) {
                rows.extend(Row::of(service.name(), &item).filter(|row| wanted.has(row)));
            }
        };
        match wanted.read() {
            Ok(Read::Index(until)) => {
                through_index(call, &table, until, &|key| row::is_of(key, &kinds), &mut take)?;
                prices.push(price);
            }
            Ok(Read::Scan) => {
                let phases: Vec<&str> = wanted.typed.state.iter().map(|state| state.name()).collect();
                through_scan(call, &table, &kinds, &phases, &mut take)?;
            }
            Err(state) => {
                refused = Some(state);
                prices.push(price);
            }
        }
    }
    if let Some(state) = refused {
        return Err(CommandError::Usage(format!(
            "no index has the instances that are {}: `--scan` reads whole tables for them ({})",
            state.name(),
            prices.join("; ")
        )));
    }
    list::sort(&mut rows);
    Ok((rows, prices))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::stand_in::Table,
        processes::{
            sample::{Stuck, app, options, stored},
            typed::State,
        },
    };

    #[test]
    fn g8_the_index_finds_what_has_a_timer_and_a_scan_the_rest() {
        let stuck = Stuck::new();
        let table = Table::of("shop-prod-orders", stuck.items().iter().map(stored));
        let call = |arguments: &[&str]| table.answer(arguments);
        let found = |typed: &Ls| {
            let wanted = Wanted { typed, now: stuck.local.now() };
            let (rows, unread) = listed(&app(), "prod", &call, &wanted)?;
            let ids: Vec<String> = rows.into_iter().map(|row| row.id).collect();
            Ok::<_, CommandError>((ids.join(" "), unread.len()))
        };
        assert_eq!(found(&options()).unwrap(), ("order-8".to_owned(), 1), "the other waits for a person");
        assert_eq!(found(&Ls { stuck: true, ..options() }).unwrap(), (String::new(), 1));
        assert!(table.said("scan").is_empty(), "nothing is scanned unasked");
        let failed = Ls { state: vec![State::CompensationFailed], ..options() };
        let error = found(&failed).unwrap_err();
        assert_eq!(error.code(), 2);
        let count = table.items.len();
        assert!(error.to_string().contains(&format!("some {count} items, 3 read units")), "{error}");
        let scanned = Ls { scan: true, ..failed };
        assert_eq!(found(&scanned).unwrap(), ("order-7".to_owned(), 0));
        assert_eq!(found(&Ls { scan: true, stuck: true, ..options() }).unwrap().0, "order-7");
        assert_eq!(found(&Ls { scan: true, ..options() }).unwrap().0, "order-7 order-8");
        // A service that the stage does not have yet.
        let wanted = Wanted { typed: &options(), now: stuck.local.now() };
        assert!(listed(&app(), "test", &call, &wanted).unwrap().0.is_empty());
    }
}
