//! The table behind its wire protocol (JSON 1.0), for the seven actions that [`Dynamo`](crate::Dynamo) sends.
//!
//! Requests are read strictly: an unknown member, a placeholder that is not used, a key twice in a batch is refused as
//! DynamoDB refuses it. Source: DynamoDB API reference.

use std::collections::{BTreeSet, HashMap, VecDeque};

use aws_smithy_runtime_api::client::result::ConnectorError;
use serde_json::{Value as Json, json};
use waxseal::{
    Timestamp,
    table::{Action, Condition, Item, Key, Write, memory::Items},
};

use super::{
    Answered, Call, Capacity, Disturbance,
    expression::parse,
    protocol::{
        BatchGetItem, GetItem, Keys, OneWrite, Query, Refused, Scan, TransactItem, Transaction, cancelled,
        check_consistent, every, item, key, placeholders, read, wire,
    },
};

#[derive(Debug)]
pub(super) struct State {
    pub(super) name: String,
    pub(super) items: Items,
    pub(super) calls: Vec<Call>,
    pub(super) disturbances: VecDeque<Disturbance>,
    pub(super) page: usize,
    pub(super) capacity: Capacity,
    /// `ClientRequestToken`s with the request they came with; `None` where they are not honoured.
    pub(super) tokens: Option<HashMap<String, Json>>,
}

/// One write, read and its condition evaluated.
struct Prepared {
    action: Action,
    holds: bool,
    capacity: Capacity,
    /// What the answer shows where the condition fails.
    shown: Option<Item>,
}

