//! The DynamoDB table against recorded wire shapes: exact requests, and answers as the API reference shows them.

use serde_json::{Value, json};
use waxseal::{
    Table, Timestamp, error_chain,
    table::{Action, Condition, Item, Key, Query, TooLarge, Write, WriteError},
};
use waxseal_aws::{
    Dynamo,
    testing::{Answer, Replay},
};

fn replay(answers: impl IntoIterator<Item = (u16, Value)>) -> (Replay, Dynamo) {
    let replay = Replay::new(
        "application/x-amz-json-1.0",
        answers.into_iter().map(|(status, body)| Answer::http(status, body.to_string())),
    );
    let table = Dynamo::new(&replay.sdk(), "orders");
    (replay, table)
}

/// The requests as JSON, without the token that the SDK makes up.
fn requests(replay: &Replay) -> Vec<Value> {
    let body = |text: String| -> Value {
        let mut body: Value = serde_json::from_str(&text).unwrap();
        if let Some(token) = body.as_object_mut().unwrap().remove("ClientRequestToken") {
            assert_eq!(token.as_str().unwrap().len(), 36);
        }
        body
    };
    replay.bodies().into_iter().map(body).collect()
}

fn key(id: &str) -> Key {
    Key::of("order", &[id], "state")
}

fn item(id: &str) -> Item {
    Item::new(key(id)).text("data", "{\"total\":1250,\"note\":\"grüße 🎩\"}").number("version", 1)
}

fn wire(id: &str) -> Value {
    json!({
        "pk": {"S": format!("order#{id}")}, "sk": {"S": "state"},
        "data": {"S": "{\"total\":1250,\"note\":\"grüße 🎩\"}"}, "version": {"N": "1"},
    })
}

fn wire_key(id: &str) -> Value {
    json!({"pk": {"S": format!("order#{id}")}, "sk": {"S": "state"}})
}

fn absent() -> Condition {
    Condition::Absent { now: "2026-11-21T09:30:00.999Z".parse::<Timestamp>().unwrap() }
}

fn absent_wire(mut rest: Value) -> Value {
    rest["TableName"] = json!("orders");
    rest["ConditionExpression"] = json!("attribute_not_exists(#pk) OR #expires_at <= :now");
    rest["ExpressionAttributeNames"] = json!({"#pk": "pk", "#expires_at": "expires_at"});
    rest["ExpressionAttributeValues"] = json!({":now": {"N": "1795253400"}});
    rest["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    rest
}

fn put(id: &str) -> Write {
    Write { action: Action::Put(item(id)), condition: absent() }
}

fn error(code: &str, message: &str) -> (u16, Value) {
    (400, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message}))
}

fn cancelled(reasons: Value) -> (u16, Value) {
    (
        400,
        json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
            "CancellationReasons": reasons,
        }),
    )
}

#[tokio::test]
async fn c_a_lone_write_is_one_conditional_put() {
    let (replay, table) = replay([(200, json!({}))]);
    table.write(&[put("o-1")]).await.unwrap();
    assert_eq!(requests(&replay), [absent_wire(json!({"Item": wire("o-1")}))]);
}

#[tokio::test]
async fn a_lone_delete_is_one_conditional_delete() {
    let (replay, table) = replay([(200, json!({}))]);
    let condition = Condition::Version(u64::MAX);
    table.write(&[Write { action: Action::Delete(key("o-1")), condition }]).await.unwrap();
    assert_eq!(
        requests(&replay),
        [json!({
            "TableName": "orders",
            "Key": wire_key("o-1"),
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":version": {"N": "18446744073709551615"}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        })]
    );
}

