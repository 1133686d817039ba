//! DynamoDB as data: real items, real conditions, counted requests and capacity units. `wire.rs`
//! has the wire.
//!
//! `waxseal_aws::testing::WireTable` does not serve here. It takes only the items of Waxseal (texts
//! and whole numbers under `pk` and `sk`) and keeps every request, and the peers store and send
//! more.

mod expression;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use serde_json::{Map, Value, json};

use self::expression::{Item, Placeholders, holds, update};

/// The table of receipts and ledgers: keys `pk` and `sk`.
pub(crate) const TABLE: &str = "bench";
/// The table of Powertools' idempotency records: key `id`.
pub(crate) const IDEMPOTENCY: &str = "idempotency";

/// The requests, and AWS's bill for them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Counts {
    pub(crate) requests: BTreeMap<String, u64>,
    pub(crate) write_units: f64,
    pub(crate) read_units: f64,
}

impl Counts {
    pub(crate) fn total(&self) -> u64 {
        self.requests.values().sum()
    }

    /// The number of requests that write.
    pub(crate) fn writes(&self) -> u64 {
        self.requests.iter().filter(|(action, _)| !action.contains("Get")).map(|(_, count)| count).sum()
    }
}

/// The latency of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Latency {
    pub(crate) plain: Duration,
    pub(crate) transaction: Duration,
}

/// Two tables.
#[derive(Debug)]
pub(crate) struct Dynamo {
    tables: BTreeMap<&'static str, Table>,
    counts: Counts,
    latency: Latency,
}

#[derive(Debug)]
struct Table {
    key: &'static [&'static str],
    items: HashMap<String, Item>,
}

/// An answer: status, body and latency.
pub(crate) type Answer = (u16, String, Duration);

#[derive(Debug)]
struct Refused {
    code: &'static str,
    body: Value,
}

impl Refused {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, body: json!({ "message": message.into() }) }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }
}

/// One write with its condition evaluated.
struct Prepared {
    table: &'static str,
    key: String,
    /// The item after the write; `None` for a deletion or a check.
    item: Option<Item>,
    deletes: bool,
    holds: bool,
    shown: Option<Item>,
    units: f64,
}

impl Dynamo {
    pub(crate) fn new(latency: Latency) -> Self {
        let empty = |key| Table { key, items: HashMap::new() };
        let tables = BTreeMap::from([(TABLE, empty(&["pk", "sk"])), (IDEMPOTENCY, empty(&["id"]))]);
        Self { tables, counts: Counts::default(), latency }
    }

    /// Empties the tables.
    pub(crate) fn clear(&mut self) {
        self.tables.values_mut().for_each(|table| table.items.clear());
        self.counts = Counts::default();
    }

    /// The counts since the last call.
    pub(crate) fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    pub(crate) fn items(&self, table: &str) -> impl Iterator<Item = &Item> {
        self.tables.get(table).into_iter().flat_map(|table| table.items.values())
    }

    /// Answers a request; `target` is its `X-Amz-Target`.
    pub(crate) fn answer(&mut self, target: &str, body: &[u8]) -> Answer {
        // `GET /` is DynamoDB's health check, which uses no table.
        if target.is_empty() {
            return (200, "healthy: dynamodb.eu-central-1.amazonaws.com ".to_owned(), Duration::ZERO);
        }
        let action = target.strip_prefix("DynamoDB_20120810.").unwrap_or(target);
        *self.counts.requests.entry(action.to_owned()).or_default() += 1;
        let answer = match serde_json::from_slice::<Map<String, Value>>(body) {
            Err(error) => Err(Refused::new("SerializationException", error.to_string())),
            Ok(body) => match action {
                "GetItem" => self.get(&body),
                "BatchGetItem" => self.batch_get(&body),
                "PutItem" | "UpdateItem" | "DeleteItem" => self.write_one(action, &body),
                "TransactWriteItems" => self.transact(&body),
                other => Err(Refused::new("UnknownOperationException", other)),
            },
        };
        let latency =
            if action == "TransactWriteItems" { self.latency.transaction } else { self.latency.plain };
        match answer {
            Ok(body) => (200, body.to_string(), latency),
            Err(Refused { code, mut body }) => {
                body["__type"] = format!("com.amazonaws.dynamodb.v20120810#{code}").into();
                (400, body.to_string(), latency)
            }
        }
    }