impl State {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            items: Items::default(),
            calls: Vec::new(),
            disturbances: VecDeque::new(),
            page: 1000,
            capacity: Capacity::default(),
            tokens: Some(HashMap::new()),
        }
    }

    pub(super) fn answer(&mut self, target: &str, body: &[u8]) -> Answered {
        let action = target.strip_prefix("DynamoDB_20120810.").unwrap_or(target).to_owned();
        let parsed: Json = serde_json::from_slice(body).unwrap_or_default();
        let name = if action.is_empty() { "GET /" } else { &action };
        self.calls.push(Call { action: name.to_owned(), body: parsed.clone() });
        let disturbance = self.disturbances.pop_front().unwrap_or(Disturbance::Pass);
        let refused = match disturbance {
            Disturbance::Unreachable => {
                return Err(ConnectorError::io("Connection refused (os error 111)".into()));
            }
            Disturbance::Broken => {
                let body = json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "Internal server error"});
                return Ok((500, body.to_string()));
            }
            Disturbance::Throttled => Some(Refused::new(
                "ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded. Consider increasing your \
                 provisioning level with the UpdateTable API.",
            )),
            Disturbance::Contended if action == "TransactWriteItems" => {
                Some(cancelled(&every(&parsed, "TransactionConflict", "Transaction is ongoing for the item")))
            }
            Disturbance::Contended => {
                Some(Refused::new("TransactionConflictException", "Transaction is ongoing for the item"))
            }
            Disturbance::CancelledByThrottling => Some(cancelled(&every(
                &parsed,
                "ThrottlingError",
                "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling \
                 your table or index so please try again shortly.",
            ))),
            Disturbance::LostAnswer | Disturbance::Unprocessed | Disturbance::Pass => None,
        };
        if action.is_empty() && refused.is_none() {
            // `GET /`.
            return Ok((200, "healthy: dynamodb.eu-west-1.amazonaws.com ".to_owned()));
        }
        let answer = match refused {
            Some(refused) => Err(refused),
            None => match action.as_str() {
                "GetItem" => self.get_item(parsed),
                "BatchGetItem" => self.batch_get_item(parsed, disturbance == Disturbance::Unprocessed),
                "PutItem" => self.one_write(parsed, true),
                "DeleteItem" => self.one_write(parsed, false),
                "TransactWriteItems" => self.transact(parsed),
                "Query" => self.query(parsed),
                "Scan" => self.scan(parsed),
                _ => Err(Refused::new("UnknownOperationException", "")),
            },
        };
        if disturbance == Disturbance::LostAnswer {
            return Err(ConnectorError::io("connection reset by peer".into()));
        }
        Ok(match answer {
            Ok(body) => (200, body.to_string()),
            Err(Refused { code, message, more }) => {
                let mut body = more;
                body["__type"] = format!("com.amazonaws.dynamodb.v20120810#{code}").into();
                // As DynamoDB spells it, for whatever reason.
                let member = if code == "TransactionCanceledException" { "Message" } else { "message" };
                body[member] = message.into();
                (400, body.to_string())
            }
        })
    }

    /// Bills `used`, and shows it in the answer where it is asked for.
    fn bill(
        &mut self,
        used: Capacity,
        asked: Option<&str>,
        shape: impl FnOnce(Json) -> Json,
    ) -> Result<Json, Refused> {
        self.capacity.add(used);
        match asked {
            None | Some("NONE") => Ok(json!({})),
            Some("TOTAL") => Ok(json!({"ConsumedCapacity": shape(used.shown(&self.name))})),
            Some(other) => Err(Refused::invalid(format!("ReturnConsumedCapacity: {other}"))),
        }
    }

    fn get_item(&mut self, body: Json) -> Result<Json, Refused> {
        let request: GetItem = read(body)?;
        self.check_table(&request.table_name)?;
        check_consistent(request.consistent_read)?;
        let item = self.items.get(&key(request.key)?).cloned();
        let used = Capacity::of_item(item.as_ref());
        let mut answer = self.bill(used, request.return_consumed_capacity.as_deref(), |used| used)?;
        if let Some(item) = item {
            answer["Item"] = wire(&item);
        }
        Ok(answer)
    }

    fn batch_get_item(&mut self, body: Json, leave: bool) -> Result<Json, Refused> {
        let request: BatchGetItem = read(body)?;
        let (mut found, mut left, mut seen) = (Vec::new(), json!({}), BTreeSet::new());
        let mut used = Capacity::default();
        for (table, Keys { mut keys, consistent_read }) in request.request_items {
            self.check_table(&table)?;
            check_consistent(consistent_read)?;
            if keys.is_empty() || keys.len() > 100 {
                return Err(Refused::invalid("Too many items requested for the BatchGetItem call"));
            }
            for attributes in &keys {
                if !seen.insert(key(attributes.clone())?) {
                    return Err(Refused::invalid("Provided list of item keys contains duplicates"));
                }
            }
            if leave && keys.len() > 1 {
                left = json!({&table: Keys { keys: keys.split_off(1), consistent_read }});
            }
            for attributes in keys {
                let item = self.items.get(&key(attributes)?);
                used.add(Capacity::of_item(item));
                found.extend(item.map(wire));
            }
        }
        // DynamoDB promises no order: the reverse shows who relies on one.
        found.reverse();
        let mut answer =
            self.bill(used, request.return_consumed_capacity.as_deref(), |used| json!([used]))?;
        answer["Responses"] = json!({&self.name: found});
        answer["UnprocessedKeys"] = left;
        Ok(answer)
    }

    fn one_write(&mut self, body: Json, puts: bool) -> Result<Json, Refused> {
        let request: OneWrite = read(body)?;
        let asked = request.return_consumed_capacity.clone();
        let Prepared { action, holds, capacity, shown } =
            self.prepare(request, if puts { Kind::Put } else { Kind::Delete })?;
        let answer = self.bill(capacity, asked.as_deref(), |used| used)?;
        if !holds {
            let more = shown.map_or_else(|| json!({}), |item| json!({"Item": wire(&item)}));
            let message = "The conditional request failed".to_owned();
            return Err(Refused { code: "ConditionalCheckFailedException", message, more });
        }
        self.apply(action);
        Ok(answer)
    }

    fn transact(&mut self, body: Json) -> Result<Json, Refused> {
        let request: Transaction = read(body.clone())?;
        if let (Some(tokens), Some(token)) = (&self.tokens, &request.client_request_token)
            && let Some(first) = tokens.get(token)
        {
            return if *first == body {
                self.read_again(request)
            } else {
                Err(Refused::new(
                    "IdempotentParameterMismatchException",
                    "The request uses the same client token as a previous, but non-identical request",
                ))
            };
        }
        if request.transact_items.is_empty() || request.transact_items.len() > 100 {
            return Err(Refused::invalid("Member must have length less than or equal to 100"));
        }
        let mut prepared = Vec::new();
        for item in request.transact_items {
            prepared.push(match item {
                TransactItem { put: Some(put), delete: None, condition_check: None } => {
                    self.prepare(put, Kind::Put)?
                }
                TransactItem { put: None, delete: Some(delete), condition_check: None } => {
                    self.prepare(delete, Kind::Delete)?
                }
                TransactItem { put: None, delete: None, condition_check: Some(check) } => {
                    self.prepare(check, Kind::Check)?
                }
                _ => {
                    return Err(Refused::invalid(
                        "TransactItems can only contain one of Check, Put, Update or Delete",
                    ));
                }
            });
        }
        let keys: BTreeSet<Key> = prepared.iter().map(|prepared| prepared.key().clone()).collect();
        if keys.len() < prepared.len() {
            return Err(Refused::invalid(
                "Transaction request cannot include multiple operations on one item",
            ));
        }
        let mut used = Capacity::default();
        prepared.iter().for_each(|prepared| used.add(prepared.capacity.twice()));
        let answer = self.bill(used, request.return_consumed_capacity.as_deref(), |used| json!([used]))?;
        if prepared.iter().any(|prepared| !prepared.holds) {
            let reasons: Vec<Json> = prepared.iter().map(Prepared::reason).collect();
            return Err(cancelled(&reasons));
        }
        prepared.into_iter().for_each(|prepared| self.apply(prepared.action));
        if let (Some(tokens), Some(token)) = (&mut self.tokens, request.client_request_token) {
            tokens.insert(token, body);
        }
        Ok(answer)
    }

    /// A transaction that was committed before, by its client token.
    fn read_again(&mut self, request: Transaction) -> Result<Json, Refused> {
        let mut used = Capacity::default();
        for TransactItem { put, delete, condition_check } in request.transact_items {
            for OneWrite { item: put, key: named, .. } in [put, delete, condition_check].into_iter().flatten()
            {
                let key = match (put, named) {
                    (Some(attributes), _) => item(attributes)?.key,
                    (None, Some(attributes)) => key(attributes)?,
                    (None, None) => continue,
                };
                used.add(Capacity::of_item(self.items.get(&key)).twice());
            }
        }
        self.bill(used, request.return_consumed_capacity.as_deref(), |used| json!([used]))
    }

    fn query(&mut self, body: Json) -> Result<Json, Refused> {
        let request: Query = read(body)?;
        self.check_table(&request.table_name)?;
        check_consistent(request.consistent_read)?;
        let placeholders =
            placeholders(request.expression_attribute_names, request.expression_attribute_values)?;
        let condition = parse(&request.key_condition_expression, &placeholders).map_err(Refused::invalid)?;
        let partition = condition
            .partition()
            .ok_or_else(|| Refused::invalid("Query condition missed key schema element: pk"))?;
        let of_partition = self.items.iter().filter(|item| *item.key.partition == *partition);
        let mut matching: Vec<Item> =
            of_partition.filter(|item| condition.holds(Some(item))).cloned().collect();
        let backwards = request.scan_index_forward == Some(false);
        if backwards {
            matching.reverse();
        }
        if let Some(after) = request.exclusive_start_key.map(key).transpose()? {
            if !condition.holds(Some(&Item::new(after.clone()))) {
                return Err(Refused::invalid(
                    "The provided starting key is outside query boundaries based on provided conditions",
                ));
            }
            matching.retain(|item| if backwards { item.key < after } else { item.key > after });
        }
        let most = request.limit.unwrap_or(self.page).min(self.page);
        let page: Vec<Json> = matching.iter().take(most).map(wire).collect();
        let bytes = matching.iter().take(most).map(Item::size).sum();
        let mut answer =
            self.bill(Capacity::of_read(bytes), request.return_consumed_capacity.as_deref(), |used| used)?;
        answer["Count"] = page.len().into();
        answer["ScannedCount"] = page.len().into();
        answer["Items"] = page.into();
        if matching.len() > most {
            answer["LastEvaluatedKey"] = wire(&Item::new(matching[most - 1].key.clone()));
        }
        Ok(answer)
    }

    /// A page is what was read: the filter comes after it, so it may be empty, and the last one too.
    fn scan(&mut self, body: Json) -> Result<Json, Refused> {
        let request: Scan = read(body)?;
        self.check_table(&request.table_name)?;
        check_consistent(request.consistent_read)?;
        let placeholders =
            placeholders(request.expression_attribute_names, request.expression_attribute_values)?;
        let filter = match &request.filter_expression {
            Some(text) => Some(parse(text, &placeholders).map_err(Refused::invalid)?),
            None => None,
        };
        let after = request.exclusive_start_key.map(key).transpose()?;
        let rest = self.items.iter().filter(|item| after.as_ref().is_none_or(|after| item.key > *after));
        let most = request.limit.unwrap_or(self.page).min(self.page);
        let page: Vec<&Item> = rest.take(most).collect();
        let found: Vec<Json> = page
            .iter()
            .filter(|item| filter.as_ref().is_none_or(|filter| filter.holds(Some(item))))
            .map(|item| wire(item))
            .collect();
        let bytes = page.iter().map(|item| item.size()).sum();
        let (scanned, last) = (page.len(), page.get(most - 1).map(|item| item.key.clone()));
        let used = Capacity::of_read(bytes);
        let mut answer = self.bill(used, request.return_consumed_capacity.as_deref(), |used| used)?;
        answer["Count"] = found.len().into();
        answer["ScannedCount"] = scanned.into();
        answer["Items"] = found.into();
        if let Some(last) = last {
            answer["LastEvaluatedKey"] = wire(&Item::new(last));
        }
        Ok(answer)
    }

    fn prepare(&self, request: OneWrite, kind: Kind) -> Result<Prepared, Refused> {
        self.check_table(&request.table_name)?;
        let action = match (kind, request.item, request.key) {
            (Kind::Put, Some(attributes), None) => Action::Put(item(attributes)?),
            (Kind::Delete, None, Some(attributes)) => Action::Delete(key(attributes)?),
            (Kind::Check, None, Some(attributes)) => Action::Check(key(attributes)?),
            _ => return Err(Refused::invalid("either Item or Key is missing, or one is too many")),
        };
        if let Action::Put(item) = &action
            && item.size() > 400 * 1024
        {
            return Err(Refused::invalid("Item size has exceeded the maximum allowed size"));
        }
        let placeholders =
            placeholders(request.expression_attribute_names, request.expression_attribute_values)?;
        let stored = match &action {
            Action::Put(item) => self.items.get(&item.key),
            Action::Delete(key) | Action::Check(key) => self.items.get(key),
        };
        let holds = match &request.condition_expression {
            Some(text) => parse(text, &placeholders).map_err(Refused::invalid)?.holds(stored),
            None => true,
        };
        let shows = match request.return_values_on_condition_check_failure.as_deref() {
            Some("ALL_OLD") => true,
            Some("NONE") | None => false,
            Some(other) => {
                return Err(Refused::invalid(format!("ReturnValuesOnConditionCheckFailure: {other}")));
            }
        };
        let after = match &action {
            Action::Put(item) => Some(item),
            Action::Delete(_) | Action::Check(_) => None,
        };
        let capacity = Capacity::of_write(stored, after);
        Ok(Prepared { shown: stored.filter(|_| shows).cloned(), capacity, action, holds })
    }

    fn apply(&mut self, action: Action) {
        match action {
            Action::Put(item) => self.store(item),
            Action::Delete(key) => {
                self.items.remove(&key);
            }
            Action::Check(_) => {}
        }
    }

    pub(super) fn store(&mut self, item: Item) {
        self.items.remove(&item.key);
        let condition = Condition::Absent { now: Timestamp::UNIX_EPOCH };
        // Nothing is there any more, and its size was checked.
        let stored = self.items.write(&[Write { action: Action::Put(item), condition }]);
        debug_assert!(stored.is_ok(), "{stored:?}");
    }

    fn check_table(&self, name: &str) -> Result<(), Refused> {
        if name == self.name {
            return Ok(());
        }
        Err(Refused::new("ResourceNotFoundException", "Requested resource not found"))
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Put,
    Delete,
    Check,
}

