//! A foreign event on a bus does not say whose it is, so its rule could not say it either.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct UserCreated {}
waxseal::foreign!(UserCreated { detail_type: "User Created", bus: application });

fn main() {}
