//! The books after a run: every event took effect exactly once, whatever the peer calls its rows.

use std::collections::BTreeMap;

use bench_work::{Event, Workload};
use serde_json::Value;

use crate::dynamo::{Dynamo, IDEMPOTENCY, TABLE};

/// What an account's ledger must say: how many events, and their sum.
type Ledgers = BTreeMap<String, (i64, i64)>;

/// Checks what is stored against what was delivered.
///
/// # Errors
/// The first event or ledger that is wrong.
pub(crate) fn check(dynamo: &Dynamo, delivered: &[Event], workload: Workload) -> Result<(), String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut ledgers = Ledgers::new();
    for item in dynamo.items(TABLE) {
        let key = text(item.get("pk"));
        match key.split_once('#') {
            Some(("receipt", rest)) => {
                let id = rest.rsplit('#').next().unwrap_or_default();
                *seen.entry(id.to_owned()).or_default() += 1;
            }
            Some(("ledger", account)) => {
                ledgers.insert(account.to_owned(), ledger(item)?);
            }
            _ => return Err(format!("a row that nobody knows: {key}")),
        }
    }
    for item in dynamo.items(IDEMPOTENCY) {
        let (id, status, data) = (text(item.get("id")), text(item.get("status")), text(item.get("data")));
        if status != "COMPLETED" {
            return Err(format!("idempotency record {id} is {status}"));
        }
        let data: Value = serde_json::from_str(data).unwrap_or_else(|_| data.into());
        // Powertools for TypeScript stores what a handler gives as a map, Powertools for Python as JSON text.
        let event = data["eventId"].as_str().map(str::to_owned);
        let event = event.or_else(|| Some(text(item.get("data")?.get("M")?.get("eventId")).to_owned()));
        *seen.entry(event.unwrap_or_default()).or_default() += 1;
    }
    compare(&seen, &ledgers, delivered, workload)
}

fn compare(
    seen: &BTreeMap<String, usize>,
    ledgers: &Ledgers,
    delivered: &[Event],
    workload: Workload,
) -> Result<(), String> {
    for event in delivered {
        match seen.get(&event.id) {
            Some(1) => {}
            Some(count) => return Err(format!("event {} is remembered {count} times", event.id)),
            None => return Err(format!("event {} is not remembered", event.id)),
        }
    }
    if seen.len() > delivered.len() {
        return Err(format!("{} events were delivered, {} are remembered", delivered.len(), seen.len()));
    }
    let mut expected = Ledgers::new();
    if workload == Workload::Ledger {
        for event in delivered {
            let (count, total) = expected.entry(event.account.clone()).or_default();
            *count += 1;
            *total += event.amount;
        }
    }
    if *ledgers == expected {
        return Ok(());
    }
    let wrong = expected.iter().find(|(account, ledger)| ledgers.get(*account) != Some(*ledger));
    Err(match wrong {
        Some((account, ledger)) => {
            let stored = ledgers.get(account);
            format!("ledger {account} says {stored:?} where (count, total) is {ledger:?}")
        }
        None => format!("{} ledgers are stored where there should be {}", ledgers.len(), expected.len()),
    })
}

/// Waxseal keeps state as JSON text, the others as attributes.
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
    fn an_idempotency_record_counts_when_it_is_completed() {
        let events = [event("e1", "a", 10)];
        let record = |status: &str| json!({"id": {"S": "f#1"}, "status": {"S": status}, "data": {"S": "{\"eventId\": \"e1\"}"}});
        assert_eq!(check(&stored(IDEMPOTENCY, &[record("COMPLETED")]), &events, Workload::Receipt), Ok(()));
        assert!(check(&stored(IDEMPOTENCY, &[record("INPROGRESS")]), &events, Workload::Receipt).is_err());
        let map = json!({"id": {"S": "f#1"}, "status": {"S": "COMPLETED"}, "data": {"M": {"eventId": {"S": "e1"}}}});
        assert_eq!(check(&stored(IDEMPOTENCY, &[map]), &events, Workload::Receipt), Ok(()));
    }
}
