//! A list of instances, and the rows that a build cannot read.

use serde_json::{Value, json};
use waxseal::Timestamp;

use crate::processes::{
    row::Row,
    text::{duration, time, wrapped},
    waits::waits,
    wanted::{age, is_stuck, since, state},
};

/// The oldest first.
pub(crate) fn sort(rows: &mut [Row]) {
    rows.sort_by_cached_key(|row| {
        (row.instance.as_ref().and_then(since), row.service.clone(), row.kind.clone(), row.id.clone())
    });
}

/// Two lines for each instance: its state, age and name, then what it waits for.
pub(crate) fn draw(rows: &[Row], now: Timestamp) -> String {
    rows.iter().map(|row| one(row, now)).collect()
}

fn one(Row { service, kind, id, instance, .. }: &Row, now: Timestamp) -> String {
    let Some(instance) = instance else {
        let text = wrapped("unreadable           ", &format!("{kind} {id} ({service})"));
        return text + &wrapped(&format!("{:21}", ""), "`processes check` says why");
    };
    let mark = if is_stuck(instance, now) { '!' } else { ' ' };
    let mut text = wrapped(
        &format!("{:<19}{mark} ", state(instance)),
        &format!("{kind} {id} ({service}), {}", duration(age(instance, now))),
    );
    // The first one says enough; `where` has the others.
    if let Some(wait) = waits(instance).first() {
        let until = wait.until.map_or_else(String::new, |at| format!(", until {}", time(at)));
        text += &wrapped(&format!("{:21}", ""), &format!("waits for {}{until}", wait.what));
    }
    text
}

pub(crate) fn json(rows: &[Row], now: Timestamp) -> Value {
    let one = |Row { service, kind, id, instance, .. }: &Row| {
        let waits = instance.as_ref().map(waits).unwrap_or_default();
        json!({
            "service": service,
            "kind": kind,
            "id": id,
            "state": instance.as_ref().map_or_else(|| "unreadable".to_owned(), state),
            "stuck": instance.as_ref().is_none_or(|instance| is_stuck(instance, now)),
            "step": instance.as_ref().and_then(|instance| Some(&instance.state.as_ref()?.step)),
            "since": instance.as_ref().and_then(since),
            "waits": waits.iter().map(super::waits::Wait::json).collect::<Vec<_>>(),
        })
    };
    rows.iter().map(one).collect()
}
