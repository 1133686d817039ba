//! Rows of a deployed table: through the index of timers, or by a scan.
//!
//! Each page is a request of its own, so that a table of any size is read with little memory.

use std::{fs, thread, time::Duration};

use serde_json::{Map, Value, json};
use waxseal::{
    Timestamp,
    row::{sort, times},
    table::{Item, attribute},
};
use waxseal_catalog::routes::TIMERS_INDEX;

use crate::{aws::look::existing, command_error::CommandError, processes::row};

/// The `aws` command: what it is told, and its answer.
pub(super) type Call<'a> = &'a dyn Fn(&[&str]) -> Result<Value, CommandError>;
/// What is done with each item that was read.
pub(super) type Each<'a> = &'a mut dyn FnMut(Item);

/// The keys in one `BatchGetItem`, as DynamoDB limits it.
const LARGEST_BATCH: usize = 100;
/// The requests for keys that DynamoDB did not get to, each after a pause.
const TRIES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Reads the items of the index of timers: one query for each shard, page by page, and the items by
/// their keys. Of the items that are woken after `until` none is read.
pub(super) fn through_index(
    call: Call<'_>,
    table: &str,
    until: Option<Timestamp>,
    is_wanted: &dyn Fn(&waxseal::table::Key) -> bool,
    each: Each<'_>,
) -> Result<(), CommandError> {
    for shard in (0..times::SHARDS).map(times::shard_name) {
        let mut after = None;
        loop {
            let page = call(&as_str(&query(table, &shard, until, after.as_ref())))?;
            let keys = page["Items"].as_array().into_iter().flatten();
            let keys: Vec<Value> =
                keys.filter(|json| row::key(json).is_some_and(|key| is_wanted(&key))).map(own_key).collect();
            for keys in keys.chunks(LARGEST_BATCH) {
                get(call, table, keys, FIRST_PAUSE, each)?;
            }
            match page.get("LastEvaluatedKey").filter(|key| key.is_object()) {
                Some(key) => after = Some(key.clone()),
                None => break,
            }
        }
    }
    Ok(())
}

/// Reads the rows of these kinds in the whole table, page by page. `phase` asks DynamoDB for those in
/// one of these phases alone; it reads, and charges for, all of them.
pub(super) fn through_scan(
    call: Call<'_>,
    table: &str,
    kinds: &[&str],
    phases: &[&str],
    each: Each<'_>,
) -> Result<(), CommandError> {
    let mut after = None;
    loop {
        let page = call(&as_str(&scan(table, kinds, phases, after.as_ref())))?;
        page["Items"].as_array().into_iter().flatten().filter_map(row::item).for_each(&mut *each);
        match page.get("LastEvaluatedKey").filter(|key| key.is_object()) {
            Some(key) => after = Some(key.clone()),
            None => return Ok(()),
        }
    }
}

/// What DynamoDB says of a table. Its counts are some hours old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) items: u64,
    /// The units of a scan: an eventually consistent read of 4 KB is half a unit.
    pub(super) units: u64,
    /// Whether it has an index of timers.
    pub(super) has_index: bool,
}

/// The facts of a table; `None` where there is none yet.
pub(super) fn facts(call: Call<'_>, table: &str) -> Result<Option<Facts>, CommandError> {
    let Some(answer) = existing(call(&["dynamodb", "describe-table", "--table-name", table]))? else {
        return Ok(None);
    };
    let number = |name: &str| answer["Table"][name].as_u64().unwrap_or_default();
    let indexes = answer["Table"]["GlobalSecondaryIndexes"].as_array().into_iter().flatten();
    let has_index = indexes.into_iter().any(|index| index["IndexName"] == TIMERS_INDEX);
    Ok(Some(Facts { items: number("ItemCount"), units: number("TableSizeBytes").div_ceil(8192), has_index }))
}

