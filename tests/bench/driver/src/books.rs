//! The books after a run. Every event must have taken effect exactly once, in the rows of every
//! peer.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

use bench_work::{Event, Workload};
use serde_json::Value;

use crate::dynamo::{Dynamo, IDEMPOTENCY, TABLE};

/// The state after a run, by its subject.
#[derive(Debug, Default)]
struct Books {
    /// The number of receipts of each event.
    seen: BTreeMap<String, usize>,
    /// The number of events of each account, and their sum.
    ledgers: BTreeMap<String, (i64, i64)>,
    /// The account and the amount in the emission of each event.
    outgoing: BTreeMap<String, (String, i64)>,
}

/// Compares the stored state with the delivered events.
///
/// # Errors
/// The first event or ledger that is wrong.
pub(crate) fn check(dynamo: &Dynamo, delivered: &[Event], workload: Workload) -> Result<(), String> {
    let (mut books, mut outgoing_ids) = (Books::default(), BTreeSet::new());
    for item in dynamo.items(TABLE) {
        let key = text(item.get("pk"));
        let Some((kind, rest)) = key.split_once('#') else { return Err(unknown(key)) };
        let id = rest.rsplit('#').next().unwrap_or_default();
        match kind {
            "receipt" => *books.seen.entry(id.to_owned()).or_default() += 1,
            "ledger" => drop(books.ledgers.insert(rest.to_owned(), ledger(item)?)),
            "outgoing" => {}
            _ => return Err(unknown(key)),
        }
        for event in emitted(item).ok_or_else(|| format!("row {key} keeps something else than events"))? {
            let out = event["eventId"].as_str().unwrap_or_default();
            if out.is_empty() || !outgoing_ids.insert(out.to_owned()) {
                return Err(format!("row {key} keeps an outgoing event without an id of its own"));
            }
            if event["eventType"] != "payment.booked" || event["causationId"] != id {
                return Err(format!("row {key} keeps an outgoing event that {id} is not the cause of"));
            }
            let account = event["data"]["account"].as_str().unwrap_or_default();
            let amount = event["data"]["amount"].as_i64().unwrap_or_default();
            if books.outgoing.insert(id.to_owned(), (account.to_owned(), amount)).is_some() {
                return Err(format!("event {id} has left two outgoing events"));
            }
        }
    }
    for item in dynamo.items(IDEMPOTENCY) {
        let (id, status, data) = (text(item.get("id")), text(item.get("status")), text(item.get("data")));
        if status != "COMPLETED" {
            return Err(format!("idempotency record {id} is {status}"));
        }
        let data: Value = serde_json::from_str(data).unwrap_or_else(|_| data.into());
        // Powertools for TypeScript stores a handler's result as a map, Powertools for Python as
        // JSON text.
        let event = data["eventId"].as_str().map(str::to_owned);
        let event = event.or_else(|| Some(text(item.get("data")?.get("M")?.get("eventId")).to_owned()));
        *books.seen.entry(event.unwrap_or_default()).or_default() += 1;
    }
    let expected = expected(delivered, workload);
    compare("event, times remembered", &books.seen, &expected.seen)?;
    compare("ledger, (count, total)", &books.ledgers, &expected.ledgers)?;
    compare("outgoing event of, (account, amount)", &books.outgoing, &expected.outgoing)
}

fn unknown(key: &str) -> String {
    format!("an unknown row: {key}")
}

fn expected(delivered: &[Event], workload: Workload) -> Books {
    let mut books = Books::default();
    for Event { id, account, amount } in delivered {
        books.seen.insert(id.clone(), 1);
        match workload {
            Workload::Receipt => {}
            Workload::Emit => drop(books.outgoing.insert(id.clone(), (account.clone(), *amount))),
            Workload::Ledger => {
                let (count, total) = books.ledgers.entry(account.clone()).or_default();
                *count += 1;
                *total += amount;
            }
        }
    }
    books
}

