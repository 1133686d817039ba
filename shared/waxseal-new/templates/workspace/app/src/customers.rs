//! The input of `run`: customers who place orders over HTTP, and try again when no answer comes.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, header::CONTENT_TYPE};
use orders::{Order, Status};
use serde_json::json;
use waxseal::BoxError;
use waxseal_cli::Session;

/// The number of orders, unless the command line has one: `run -- 1000`.
const ORDERS: u32 = 100;

/// Places orders, and says how many were shipped.
///
/// # Errors
/// Where the number of orders is none, or an order was lost.
pub fn place_orders(session: &Session<'_, ()>) -> Result<(), BoxError> {
    let count = match session.arguments().first() {
        Some(count) => count.parse().map_err(|_| format!("`{count}` is no number of orders"))?,
        None => ORDERS,
    };
    for number in 0..count {
        let local = session.local().clone();
        let order = json!({ "order": format!("o-{number}"), "article": "hat", "pieces": 1 + number % 3 });
        drop(session.local().executor().spawn(async move {
            loop {
                let request = Request::post("/orders")
                    .header("idempotency-key", format!("key-{number}"))
                    .header(CONTENT_TYPE, "application/json")
                    .body(Bytes::from(order.to_string()));
                let Ok(request) = request else { return };
                match local.request("orders", request).await {
                    Ok(response) if !response.status().is_server_error() => return,
                    _ => local.clock().sleep(Duration::from_millis(200)).await,
                }
            }
        }));
    }
    session.local().run_until_idle();
    let shipped = (0..count).filter(|number| {
        let order = session.local().read::<Order>("orders", &format!("o-{number}"));
        order.is_some_and(|order| order.status == Status::Shipped)
    });
    let shipped = shipped.count();
    println!("{shipped} of {count} orders are shipped");
    match u32::try_from(shipped) {
        Ok(shipped) if shipped == count => Ok(()),
        _ => Err("orders were lost".into()),
    }
}
