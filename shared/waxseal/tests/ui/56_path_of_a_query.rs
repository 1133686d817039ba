//! The path of a query has a query string.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct GetStock {
    sku: String,
}
waxseal::query!(GetStock { name: "get-stock", version: 1, owner: "inventory", path: "/stock?sku={sku}", answer: u32 });

fn main() {}