    fn get(&mut self, body: &Map<String, Value>) -> Result<Value, Refused> {
        let consistent = body.get("ConsistentRead").and_then(Value::as_bool).unwrap_or(false);
        let (name, table) = self.table(body)?;
        let key = table.key(object(body, "Key")?)?;
        let item = self.tables.get(name).and_then(|table| table.items.get(&key));
        self.counts.read_units += read_units(item, consistent);
        Ok(item.map_or_else(|| json!({}), |item| json!({ "Item": item })))
    }

    fn batch_get(&mut self, body: &Map<String, Value>) -> Result<Value, Refused> {
        let (mut responses, mut units, mut count) = (Map::new(), 0.0, 0);
        for (name, request) in object(body, "RequestItems")? {
            let table = self.named(name)?.1;
            let consistent = request.get("ConsistentRead").and_then(Value::as_bool).unwrap_or(false);
            let keys = request.get("Keys").and_then(Value::as_array);
            let (mut found, mut seen) = (Vec::new(), HashSet::new());
            for key in keys.ok_or_else(|| Refused::invalid("Keys is missing"))? {
                let key = key.as_object().ok_or_else(|| Refused::invalid("a key is no object"))?;
                let key = table.key(key)?;
                let item = table.items.get(&key);
                units += read_units(item, consistent);
                found.extend(item.map(|item| json!(item)));
                if !seen.insert(key) {
                    return Err(Refused::invalid("Provided list of item keys contains duplicates"));
                }
            }
            count += seen.len();
            responses.insert(name.clone(), found.into());
        }
        if count == 0 || count > 100 {
            return Err(Refused::invalid("Too many items requested for the BatchGetItem call"));
        }
        self.counts.read_units += units;
        Ok(json!({"Responses": responses, "UnprocessedKeys": {}}))
    }

    fn write_one(&mut self, action: &str, body: &Map<String, Value>) -> Result<Value, Refused> {
        let prepared = self.prepare(action, body)?;
        self.counts.write_units += prepared.units;
        if !prepared.holds {
            let mut body = json!({"message": "The conditional request failed"});
            if let Some(item) = prepared.shown {
                body["Item"] = item.into();
            }
            return Err(Refused { code: "ConditionalCheckFailedException", body });
        }
        self.apply(prepared);
        Ok(json!({}))
    }

    fn transact(&mut self, body: &Map<String, Value>) -> Result<Value, Refused> {
        let actions = body.get("TransactItems").and_then(Value::as_array);
        let actions = actions.ok_or_else(|| Refused::invalid("TransactItems is missing"))?;
        if actions.is_empty() || actions.len() > 100 {
            return Err(Refused::invalid("Member must have length less than or equal to 100"));
        }
        let mut prepared = Vec::with_capacity(actions.len());
        for action in actions {
            let one = action.as_object().and_then(|action| action.iter().next());
            let (kind, request) = one.ok_or_else(|| Refused::invalid("an empty action"))?;
            let request = request.as_object().ok_or_else(|| Refused::invalid("an action is no object"))?;
            prepared.push(self.prepare(kind, request)?);
        }
        let keys: HashSet<(&str, &str)> =
            prepared.iter().map(|prepared| (prepared.table, prepared.key.as_str())).collect();
        if keys.len() < prepared.len() {
            return Err(Refused::invalid(
                "Transaction request cannot include multiple operations on one item",
            ));
        }
        // Each action costs two units: one to prepare, one to commit. A cancelled transaction is
        // billed, too.
        self.counts.write_units += 2.0 * prepared.iter().map(|prepared| prepared.units).sum::<f64>();
        if prepared.iter().all(|prepared| prepared.holds) {
            prepared.into_iter().for_each(|prepared| self.apply(prepared));
            return Ok(json!({}));
        }
        let reasons: Vec<Value> = prepared.into_iter().map(Prepared::reason).collect();
        let body = json!({"Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
            "CancellationReasons": reasons});
        Err(Refused { code: "TransactionCanceledException", body })
    }

