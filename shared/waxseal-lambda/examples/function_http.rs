//! `cargo run --profile ci -p waxseal-lambda --example function_http`: a command comes by HTTP, with an idempotency key.
//!
//! The same request is sent twice, then the key with another payload, then an order that is refused.

use std::{borrow::Cow, error::Error, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use waxseal::{
    Aggregate, Answer, Call, Decide, Engine, Entity, Envelope, Out, Refusal, Rejected, Service, Settings,
    batch::{Batches, Policy},
};
use waxseal_lambda::{Function, Invocation, Invoke};
use waxseal_testing::{ManualHost, MemoryTable, RecordedDeadLetters};

#[derive(Serialize, Deserialize)]
struct Reserve {
    sku: String,
    pieces: u32,
}
waxseal::command!(Reserve { name: "reserve", version: 1, recipient: "inventory" });

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stock {
    left: u32,
}
impl Entity for Stock {
    const KIND: &'static str = "stock";
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("only {0} pieces are left")]
struct TooFew(u32);

struct Stocks;

impl Aggregate for Stocks {
    const NAME: &str = "stocks";
    type State = Stock;
    type Decides = (Reserve,);
    type Emits = ();
    type Refusal = TooFew;
}

impl Decide<Reserve> for Stocks {
    fn key(command: &Reserve) -> Cow<'_, str> {
        Cow::Borrowed(&command.sku)
    }

    fn decide(
        &self,
        stock: &mut Option<Stock>,
        command: &Envelope<Reserve>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<TooFew>> {
        let left = stock.as_ref().map_or(10, |stock| stock.left);
        let left = left.checked_sub(command.data.pieces).ok_or(TooFew(left))?;
        *stock = Some(Stock { left });
        Ok(())
    }
}

async fn reserve(
    State(engine): State<Engine>,
    headers: HeaderMap,
    Json(command): Json<Reserve>,
) -> (StatusCode, Json<Value>) {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    match engine.call::<Stocks, _>(Call::new("http", key, &command)).await {
        Ok(Answer::Applied(stock)) => (StatusCode::OK, Json(json!({"applied": stock}))),
        Ok(Answer::Repeated(stock)) => (StatusCode::OK, Json(json!({"repeated": stock}))),
        Err(Rejected::Refused(refusal)) => {
            (StatusCode::CONFLICT, Json(json!({"refused": refusal.to_string()})))
        }
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"failed": error.to_string()}))),
    }
}

fn request(key: &str, pieces: u32) -> String {
    json!({
        "version": "2.0", "rawPath": "/reservations", "rawQueryString": "",
        "headers": {"content-type": "application/json", "idempotency-key": key},
        "requestContext": {"http": {"method": "POST", "path": "/reservations"}},
        "body": json!({"sku": "hat", "pieces": pieces}).to_string(), "isBase64Encoded": false,
    })
    .to_string()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let host = Arc::new(ManualHost::new("2026-11-21T09:30:05Z".parse()?));
    let service = Service::new("inventory").aggregate(Stocks);
    let engine = Engine::new(service, MemoryTable::default(), host, Settings::default())?;
    let http = Router::new().route("/reservations", post(reserve)).with_state(engine.clone());
    let function =
        Function::new(Batches::new(engine, RecordedDeadLetters::default(), Policy::default())).http(http);

    for (key, pieces) in [("key-1", 4), ("key-1", 4), ("key-1", 5), ("key-2", 7)] {
        let response = function.invoke(request(key, pieces).as_bytes(), &Invocation::default()).await?;
        let response: Value = serde_json::from_slice(&response)?;
        println!("{key}, {pieces} pieces: {} {}", response["statusCode"], response["body"]);
    }
    Ok(())
}
