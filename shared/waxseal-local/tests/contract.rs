//! The contract suite on the embedded environment's tables.

use waxseal::contract::{ContractEnv, block_on};
use waxseal_local::{Local, Table};

struct Embedded;

impl ContractEnv for Embedded {
    type Table = Table;
    async fn table(&self) -> Table {
        Local::builder().build().create_table("contract")
    }
}

waxseal::contract_tests!(Embedded, block_on);
