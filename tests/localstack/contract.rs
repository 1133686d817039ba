//! The contract suite on the DynamoDB of `LocalStack`, through the SDK as the functions configure
//! it.
//!
//! A statement needs only a table, so these statements wait for no scenario: they run while the
//! platform is deployed and while a scenario waits. Only a scenario that throttles every table
//! excludes them.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use waxseal::Timestamp;
use waxseal_aws::{Dynamo, testing::sdk_at};
use waxseal_catalog::routes::TIMERS_INDEX;
use waxseal_conformance::ContractEnv;
use waxseal_tests::localstack::client::REGION;

use crate::world::{localstack, peace};

struct LocalStack {
    start: Timestamp,
}

impl LocalStack {
    fn now() -> Self {
        Self {
            start: Timestamp::from_millisecond(
                Timestamp::from(std::time::SystemTime::now()).as_millisecond(),
            )
            .unwrap(),
        }
    }
}

impl ContractEnv for LocalStack {
    type Table = Dynamo;

    /// The table has the keys and the TTL of the templates: `LocalStack` deletes expired items by
    /// its own clock.
    async fn table(&self) -> Dynamo {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let (client, _) = localstack().unwrap();
        let name = format!("contract-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let call = |action: &str, body| {
            client.json("dynamodb", &format!("DynamoDB_20120810.{action}"), &body).unwrap();
        };
        let keys = [("pk", "HASH"), ("sk", "RANGE")];
        let timers = [("wake_shard", "HASH", "S"), ("wake_at", "RANGE", "N")];
        let mut attributes =
            keys.map(|(name, _)| json!({"AttributeName": name, "AttributeType": "S"})).to_vec();
        attributes
            .extend(timers.map(|(name, _, kind)| json!({"AttributeName": name, "AttributeType": kind})));
        call(
            "CreateTable",
            json!({
                "TableName": name, "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": attributes,
                "GlobalSecondaryIndexes": [{
                    "IndexName": TIMERS_INDEX,
                    "KeySchema": timers.map(|(name, kind, _)| json!({"AttributeName": name, "KeyType": kind})),
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }],
                "KeySchema": keys.map(|(name, kind)| json!({"AttributeName": name, "KeyType": kind})),
            }),
        );
        let ttl = json!({"Enabled": true, "AttributeName": "expires_at"});
        call("UpdateTimeToLive", json!({"TableName": name, "TimeToLiveSpecification": ttl}));
        Dynamo::new(&sdk_at(&client.endpoint, REGION), name)
    }

    fn start(&self) -> Timestamp {
        self.start
    }
}

fn run<T>(statement: impl Future<Output = T>) -> T {
    let _nothing_is_throttled = peace();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(statement)
}

waxseal_conformance::contract_tests!(LocalStack::now(), run);
