//! Generated orders and stock, from a seed: small enough for hundreds of runs, and varied enough
//! for every branch.

use fastrand::Rng;
use serde_json::{Value, json};

/// The lines of both input files.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Lines of orders.
    pub orders: Vec<String>,
    /// Lines of stock.
    pub stock: Vec<String>,
}

/// A few articles, so that orders compete for them.
const SKUS: u64 = 6;

impl Inputs {
    /// The inputs of one seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self::sized(seed, None)
    }

    /// As [`Inputs::of`], with so many orders instead of a few.
    #[must_use]
    pub fn of_orders(seed: u64, orders: u32) -> Self {
        Self::sized(seed, Some(orders))
    }

    fn sized(seed: u64, orders_of_all: Option<u32>) -> Self {
        let mut rng = Rng::with_seed(seed);
        // Enough for some orders, and not for all.
        let share = orders_of_all.unwrap_or_default() / 40 + 1;
        let stock =
            (0..SKUS).map(|n| json!({"sku": sku(n), "onHand": rng.u32(0..30) * share}).to_string()).collect();
        let mut orders = Vec::new();
        let few = rng.u32(5..40);
        for n in 0..orders_of_all.unwrap_or(few) {
            let order = order(&mut rng, n);
            orders.push(order.to_string());
            match rng.u32(..20) {
                0 | 1 => orders.push(order.to_string()),
                2 => orders.push(respelled(&order)),
                3 => orders.push(other_payload(order).to_string()),
                4 => orders.push("{\"key\":\"k\",\"version\":2,\"order\":".to_owned()),
                _ => {}
            }
        }
        Self { orders, stock }
    }

    /// The content of both files.
    #[must_use]
    pub fn files(&self) -> (Vec<u8>, Vec<u8>) {
        (self.orders.join("\n").into_bytes(), self.stock.join("\n").into_bytes())
    }
}

fn sku(n: u64) -> String {
    format!("tee-{n}-größe-m")
}

fn order(rng: &mut Rng, n: u32) -> Value {
    let lines: Vec<Value> = (0..rng.u32(1..5))
        .map(|_| json!({"sku": sku(rng.u64(..SKUS)), "quantity": rng.u32(1..4), "unitPrice": rng.u32(0..5000)}))
        .collect();
    let token = match rng.u32(..10) {
        0 => "tok_declined",
        1 => "tok_timeout",
        _ => "tok_visa",
    };
    let mut order = json!({
        "orderId": format!("o-{n}"),
        "customer": {"id": format!("c-{}", n % 7), "name": "山田 Zoë O'Neil", "email": "zoe@example.com"},
        "lines": lines,
        "paymentToken": token,
    });
    let version = if rng.u32(..6) == 0 { 1 } else { 2 };
    if version == 2 {
        order["currency"] = json!(["EUR", "USD", "JPY"][rng.usize(..3)]);
    }
    let mut line = json!({"key": format!("key-{n}"), "version": version, "order": order});
    if rng.u32(..5) == 0 {
        line["cancelAfterMs"] = json!(rng.u32(..1500));
    }
    // Some come back, late enough to be confirmed, or too early.
    if n % 6 == 3 {
        line["returnAfterMs"] = json!(if n % 12 == 3 { 900_000 } else { 1_000 });
    }
    if n % 4 == 1 {
        line["order"]["shipTo"] = json!({"lines": ["南青山 3-1-30"], "city": "東京都 港区", "country": "JP"});
    }
    line
}

/// The same line in another spelling: members in another order, a float for a whole number.
fn respelled(line: &Value) -> String {
    let order = line["order"].to_string().replace("\"quantity\":1,", "\"quantity\": 1.0, ");
    format!(r#"{{ "order": {order}, "version": {}, "key": {} }}"#, line["version"], line["key"])
}

fn other_payload(mut line: Value) -> Value {
    line["order"]["paymentToken"] = json!("tok_mastercard");
    line
}
