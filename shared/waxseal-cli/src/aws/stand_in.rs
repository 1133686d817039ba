//! A table behind the `aws` command, with small pages and batches that end early.

use std::{cell::RefCell, collections::BTreeMap, fs};

use serde_json::{Value, json};

use crate::command_error::CommandError;

/// The items of a page.
const PAGE: usize = 2;

/// A stand-in for one table on a stage.
#[derive(Debug)]
pub(super) struct Table {
    name: String,
    pub(super) items: BTreeMap<String, Value>,
    said: RefCell<Vec<Vec<String>>>,
}

impl Table {
    pub(super) fn of(name: &str, items: impl IntoIterator<Item = Value>) -> Self {
        let items = items.into_iter().map(|item| (place(&item), item)).collect();
        Self { name: name.to_owned(), items, said: RefCell::default() }
    }

    /// The commands of this name so far.
    pub(super) fn said(&self, what: &str) -> Vec<Vec<String>> {
        self.said.borrow().iter().filter(|arguments| arguments[1] == what).cloned().collect()
    }

    pub(super) fn answer(&self, arguments: &[&str]) -> Result<Value, CommandError> {
        self.said.borrow_mut().push(arguments.iter().map(ToString::to_string).collect());
        let option = |name: &str| {
            let at = arguments.iter().position(|argument| *argument == name)?;
            arguments.get(at + 1).copied()
        };
        let json = |name: &str| -> Value {
            option(name).map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
        };
        if option("--table-name").is_some_and(|table| table != self.name) {
            return Err(CommandError::Failed("ResourceNotFoundException".to_owned()));
        }
        let values = json("--expression-attribute-values");
        let after = json("--exclusive-start-key");
        let after = after.is_object().then(|| place(&after));
        let rest = self.items.values().filter(|item| after.as_ref().is_none_or(|after| place(item) > *after));
        Ok(match arguments[1] {
            "describe-table" => json!({ "Table": {
                "ItemCount": self.items.len(), "TableSizeBytes": 20_000,
                "GlobalSecondaryIndexes": [{ "IndexName": "timers" }],
            } }),
            "query" => {
                let at = |value: &Value| value["N"].as_str().and_then(|at| at.parse::<i64>().ok());
                let until = at(&values[":until"]).unwrap_or(i64::MAX);
                let is_due = |item: &&Value| {
                    item["wake_shard"] == values[":shard"]
                        && at(&item["wake_at"]).is_some_and(|at| at <= until)
                };
                let keys = ["pk", "sk", "wake_shard", "wake_at"];
                let entry =
                    |item: &Value| keys.iter().map(|key| ((*key).to_owned(), item[*key].clone())).collect();
                page(rest.filter(is_due).map(entry).collect())
            }
            "scan" => {
                let is_wanted = |item: &&Value| {
                    let data = item["data"]["S"].as_str().unwrap_or_default();
                    let mut phases =
                        (0..).map_while(|index| values[format!(":phase{index}")]["S"].as_str()).peekable();
                    let of_phase = phases.peek().is_none() || phases.any(|phase| data.contains(phase));
                    item["sk"] == values[":sort"] && of_phase
                };
                page(rest.filter(is_wanted).cloned().collect())
            }
            "batch-get-item" => {
                let file = option("--request-items").unwrap().strip_prefix("file://").unwrap();
                let asked: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
                let keys = asked[&self.name]["Keys"].as_array().unwrap();
                assert!(keys.iter().all(|key| key.as_object().unwrap().len() == 2), "a key alone: {keys:?}");
                let rest = match &keys[1..] {
                    [] => json!({}),
                    rest => json!({ &self.name: { "Keys": rest } }),
                };
                json!({ "Responses": { &self.name: [self.items[&place(&keys[0])]] }, "UnprocessedKeys": rest })
            }
            other => panic!("{other}"),
        })
    }
}

/// The order of items.
fn place(item: &Value) -> String {
    format!("{} {}", item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap())
}

fn page(rest: Vec<Value>) -> Value {
    let page = &rest[..rest.len().min(PAGE)];
    match page.last() {
        Some(last) if rest.len() > PAGE => {
            json!({ "Items": page, "LastEvaluatedKey": { "pk": last["pk"], "sk": last["sk"] } })
        }
        _ => json!({ "Items": page, "LastEvaluatedKey": null }),
    }
}