    fn prepare(&self, kind: &str, body: &Map<String, Value>) -> Result<Prepared, Refused> {
        let (name, table) = self.table(body)?;
        let given = match kind {
            "PutItem" | "Put" => object(body, "Item")?,
            "UpdateItem" | "Update" | "DeleteItem" | "Delete" | "ConditionCheck" => object(body, "Key")?,
            other => return Err(Refused::invalid(format!("{other} is not known here"))),
        };
        let key = table.key(given)?;
        let stored = table.items.get(&key);
        let placeholders = Placeholders {
            names: body.get("ExpressionAttributeNames").and_then(Value::as_object),
            values: body.get("ExpressionAttributeValues").and_then(Value::as_object),
        };
        let expression = |member: &str| body.get(member).and_then(Value::as_str);
        let holds = match expression("ConditionExpression") {
            Some(text) => holds(text, placeholders, stored).map_err(Refused::invalid)?,
            None => true,
        };
        let item = match kind {
            "PutItem" | "Put" => Some(given.clone()),
            "UpdateItem" | "Update" => {
                let mut item = stored.unwrap_or(given).clone();
                let text = expression("UpdateExpression");
                let text = text.ok_or_else(|| Refused::invalid("UpdateExpression is missing"))?;
                update(text, placeholders, &mut item).map_err(Refused::invalid)?;
                Some(item)
            }
            _ => None,
        };
        let shows = expression("ReturnValuesOnConditionCheckFailure") == Some("ALL_OLD");
        // The bill is for the larger of the item before and after; for a refused write it is for
        // the stored item.
        let after = item.as_ref().filter(|_| holds).map_or(0, size);
        let units = stored.map_or(0, size).max(after).div_ceil(1024).max(1);
        Ok(Prepared {
            table: name,
            key,
            item,
            deletes: kind.starts_with("Delete"),
            holds,
            shown: stored.filter(|_| shows && !holds).cloned(),
            units: f64::from(u32::try_from(units).unwrap_or(u32::MAX)),
        })
    }

    fn apply(&mut self, prepared: Prepared) {
        let Some(table) = self.tables.get_mut(prepared.table) else { return };
        if let Some(item) = prepared.item {
            table.items.insert(prepared.key, item);
        } else if prepared.deletes {
            table.items.remove(&prepared.key);
        }
    }

    fn table(&self, body: &Map<String, Value>) -> Result<(&'static str, &Table), Refused> {
        self.named(body.get("TableName").and_then(Value::as_str).unwrap_or_default())
    }

    fn named(&self, name: &str) -> Result<(&'static str, &Table), Refused> {
        let found = self.tables.get_key_value(name).map(|(name, table)| (*name, table));
        found.ok_or_else(|| Refused::new("ResourceNotFoundException", "Requested resource not found"))
    }
}

impl Table {
    fn key(&self, attributes: &Map<String, Value>) -> Result<String, Refused> {
        let mut key = String::new();
        for name in self.key {
            let part = attributes.get(*name).and_then(|value| value.get("S")).and_then(Value::as_str);
            let part =
                part.ok_or_else(|| Refused::invalid(format!("the key {name} is missing in the item")))?;
            key.push_str(part);
            key.push('\0');
        }
        Ok(key)
    }
}

impl Prepared {
    fn reason(self) -> Value {
        if self.holds {
            return json!({"Code": "None"});
        }
        let mut reason =
            json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"});
        if let Some(item) = self.shown {
            reason["Item"] = item.into();
        }
        reason
    }
}

fn object<'a>(body: &'a Map<String, Value>, member: &str) -> Result<&'a Map<String, Value>, Refused> {
    body.get(member)
        .and_then(Value::as_object)
        .ok_or_else(|| Refused::invalid(format!("{member} is missing")))
}

fn read_units(item: Option<&Item>, consistent: bool) -> f64 {
    let units = item.map_or(1, |item| size(item).div_ceil(4096).max(1));
    f64::from(u32::try_from(units).unwrap_or(u32::MAX)) * if consistent { 1.0 } else { 0.5 }
}

