//! The contract suite on the embedded environment's tables.

use waxseal_conformance::ContractEnv;
use waxseal_local::{Local, Table};
use waxseal_testing::block_on;

struct Embedded;

impl ContractEnv for Embedded {
    type Table = Table;
    async fn table(&self) -> Table {
        Local::builder().build().create_table("contract")
    }
}

waxseal_conformance::contract_tests!(Embedded, block_on);