#[tokio::test]
async fn a_lone_check_is_a_transaction_of_one() {
    let (replay, table) = replay([(200, json!({}))]);
    let condition = Condition::Writer("0a".to_owned());
    table.write(&[Write { action: Action::Check(key("o-1")), condition }]).await.unwrap();
    assert_eq!(
        requests(&replay),
        [json!({"TransactItems": [{"ConditionCheck": {
            "TableName": "orders",
            "Key": wire_key("o-1"),
            "ConditionExpression": "#owner = :owner",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {":owner": {"S": "0a"}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }}]})]
    );
}

#[tokio::test]
async fn c_several_writes_are_one_transaction() {
    let (replay, table) = replay([(200, json!({}))]);
    let check = Write { action: Action::Check(key("o-2")), condition: absent() };
    table.write(&[put("o-1"), check]).await.unwrap();
    assert_eq!(
        requests(&replay),
        [json!({"TransactItems": [
            {"Put": absent_wire(json!({"Item": wire("o-1")}))},
            {"ConditionCheck": absent_wire(json!({"Key": wire_key("o-2")}))},
        ]})]
    );
}

#[tokio::test]
async fn c2_a_failed_condition_brings_the_stored_item() {
    let (status, mut body) = error("ConditionalCheckFailedException", "The conditional request failed");
    body["Item"] = wire("o-1");
    let (replay, table) =
        replay([(status, body), error("ConditionalCheckFailedException", "The conditional request failed")]);
    let WriteError::Refused(refusals) = table.write(&[put("o-1")]).await.unwrap_err() else { panic!() };
    assert_eq!((refusals.len(), &refusals[0].key), (1, &key("o-1")));
    assert_eq!(refusals[0].stored, Some(item("o-1")));

    let gone = Write { action: Action::Delete(key("o-1")), condition: Condition::Version(3) };
    let WriteError::Refused(refusals) = table.write(&[gone]).await.unwrap_err() else { panic!() };
    assert_eq!(refusals[0].stored, None);
    assert_eq!(replay.left(), 0);
}

#[tokio::test]
async fn c2_cancellation_reasons_are_read_by_position() {
    let (replay, table) = replay([cancelled(json!([
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Item": wire("o-2"), "Message": "The conditional request failed"},
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
    ]))]);
    let WriteError::Refused(refusals) = table.write(&[put("o-1"), put("o-2"), put("o-3")]).await.unwrap_err()
    else {
        panic!()
    };
    let seen: Vec<_> = refusals.iter().map(|refusal| (refusal.key.clone(), refusal.stored.clone())).collect();
    assert_eq!(seen, [(key("o-2"), Some(item("o-2"))), (key("o-3"), None)]);
    assert_eq!(replay.bodies().len(), 1);
}

#[tokio::test]
async fn c2_contention_is_retried_and_then_succeeds() {
    let busy = |code: &str| cancelled(json!([{"Code": code, "Message": "busy"}, {"Code": "None"}]));
    let (replay, table) = replay([
        busy("TransactionConflict"),
        busy("ProvisionedThroughputExceeded"),
        busy("ThrottlingError"),
        error("TransactionInProgressException", "in progress"),
        error("ProvisionedThroughputExceededException", "too fast"),
        (200, json!({})),
    ]);
    table.write(&[put("o-1"), put("o-2")]).await.unwrap();
    let requests = requests(&replay);
    assert_eq!(requests.len(), 6);
    assert!(requests.iter().all(|request| *request == requests[0]));
}

#[tokio::test]
async fn c2_a_plain_write_in_the_way_of_a_transaction_is_retried() {
    let conflict = || error("TransactionConflictException", "Transaction is ongoing for the item");
    let (replay, table) = replay([conflict(), conflict(), (200, json!({}))]);
    table.write(&[put("o-1")]).await.unwrap();
    assert_eq!(replay.bodies().len(), 3);
}

#[tokio::test]
async fn c2_contention_without_end_is_unavailable_and_names_the_item() {
    let (replay, table) = replay(
        std::iter::repeat_with(|| cancelled(json!([{"Code": "None"}, {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}]))).take(30),
    );
    let error = table.write(&[put("o-1"), put("o-2")]).await.unwrap_err();
    assert!(matches!(error, WriteError::Unavailable(_)), "{error:?}");
    assert_eq!(
        error_chain(&error),
        "table orders: TransactWriteItems failed: table orders in eu-west-1: cancelled again and again: \
         order#o-2 / state: TransactionConflict: Transaction is ongoing for the item (WX0316)"
    );
    assert_eq!(replay.bodies().len(), 10);
}

#[tokio::test]
async fn a_cancellation_that_no_retry_mends_is_said_at_once() {
    let (replay, table) = replay([cancelled(json!([
        {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."},
        {"Code": "TransactionConflict"},
    ]))]);
    let error = table.write(&[put("o-1"), put("o-2")]).await.unwrap_err();
    assert_eq!(
        error_chain(&error),
        "table orders: TransactWriteItems failed: table orders in eu-west-1: cancelled: order#o-1 / state: \
         ItemCollectionSizeLimitExceeded: Collection size exceeded.; order#o-2 / state: TransactionConflict (WX0316)"
    );
    assert_eq!(replay.bodies().len(), 1);
}

#[tokio::test]
async fn c2_what_is_too_large_is_never_sent() {
    let (replay, table) = replay([]);
    let many: Vec<Write> = (0..101).map(|n| put(&format!("o-{n}"))).collect();
    let error = table.write(&many).await.unwrap_err();
    assert!(matches!(error, WriteError::TooLarge(TooLarge::Actions { count: 101 })), "{error:?}");
    let twice = table.write(&[put("o-1"), put("o-1")]).await.unwrap_err();
    assert_eq!(twice.to_string(), "too large to commit at once: two actions on item order#o-1 / state");
    table.write(&[]).await.unwrap();
    assert!(replay.bodies().is_empty());
}

#[tokio::test]
async fn one_key_is_read_by_a_consistent_get() {
    let (replay, table) = replay([(200, json!({"Item": wire("o-1")})), (200, json!({}))]);
    assert_eq!(table.get(&[key("o-1")]).await.unwrap(), [Some(item("o-1"))]);
    assert_eq!(table.get(&[key("o-2")]).await.unwrap(), [None]);
    assert_eq!(
        requests(&replay)[0],
        json!({"TableName": "orders", "Key": wire_key("o-1"), "ConsistentRead": true})
    );
}

#[tokio::test]
async fn several_keys_are_read_by_one_batch_in_the_order_asked() {
    let (replay, table) =
        replay([(200, json!({"Responses": {"orders": [wire("o-3"), wire("o-1")]}, "UnprocessedKeys": {}}))]);
    let found = table.get(&[key("o-1"), key("o-2"), key("o-3"), key("o-1")]).await.unwrap();
    assert_eq!(found, [Some(item("o-1")), None, Some(item("o-3")), Some(item("o-1"))]);
    assert_eq!(
        requests(&replay),
        [json!({"RequestItems": {"orders": {
            "Keys": [wire_key("o-1"), wire_key("o-2"), wire_key("o-3")], "ConsistentRead": true,
        }}})]
    );
}

#[tokio::test]
async fn unprocessed_keys_are_asked_for_again() {
    let (replay, table) = replay([
        (
            200,
            json!({"Responses": {"orders": [wire("o-1")]}, "UnprocessedKeys": {"orders": {"Keys": [wire_key("o-2")], "ConsistentRead": true}}}),
        ),
        (200, json!({"Responses": {"orders": [wire("o-2")]}, "UnprocessedKeys": {}})),
    ]);
    let found = table.get(&[key("o-1"), key("o-2")]).await.unwrap();
    assert_eq!(found, [Some(item("o-1")), Some(item("o-2"))]);
    assert_eq!(
        requests(&replay)[1],
        json!({"RequestItems": {"orders": {"Keys": [wire_key("o-2")], "ConsistentRead": true}}})
    );
}

#[tokio::test]
async fn more_than_100_keys_are_read_in_chunks() {
    let empty = || (200, json!({"Responses": {"orders": []}, "UnprocessedKeys": {}}));
    let (replay, table) = replay([empty(), empty(), empty()]);
    let keys: Vec<Key> = (0..201).map(|n| key(&n.to_string())).collect();
    assert_eq!(table.get(&keys).await.unwrap(), vec![None; 201]);
    let sizes: Vec<usize> = requests(&replay)
        .iter()
        .map(|body| body["RequestItems"]["orders"]["Keys"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [100, 100, 1]);
    assert!(table.get(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_query_reads_one_page_and_says_where_to_go_on() {
    let (replay, table) = replay([
        (
            200,
            json!({"Count": 1, "ScannedCount": 1, "Items": [wire("o-1")], "LastEvaluatedKey": wire_key("o-1")}),
        ),
        (200, json!({"Count": 0, "ScannedCount": 0, "Items": []})),
    ]);
    let first = table.query(&Query::of("order#o-1")).await.unwrap();
    assert_eq!((first.items, first.next.as_deref()), (vec![item("o-1")], Some("state")));
    let last = table.query(&Query::of("order#o-1").after("state").limit(5).backwards()).await.unwrap();
    assert_eq!((last.items, last.next), (vec![], None));
    assert_eq!(
        requests(&replay),
        [
            json!({
                "TableName": "orders", "ConsistentRead": true, "KeyConditionExpression": "#pk = :pk",
                "ExpressionAttributeNames": {"#pk": "pk"},
                "ExpressionAttributeValues": {":pk": {"S": "order#o-1"}},
            }),
            json!({
                "TableName": "orders", "ConsistentRead": true, "KeyConditionExpression": "#pk = :pk",
                "ExpressionAttributeNames": {"#pk": "pk"},
                "ExpressionAttributeValues": {":pk": {"S": "order#o-1"}},
                "ExclusiveStartKey": {"pk": {"S": "order#o-1"}, "sk": {"S": "state"}},
                "Limit": 5, "ScanIndexForward": false,
            }),
        ]
    );
}

/// Read, refused or found by a query: a foreign attribute comes with its item, and costs nobody else his answer.
#[tokio::test]
async fn s2_a_foreign_attribute_concerns_its_own_item() {
    let mut foreign = wire("o-2");
    foreign["archived"] = json!({"BOOL": true});
    let refused = |item: Value| json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": item});
    let (_, table) = replay([
        (200, json!({"Responses": {"orders": [foreign, wire("o-1")]}, "UnprocessedKeys": {}})),
        (200, json!({"Item": foreign})),
        cancelled(json!([refused(foreign.clone()), {"Code": "None"}])),
        (200, json!({"Count": 2, "ScannedCount": 2, "Items": [wire("o-1"), foreign]})),
    ]);
    let archived =
        |item: &Item| item.foreign().map(|(name, value)| (name.to_owned(), value.kind().to_owned()));
    let expected = Some(("archived".to_owned(), "BOOL".to_owned()));

    let items = table.get(&[key("o-1"), key("o-2")]).await.unwrap();
    assert_eq!(items[0], Some(item("o-1")));
    assert_eq!(archived(items[1].as_ref().unwrap()), expected);
    let items = table.get(&[key("o-2")]).await.unwrap();
    assert_eq!(archived(items[0].as_ref().unwrap()), expected);
    let Err(WriteError::Refused(refusals)) = table.write(&[put("o-2"), put("o-3")]).await else { panic!() };
    assert_eq!(refusals[0].key, key("o-2"));
    assert_eq!(archived(refusals[0].stored.as_ref().unwrap()), expected);
    let page = table.query(&Query::of("order#o")).await.unwrap();
    assert_eq!((page.items.len(), archived(&page.items[1])), (2, expected));
}

/// A key that stays unprocessed is an error for those who asked for it; a caller of `get` asked for all of them.
#[tokio::test]
async fn s2_a_key_that_stays_unprocessed_concerns_its_own_reader() {
    let left = json!({"orders": {"Keys": [wire_key("o-2")], "ConsistentRead": true}});
    let answer = |items: &[Value]| (200, json!({"Responses": {"orders": items}, "UnprocessedKeys": left}));
    let answers = || std::iter::once(answer(&[wire("o-3"), wire("o-1")])).chain(vec![answer(&[]); 20]);
    let keys = [key("o-1"), key("o-2"), key("o-9"), key("o-2"), key("o-3")];

    let found = replay(answers()).1.get_each(&keys).await.unwrap();
    let expected = "table orders: BatchGetItem failed: 1 of 4 keys stayed unprocessed after several tries: raise the capacity of \
                    table orders (WX0307)";
    let found: Vec<_> = found.into_iter().map(|found| found.map_err(|error| error_chain(&error))).collect();
    let error = || Err(expected.to_owned());
    assert_eq!(found, [Ok(Some(item("o-1"))), error(), Ok(None), error(), Ok(Some(item("o-3")))]);

    let error = replay(answers()).1.get(&keys).await.unwrap_err();
    assert_eq!(error_chain(&error), expected);
}

#[tokio::test]
async fn an_absent_table_is_one_clear_line() {
    let (_, table) = replay([error("ResourceNotFoundException", "Requested resource not found")]);
    assert_eq!(
        error_chain(&table.write(&[put("o-1")]).await.unwrap_err()),
        "table orders: PutItem failed: ResourceNotFoundException: table orders does not exist in eu-west-1: create it or \
         correct WAXSEAL_TABLE (WX0309)"
    );
}

#[tokio::test]
async fn an_unreachable_table_is_one_clear_line() {
    let replay = Replay::new("application/x-amz-json-1.0", vec![Answer::Unreachable; 4]);
    let table = Dynamo::new(&replay.sdk(), "orders");
    let error = error_chain(&table.get(&[key("o-1")]).await.unwrap_err());
    assert_eq!(
        error,
        "table orders: GetItem failed: no connection to eu-west-1: Connection refused (os \
         error 111): check that it is up and reachable from here, and that AWS_ENDPOINT_URL_DYNAMODB and AWS_REGION are right (WX0304)"
    );
    assert_eq!(replay.left(), 0);
}

#[tokio::test]
async fn a_refused_permission_names_the_action() {
    let message =
        "User: arn:aws:sts::123456789012:assumed-role/orders is not authorized to perform: dynamodb:GetItem";
    let (_, table) = replay([error("AccessDeniedException", message)]);
    assert_eq!(
        error_chain(&table.get(&[key("o-1")]).await.unwrap_err()),
        format!(
            "table orders: GetItem failed: AccessDeniedException: {message}: the credentials in eu-west-1 must allow \
             dynamodb:GetItem on table orders (WX0310)"
        )
    );
}