fn compare<V: PartialEq + Debug>(
    what: &str,
    stored: &BTreeMap<String, V>,
    expected: &BTreeMap<String, V>,
) -> Result<(), String> {
    let mut keys = expected.keys().chain(stored.keys());
    match keys.find(|key| stored.get(*key) != expected.get(*key)) {
        None => Ok(()),
        Some(key) => {
            let (stored, expected) = (stored.get(key), expected.get(key));
            Err(format!("{what}: of {key} {stored:?} is stored where it should be {expected:?}"))
        }
    }
}

/// The emissions of a row: one event, or Waxseal's list of them with their channels. `None` for any
/// other row.
fn emitted(item: &serde_json::Map<String, Value>) -> Option<Vec<Value>> {
    let Some(emitted) = item.get("emitted") else { return Some(Vec::new()) };
    match serde_json::from_str(text(Some(emitted))) {
        Ok(Value::Array(list)) => {
            list.into_iter().map(|mut one| Some(one.get_mut("envelope")?.take())).collect()
        }
        Ok(event @ Value::Object(_)) => Some(vec![event]),
        _ => None,
    }
}

/// The ledger of a row. Waxseal keeps state as JSON text, the others as attributes.
fn ledger(item: &serde_json::Map<String, Value>) -> Result<(i64, i64), String> {
    let data: Value = serde_json::from_str(text(item.get("data"))).unwrap_or_default();
    let number = |name: &str| {
        let attribute = item.get(name).and_then(|value| value["N"].as_str()?.parse().ok());
        attribute.or_else(|| data[name].as_i64()).ok_or_else(|| format!("a ledger without {name}"))
    };
    Ok((number("count")?, number("total")?))
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(|value| value["S"].as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::dynamo::Latency;

    fn event(id: &str, account: &str, amount: i64) -> Event {
        Event { id: id.to_owned(), account: account.to_owned(), amount }
    }

    fn stored(table: &str, items: &[Value]) -> Dynamo {
        let mut dynamo = Dynamo::new(Latency { plain: Duration::ZERO, transaction: Duration::ZERO });
        for item in items {
            let body = json!({"TableName": table, "Item": item}).to_string();
            assert_eq!(dynamo.answer("DynamoDB_20120810.PutItem", body.as_bytes()).0, 200);
        }
        dynamo
    }

    fn receipt(key: &str) -> Value {
        json!({"pk": {"S": key}, "sk": {"S": "receipt"}})
    }

    #[test]
    fn books_balance_where_each_event_took_effect_once() {
        let events = [event("e1", "a", 10), event("e2", "a", 5)];
        let rows = |count: &str, total: i64| {
            vec![
                receipt("receipt#e1"),
                receipt("receipt#book#payment#e2"),
                json!({"pk": {"S": "ledger#a"}, "sk": {"S": "state"}, "count": {"N": count}, "total": {"N": total.to_string()}}),
            ]
        };
        assert_eq!(check(&stored(TABLE, &rows("2", 15)), &events, Workload::Ledger), Ok(()));
        let waxseal = [
            receipt("receipt#e1"),
            receipt("receipt#e2"),
            json!({"pk": {"S": "ledger#a"}, "sk": {"S": "state"}, "data": {"S": "{\"count\":2,\"total\":15}"}}),
        ];
        assert_eq!(check(&stored(TABLE, &waxseal), &events, Workload::Ledger), Ok(()));

        for (count, total) in [("1", 15), ("2", 14), ("3", 20)] {
            assert!(check(&stored(TABLE, &rows(count, total)), &events, Workload::Ledger).is_err());
        }
        let receipts = [receipt("receipt#e1"), receipt("receipt#e2")];
        assert!(check(&stored(TABLE, &receipts), &events, Workload::Ledger).is_err(), "no ledger");
        assert_eq!(check(&stored(TABLE, &receipts), &events, Workload::Receipt), Ok(()));
    }

    #[test]
    fn books_do_not_balance_where_an_event_is_missing_doubled_or_too_many() {
        let events = [event("e1", "a", 10)];
        for rows in [
            vec![],
            vec![receipt("receipt#e2")],
            vec![receipt("receipt#e1"), receipt("receipt#e2")],
            vec![receipt("receipt#x#e1"), receipt("receipt#y#e1")],
            vec![receipt("unknown#e1")],
        ] {
            assert!(check(&stored(TABLE, &rows), &events, Workload::Receipt).is_err(), "{rows:?}");
        }
    }

    #[test]
    fn books_balance_where_each_event_left_one_outgoing_event() {
        let events = [event("e1", "a", 10), event("e2", "b", 5)];
        let out = |id: &str, cause: &str, account: &str, amount: i64| json!({"eventId": id, "eventType": "payment.booked", "causationId": cause, "data": {"account": account, "amount": amount}});
        let row = |key: &str, emitted: Value| json!({"pk": {"S": key}, "sk": {"S": "receipt"}, "emitted": {"S": emitted.to_string()}});
        let waxseal = |events: &[Value]| {
            events.iter().map(|event| json!({"channel": "bus", "envelope": event})).collect::<Value>()
        };
        let first = row("receipt#bench/announce#payment#e1", waxseal(&[out("o1", "e1", "a", 10)]));
        let second = out("o2", "e2", "b", 5);
        let right = [
            vec![row("receipt#e2", second.clone())],
            vec![row("receipt#e2", waxseal(std::slice::from_ref(&second)))],
            vec![receipt("receipt#e2"), row("outgoing#e2", second.clone())],
        ];
        for rows in right {
            let rows = [vec![first.clone()], rows].concat();
            assert_eq!(check(&stored(TABLE, &rows), &events, Workload::Emit), Ok(()));
            assert!(
                check(&stored(TABLE, &rows), &events, Workload::Receipt).is_err(),
                "nothing is to be said"
            );
        }
        let wrong = [
            vec![receipt("receipt#e2")],
            vec![row("receipt#e2", waxseal(&[]))],
            vec![row("receipt#e2", waxseal(&[second.clone(), out("o3", "e2", "b", 5)]))],
            vec![row("receipt#e2", second.clone()), row("outgoing#e2", out("o3", "e2", "b", 5))],
            vec![
                receipt("receipt#e2"),
                row("outgoing#e2", second.clone()),
                row("outgoing#e3", out("o3", "e3", "c", 1)),
            ],
            vec![row("receipt#e2", out("o2", "e2", "b", 6))],
            vec![row("receipt#e2", out("o2", "e2", "a", 5))],
            vec![row("receipt#e2", out("o1", "e2", "b", 5))],
            vec![row("receipt#e2", out("o2", "e1", "b", 5))],
            vec![row(
                "receipt#e2",
                json!({"eventId": "o2", "eventType": "payment.lost", "causationId": "e2"}),
            )],
            vec![row("receipt#e2", json!([second]))],
            vec![row("receipt#e2", json!("payment.booked"))],
        ];
        for rows in wrong {
            let rows = [vec![first.clone()], rows].concat();
            assert!(check(&stored(TABLE, &rows), &events, Workload::Emit).is_err(), "{rows:?}");
        }
    }

    #[test]
    fn an_idempotency_record_counts_when_it_is_completed() {
        let events = [event("e1", "a", 10)];
        let record = |status: &str| json!({"id": {"S": "f#1"}, "status": {"S": status}, "data": {"S": "{\"eventId\": \"e1\"}"}});
        assert_eq!(check(&stored(IDEMPOTENCY, &[record("COMPLETED")]), &events, Workload::Receipt), Ok(()));
        assert!(check(&stored(IDEMPOTENCY, &[record("INPROGRESS")]), &events, Workload::Receipt).is_err());
        let map = json!({"id": {"S": "f#1"}, "status": {"S": "COMPLETED"}, "data": {"M": {"eventId": {"S": "e1"}}}});
        assert_eq!(check(&stored(IDEMPOTENCY, &[map]), &events, Workload::Receipt), Ok(()));
    }
}