/// An item's size in bytes. Source: DynamoDB developer guide, "Item sizes and formats".
fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else { return 0 };
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len(),
        ("N", Value::String(digits)) => digits.len().div_ceil(2) + 1,
        ("M", Value::Object(members)) => 3 + members.len() + size(members),
        ("L", Value::Array(elements)) => {
            3 + elements.iter().map(|element| 1 + value_size(element)).sum::<usize>()
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dynamo() -> Dynamo {
        Dynamo::new(Latency { plain: Duration::from_millis(4), transaction: Duration::from_millis(8) })
    }

    fn ask(dynamo: &mut Dynamo, action: &str, body: Value) -> (u16, Value, Duration) {
        let (status, body, latency) =
            dynamo.answer(&format!("DynamoDB_20120810.{action}"), body.to_string().as_bytes());
        (status, serde_json::from_str(&body).unwrap(), latency)
    }

    fn put(id: &str, extra: &str) -> Value {
        json!({
            "TableName": TABLE,
            "Item": {"pk": {"S": id}, "sk": {"S": "receipt"}, "x": {"S": extra}},
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        })
    }

    #[test]
    fn a_put_is_applied_once_and_both_are_counted() {
        let mut dynamo = dynamo();
        assert_eq!(ask(&mut dynamo, "PutItem", put("a", "1")), (200, json!({}), Duration::from_millis(4)));
        let (status, body, _) = ask(&mut dynamo, "PutItem", put("a", "2"));
        assert_eq!((status, &body["Item"]["x"]["S"]), (400, &json!("1")));
        assert_eq!(body["__type"], "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException");
        let counts = dynamo.take_counts();
        assert_eq!((counts.total(), counts.write_units), (2, 2.0));
        assert_eq!(dynamo.take_counts(), Counts::default());
    }

    #[test]
    fn a_transaction_is_applied_whole_or_not_at_all_and_bills_twice() {
        let mut dynamo = dynamo();
        let transaction =
            |ids: [&str; 2]| json!({"TransactItems": ids.map(|id| json!({"Put": put(id, "1")}))});
        let (status, _, latency) = ask(&mut dynamo, "TransactWriteItems", transaction(["a", "b"]));
        assert_eq!((status, latency), (200, Duration::from_millis(8)));
        assert!((dynamo.take_counts().write_units - 4.0).abs() < f64::EPSILON);
        let (status, body, _) = ask(&mut dynamo, "TransactWriteItems", transaction(["c", "b"]));
        let codes: Vec<&Value> =
            body["CancellationReasons"].as_array().unwrap().iter().map(|reason| &reason["Code"]).collect();
        assert_eq!((status, codes), (400, vec![&json!("None"), &json!("ConditionalCheckFailed")]));
        assert_eq!(dynamo.items(TABLE).count(), 2);
    }

    #[test]
    fn reads_find_what_was_written_and_bill_by_their_consistency() {
        let mut dynamo = dynamo();
        ask(&mut dynamo, "PutItem", put("a", &"x".repeat(5000)));
        assert!((dynamo.take_counts().write_units - 5.0).abs() < f64::EPSILON);
        let key = |id: &str| json!({"pk": {"S": id}, "sk": {"S": "receipt"}});
        let get = json!({"TableName": TABLE, "Key": key("a"), "ConsistentRead": true});
        assert_eq!(ask(&mut dynamo, "GetItem", get).1["Item"]["pk"]["S"], "a");
        assert!((dynamo.take_counts().read_units - 2.0).abs() < f64::EPSILON);
        let batch = json!({"RequestItems": {TABLE: {"Keys": [key("a"), key("b")]}}});
        let (_, body, _) = ask(&mut dynamo, "BatchGetItem", batch);
        assert_eq!(body["Responses"][TABLE].as_array().unwrap().len(), 1);
        assert!((dynamo.take_counts().read_units - 1.5).abs() < f64::EPSILON);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let mut dynamo = dynamo();
        let refused = [
            ("Scan", json!({"TableName": TABLE})),
            ("PutItem", json!({"TableName": "other", "Item": {}})),
            ("PutItem", json!({"TableName": TABLE, "Item": {"pk": {"S": "a"}}})),
            ("TransactWriteItems", json!({"TransactItems": []})),
            ("TransactWriteItems", json!({"TransactItems": [{"Put": put("a", "")}, {"Put": put("a", "")}]})),
        ];
        for (action, body) in refused {
            assert_eq!(ask(&mut dynamo, action, body).0, 400, "{action}");
        }
        assert_eq!(dynamo.items(TABLE).count(), 0);
    }
}
