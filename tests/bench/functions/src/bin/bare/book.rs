//! The workload with state: one batch read of the ledgers and receipts, and one transaction for as
//! many records as it takes.

use std::collections::{HashMap, HashSet};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_dynamodb::{
    Client,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem},
};
use futures_util::future::join_all;
use lambda_runtime::Error;

use crate::{Attributes, UNSEEN, Work, key, now, number, read, receipt, response};

/// The records of one transaction: two actions each, a hundred in all.
const GROUP: usize = 50;
/// Keys in one batch read.
const LARGEST_READ: usize = 100;
const TRIES: usize = 5;

#[derive(Clone, Copy, Default)]
struct Ledger {
    version: i64,
    count: i64,
    total: i64,
}

pub(crate) async fn book(client: &Client, table: &str, event: SqsEvent) -> SqsBatchResponse {
    let (mut works, failed) = read(event);
    // Records of one account must be in one transaction, in their order.
    works.sort_by(|left, right| left.data.account.cmp(&right.data.account));
    let groups: Vec<&[Work]> = split(&works);
    let read_ahead = match load(client, table, &works).await {
        Ok(loaded) => loaded,
        Err(error) => {
            eprintln!("{error:?}");
            return response(failed.into_iter().chain(works.into_iter().map(|work| work.message_id)));
        }
    };
    let commits = groups.iter().map(|group| commit(client, table, group, &read_ahead));
    let refused: Vec<bool> = join_all(commits).await;
    let refused = groups.into_iter().zip(refused).filter(|(_, done)| !done);
    let refused = refused.flat_map(|(group, _)| group.iter().map(|work| work.message_id.clone()));
    response(failed.into_iter().chain(refused))
}

/// Groups of at most [`GROUP`] records that leave no account in two of them, where that is
/// possible.
fn split(works: &[Work]) -> Vec<&[Work]> {
    let (mut groups, mut start) = (Vec::new(), 0);
    while start < works.len() {
        let mut end = (start + GROUP).min(works.len());
        let same = |at: usize| works[at].data.account == works[at - 1].data.account;
        while end < works.len() && end > start + 1 && same(end) {
            end -= 1;
        }
        groups.push(&works[start..end]);
        start = end;
    }
    groups
}

/// The stored state of a batch: its accounts' ledgers, and the events that were handled before.
#[derive(Default, Clone)]
struct Loaded {
    ledgers: HashMap<String, Ledger>,
    seen: HashSet<String>,
}

async fn load(client: &Client, table: &str, works: &[Work]) -> Result<Loaded, Error> {
    let accounts: HashSet<&str> = works.iter().map(|work| work.data.account.as_str()).collect();
    let events: HashSet<&str> = works.iter().map(|work| work.event_id.as_str()).collect();
    let mut keys: Vec<Attributes> =
        accounts.into_iter().map(|account| key("ledger", account, "state")).collect();
    keys.extend(events.into_iter().map(|event| key("receipt", event, "receipt")));
    let reads = keys.chunks(LARGEST_READ).map(|chunk| load_chunk(client, table, chunk.to_vec()));
    let mut loaded = Loaded::default();
    for items in join_all(reads).await {
        for item in items? {
            let number =
                |name: &str| item.get(name).and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or(0);
            let Some(Ok(key)) = item.get("pk").map(AttributeValue::as_s) else { continue };
            if let Some(account) = key.strip_prefix("ledger#") {
                let ledger =
                    Ledger { version: number("version"), count: number("count"), total: number("total") };
                loaded.ledgers.insert(account.to_owned(), ledger);
            } else if let Some(event) = key.strip_prefix("receipt#") {
                loaded.seen.insert(event.to_owned());
            }
        }
    }
    Ok(loaded)
}

async fn load_chunk(client: &Client, table: &str, keys: Vec<Attributes>) -> Result<Vec<Attributes>, Error> {
    let (mut open, mut items) = (keys, Vec::new());
    while !open.is_empty() {
        let request = KeysAndAttributes::builder().set_keys(Some(open)).consistent_read(true).build()?;
        let output = client.batch_get_item().request_items(table, request).send().await?;
        items.extend(output.responses.into_iter().flat_map(HashMap::into_values).flatten());
        let left = output.unprocessed_keys.into_iter().flat_map(HashMap::into_values);
        open = left.flat_map(|left| left.keys).collect();
    }
    Ok(items)
}

/// Commits `group`. Returns whether all of it has taken effect, now or before.
async fn commit(client: &Client, table: &str, group: &[Work], read_ahead: &Loaded) -> bool {
    let mut loaded = read_ahead.clone();
    for _ in 0..TRIES {
        let fresh: Vec<&Work> = group.iter().filter(|work| !loaded.seen.contains(&work.event_id)).collect();
        if fresh.is_empty() {
            return true;
        }
        let actions = match actions(table, &fresh, &loaded) {
            Ok(actions) => actions,
            Err(error) => {
                eprintln!("{error:?}");
                return false;
            }
        };
        match client.transact_write_items().set_transact_items(Some(actions)).send().await {
            Ok(_) => return true,
            Err(error) => match error.as_service_error() {
                // Another writer was first, with an event or with a ledger, so the group is tried
                // again on fresh reads.
                Some(TransactWriteItemsError::TransactionCanceledException(_)) => {
                    match load(client, table, group).await {
                        Ok(fresh) => loaded = fresh,
                        Err(error) => {
                            eprintln!("{error:?}");
                            return false;
                        }
                    }
                }
                _ => {
                    eprintln!("{error:?}");
                    return false;
                }
            },
        }
    }
    false
}

fn actions(table: &str, fresh: &[&Work], loaded: &Loaded) -> Result<Vec<TransactWriteItem>, Error> {
    let now = now();
    let mut actions = Vec::with_capacity(2 * fresh.len());
    let mut ledgers: HashMap<&str, (Option<i64>, Ledger)> = HashMap::with_capacity(fresh.len());
    let mut events = HashSet::with_capacity(fresh.len());
    for work in fresh {
        // The batch holds the same event twice.
        if !events.insert(&work.event_id) {
            continue;
        }
        let stored = loaded.ledgers.get(&work.data.account).copied();
        let (_, ledger) = ledgers
            .entry(&work.data.account)
            .or_insert((stored.map(|ledger| ledger.version), stored.unwrap_or_default()));
        ledger.count += 1;
        ledger.total += work.data.amount;
        let put = Put::builder().table_name(table).set_item(Some(receipt(&work.event_id, now)));
        let put = put.condition_expression(UNSEEN).expression_attribute_values(":now", number(now));
        actions.push(TransactWriteItem::builder().put(put.build()?).build());
    }
    for (account, (version, ledger)) in ledgers {
        let mut item = key("ledger", account, "state");
        item.insert("version".to_owned(), number(version.unwrap_or(0) + 1));
        item.insert("count".to_owned(), number(ledger.count));
        item.insert("total".to_owned(), number(ledger.total));
        let put = Put::builder().table_name(table).set_item(Some(item));
        let put = match version {
            Some(version) => put
                .condition_expression("version = :version")
                .expression_attribute_values(":version", number(version)),
            None => put.condition_expression("attribute_not_exists(pk)"),
        };
        actions.push(TransactWriteItem::builder().put(put.build()?).build());
    }
    Ok(actions)
}
