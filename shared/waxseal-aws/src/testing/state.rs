//! The table behind its wire protocol (JSON 1.0), for the actions that [`Dynamo`](crate::Dynamo) sends.
//!
//! Requests are read strictly. An unknown member, a placeholder that is not used, a key twice in a batch is refused as
//! DynamoDB refuses it. Source: DynamoDB API reference.

use std::collections::{HashMap, VecDeque};

use aws_smithy_runtime_api::client::result::ConnectorError;
use serde_json::{Value as Json, json};
use waxseal::{
    Timestamp,
    table::{Action, Condition, Item, Write, memory::Items},
};

use super::{
    capacity::Capacity,
    network::Answered,
    protocol::{Refused, cancelled, every},
    request::{Call, Disturbance},
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
    pub(super) fn bill(
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

    pub(super) fn apply(&mut self, action: Action) {
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
        assert!(stored.is_ok(), "{stored:?}");
    }

    pub(super) fn check_table(&self, name: &str) -> Result<(), Refused> {
        if name == self.name {
            return Ok(());
        }
        Err(Refused::new("ResourceNotFoundException", "Requested resource not found"))
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

    /// The answers that `tests/aws/recorded.rs` replays, as the API reference shows them.
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