impl Prepared {
    fn key(&self) -> &Key {
        match &self.action {
            Action::Put(item) => &item.key,
            Action::Delete(key) | Action::Check(key) => key,
        }
    }

    fn reason(&self) -> Json {
        if self.holds {
            return json!({"Code": "None"});
        }
        let mut reason =
            json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"});
        if let Some(item) = &self.shown {
            reason["Item"] = wire(item);
        }
        reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(state: &mut State, action: &str, body: Json) -> (u16, Json) {
        let (status, body) =
            state.answer(&format!("DynamoDB_20120810.{action}"), body.to_string().as_bytes()).unwrap();
        (status, serde_json::from_str(&body).unwrap())
    }

    fn put(id: &str, owner: &str) -> Json {
        json!({
            "TableName": "orders",
            "Item": {"pk": {"S": id}, "sk": {"S": "state"}, "owner": {"S": owner}},
            "ConditionExpression": "attribute_not_exists(#pk)",
            "ExpressionAttributeNames": {"#pk": "pk"},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        })
    }

    /// The answers that `tests/recorded.rs` replays, as the API reference shows them.
    #[test]
    fn answers_have_the_recorded_shapes() {
        let mut state = State::new("orders".to_owned());
        assert_eq!(answer(&mut state, "PutItem", put("o-1", "a")), (200, json!({})));
        let stored = json!({"pk": {"S": "o-1"}, "sk": {"S": "state"}, "owner": {"S": "a"}});
        assert_eq!(
            answer(&mut state, "PutItem", put("o-1", "b")),
            (
                400,
                json!({
                    "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                    "message": "The conditional request failed",
                    "Item": stored,
                })
            )
        );
        let transaction = json!({"TransactItems": [{"Put": put("o-2", "b")}, {"Put": put("o-1", "b")}]});
        assert_eq!(
            answer(&mut state, "TransactWriteItems", transaction),
            (
                400,
                json!({
                    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                    "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
                    "CancellationReasons": [
                        {"Code": "None"},
                        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": stored},
                    ],
                })
            )
        );
        let key = json!({"pk": {"S": "o-1"}, "sk": {"S": "state"}});
        let get = json!({"TableName": "orders", "Key": key, "ConsistentRead": true});
        assert_eq!(answer(&mut state, "GetItem", get), (200, json!({"Item": stored})));
        let batch = json!({"RequestItems": {"orders": {"Keys": [key], "ConsistentRead": true}}});
        assert_eq!(
            answer(&mut state, "BatchGetItem", batch),
            (200, json!({"Responses": {"orders": [stored]}, "UnprocessedKeys": {}}))
        );
    }

    #[test]
    fn what_dynamodb_refuses_is_refused() {
        let mut state = State::new("orders".to_owned());
        let key = json!({"pk": {"S": "o-1"}, "sk": {"S": "state"}});
        let mut elsewhere = put("o-1", "a");
        elsewhere["TableName"] = json!("other");
        let mut unknown = put("o-1", "a");
        unknown["ReturnOldItem"] = json!(true);
        let mut unused = put("o-1", "a");
        unused["ExpressionAttributeNames"]["#sk"] = json!("sk");
        let mut no_key = put("o-1", "a");
        no_key["Item"]["sk"] = json!({"S": ""});
        for (action, body, code) in [
            ("PutItem", elsewhere, "ResourceNotFoundException"),
            ("PutItem", unknown, "SerializationException"),
            ("PutItem", unused, "ValidationException"),
            ("PutItem", no_key, "ValidationException"),
            ("UpdateItem", json!({}), "UnknownOperationException"),
            (
                "Scan",
                json!({"TableName": "orders", "ConsistentRead": true, "FilterExpression": "emitted = 1"}),
                "ValidationException",
            ),
            (
                "BatchGetItem",
                json!({"RequestItems": {"orders": {"Keys": [key, key], "ConsistentRead": true}}}),
                "ValidationException",
            ),
            (
                "TransactWriteItems",
                json!({"TransactItems": [{"Put": put("o-1", "a")}, {"Put": put("o-1", "b")}]}),
                "ValidationException",
            ),
        ] {
            let (status, answer) = answer(&mut state, action, body.clone());
            assert_eq!(
                (status, answer["__type"].as_str()),
                (400, Some(format!("com.amazonaws.dynamodb.v20120810#{code}").as_str())),
                "{action} {body}"
            );
        }
        assert_eq!(state.items, Items::default());
    }

    #[test]
    fn a_client_token_makes_a_repeat_a_success_and_another_content_an_error() {
        let mut state = State::new("orders".to_owned());
        let body =
            |owner| json!({"TransactItems": [{"Put": put("o-1", owner)}], "ClientRequestToken": "t-1"});
        assert_eq!(answer(&mut state, "TransactWriteItems", body("a")), (200, json!({})));
        assert_eq!(answer(&mut state, "TransactWriteItems", body("a")), (200, json!({})));
        let (_, other) = answer(&mut state, "TransactWriteItems", body("b"));
        assert_eq!(other["__type"], "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException");
        state.tokens = None;
        let (_, repeat) = answer(&mut state, "TransactWriteItems", body("a"));
        assert_eq!(repeat["__type"], "com.amazonaws.dynamodb.v20120810#TransactionCanceledException");
    }
}
