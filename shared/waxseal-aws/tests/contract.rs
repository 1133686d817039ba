//! The contract suite on the DynamoDB table: through the SDK, over DynamoDB's wire protocol.

// A panic of a test's helper is its verdict.
#![allow(clippy::unwrap_used)]

use waxseal_aws::{Dynamo, testing::WireTable};
use waxseal_conformance::ContractEnv;

struct Wire;

impl ContractEnv for Wire {
    type Table = Dynamo;
    async fn table(&self) -> Dynamo {
        WireTable::new("contract").table()
    }
}

/// The SDK needs tokio's timers.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

waxseal_conformance::contract_tests!(Wire, run);