fn query(table: &str, shard: &str, until: Option<Timestamp>, after: Option<&Value>) -> Vec<String> {
    let mut condition = "#shard = :shard".to_owned();
    let mut names = json!({ "#shard": attribute::WAKE_SHARD });
    let mut values = json!({ ":shard": { "S": shard } });
    if let Some(until) = until {
        condition += " AND #at <= :until";
        names["#at"] = json!(attribute::WAKE_AT);
        values[":until"] = json!({ "N": until.as_millisecond().to_string() });
    }
    let mut arguments = ["dynamodb", "query", "--table-name", table, "--index-name", TIMERS_INDEX]
        .map(str::to_owned)
        .to_vec();
    arguments.extend(["--key-condition-expression".to_owned(), condition]);
    paged(arguments, &names, &values, after)
}

fn scan(table: &str, kinds: &[&str], phases: &[&str], after: Option<&Value>) -> Vec<String> {
    let mut names = json!({ "#pk": attribute::PARTITION, "#sk": attribute::SORT });
    let mut values = json!({ ":sort": { "S": sort::STATE } });
    let mut any_of = |what: &str, texts: Vec<String>| {
        let named = texts.into_iter().enumerate().map(|(index, text)| {
            let name = format!(":{what}{index}");
            values[&name] = json!({ "S": text });
            name
        });
        named.collect::<Vec<String>>()
    };
    let kinds = any_of("kind", kinds.iter().map(|kind| format!("{kind}#")).collect());
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("begins_with(#pk, {kind})")).collect();
    let mut filter = format!("#sk = :sort AND ({})", kinds.join(" OR "));
    // The engine writes a row's JSON without blanks, and a quotation mark inside a text is escaped.
    let phases = any_of("phase", phases.iter().map(|phase| format!(r#""phase":{{"is":"{phase}""#)).collect());
    if !phases.is_empty() {
        names["#data"] = json!("data");
        let phases: Vec<String> = phases.iter().map(|phase| format!("contains(#data, {phase})")).collect();
        filter = format!("{filter} AND ({})", phases.join(" OR "));
    }
    let arguments = ["dynamodb", "scan", "--table-name", table, "--filter-expression", &filter];
    paged(arguments.map(str::to_owned).to_vec(), &names, &values, after)
}

/// One page of a read: the command itself would put all pages together.
fn paged(mut arguments: Vec<String>, names: &Value, values: &Value, after: Option<&Value>) -> Vec<String> {
    arguments.extend(["--no-paginate", "--expression-attribute-names"].map(str::to_owned));
    arguments.extend([names.to_string(), "--expression-attribute-values".to_owned(), values.to_string()]);
    if let Some(after) = after {
        arguments.extend(["--exclusive-start-key".to_owned(), after.to_string()]);
    }
    arguments
}

/// The key of an item in an entry of the index, which has the index's key beside it.
fn own_key(entry: &Value) -> Value {
    let part = |name: &'static str| (name.to_owned(), entry[name].clone());
    Value::Object(Map::from_iter([part(attribute::PARTITION), part(attribute::SORT)]))
}

/// Reads items by their keys. An item that has gone since is left out.
fn get(
    call: Call<'_>,
    table: &str,
    keys: &[Value],
    pause: Duration,
    each: Each<'_>,
) -> Result<(), CommandError> {
    let mut open = json!({ table: { "Keys": keys } });
    for attempt in 0..TRIES {
        if attempt > 0 {
            thread::sleep(pause * 2_u32.pow(attempt - 1));
        }
        // By file: a hundred keys may be longer than an argument can be.
        let file = tempfile::NamedTempFile::new().map_err(CommandError::io("a file for keys"))?;
        fs::write(file.path(), open.to_string()).map_err(CommandError::io(file.path().display()))?;
        let keys = format!("file://{}", file.path().display());
        let answer = call(&["dynamodb", "batch-get-item", "--request-items", &keys])?;
        let items = answer["Responses"][table].as_array().into_iter().flatten();
        items.filter_map(row::item).for_each(&mut *each);
        match answer.get("UnprocessedKeys") {
            Some(Value::Object(rest)) if !rest.is_empty() => open = Value::Object(rest.clone()),
            _ => return Ok(()),
        }
    }
    Err(CommandError::Failed(format!("{table} is throttled: not all of its rows were read; try again later")))
}

fn as_str(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::stand_in::Table;

    /// A table with rows of instances, in the index of timers each.
    fn rows(count: usize) -> Table {
        let item = |index: usize| {
            let shard = times::shard_name(u8::try_from(index % 3).unwrap());
            json!({
                "pk": { "S": format!("fulfilment#o-{index:03}") }, "sk": { "S": "state" },
                "data": { "S": "{}" }, "wake_shard": { "S": shard }, "wake_at": { "N": "1" },
            })
        };
        Table::of("t", (0..count).map(item))
    }

    fn read(read: impl FnOnce(Each<'_>) -> Result<(), CommandError>) -> Vec<String> {
        let mut found = Vec::new();
        read(&mut |item| found.push(item.key.partition.to_string())).unwrap();
        found.sort();
        found
    }

    #[test]
    fn g8_every_shard_and_every_page_of_the_index_is_read() {
        let table = rows(10);
        let call = |arguments: &[&str]| table.answer(arguments);
        let found = read(|each| through_index(&call, "t", None, &|_| true, each));
        assert_eq!(found, (0..10).map(|index| format!("fulfilment#o-{index:03}")).collect::<Vec<_>>());
        let queries = table.said("query");
        // Shards of 4, 3 and 3 items in pages of two, and 13 empty shards.
        assert_eq!(queries.len(), 2 + 2 + 2 + 13);
        assert!(queries.iter().all(|query| query.contains(&"--no-paginate".to_owned())));
        let none = read(|each| through_index(&call, "t", None, &|_| false, each));
        assert!(none.is_empty(), "rows that are not wanted are not read");
        assert_eq!(table.said("batch-get-item").len(), 10);
    }

    #[test]
    fn g8_a_scan_reads_every_page_and_asks_for_rows_of_processes_alone() {
        let table = rows(5);
        let call = |arguments: &[&str]| table.answer(arguments);
        let found = read(|each| through_scan(&call, "t", &["fulfilment", "returns"], &[], each));
        assert_eq!(found.len(), 5);
        let scans = table.said("scan");
        assert_eq!(scans.len(), 3);
        let filter = "#sk = :sort AND (begins_with(#pk, :kind0) OR begins_with(#pk, :kind1))";
        assert!(scans[0].contains(&filter.to_owned()), "{scans:?}");
        let scan = scan("t", &["a"], &["finished"], None);
        let [.., values] = &scan[..] else { panic!() };
        let values: Value = serde_json::from_str(values).unwrap();
        assert_eq!(values[":phase0"]["S"], r#""phase":{"is":"finished""#);
        assert_eq!(values[":kind0"]["S"], "a#");
    }

    #[test]
    fn g8_rows_that_are_stuck_are_asked_for_by_their_time() {
        let query = query("t", "07", Some(Timestamp::from_second(60).unwrap()), None);
        assert!(query.contains(&"#shard = :shard AND #at <= :until".to_owned()), "{query:?}");
        let values: Value = serde_json::from_str(query.last().unwrap()).unwrap();
        assert_eq!(values, json!({ ":shard": { "S": "07" }, ":until": { "N": "60000" } }));
    }

    #[test]
    fn g8_a_throttled_table_is_a_failure_and_no_short_answer() {
        let throttled =
            |_: &[&str]| Ok(json!({ "Responses": {}, "UnprocessedKeys": { "t": { "Keys": [{}] } } }));
        let mut found = 0;
        let error = get(&throttled, "t", &[json!({})], Duration::ZERO, &mut |_| found += 1).unwrap_err();
        assert!(error.to_string().contains("throttled"), "{error}");
        assert_eq!(found, 0);
    }
}
