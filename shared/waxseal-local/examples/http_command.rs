//! `cargo run --profile ci -p waxseal-local --example http_command`: a command by HTTP with an idempotency
//! key, through the JSON that Lambda delivers.

use std::{borrow::Cow, error::Error};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use bytes::Bytes;
use http::Request;
use serde::{Deserialize, Serialize};
use waxseal::{Aggregate, Call, Decide, Engine, Entity, Envelope, Out, Refusal, Rejected, Service};
use waxseal_catalog::{App, Deployed};
use waxseal_local::Local;

#[derive(Serialize, Deserialize)]
struct OpenTab {
    table: u32,
}
waxseal::command!(OpenTab { name: "open-tab", version: 1, recipient: "bar" });

#[derive(Serialize, Deserialize)]
struct Tab {
    cents: u64,
}
impl Entity for Tab {
    const KIND: &'static str = "tab";
}

#[derive(Debug, thiserror::Error)]
#[error("table {0} has an open tab")]
struct IsOpen(u32);

struct Tabs;
impl Aggregate for Tabs {
    const NAME: &str = "tabs";
    type State = Tab;
    type Decides = (OpenTab,);
    type Emits = ();
    type Refusal = IsOpen;
}

impl Decide<OpenTab> for Tabs {
    fn key(open: &OpenTab) -> Cow<'_, str> {
        open.table.to_string().into()
    }

    fn decide(
        &self,
        tab: &mut Option<Tab>,
        open: &Envelope<OpenTab>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<IsOpen>> {
        if tab.is_some() {
            return Err(IsOpen(open.data.table).into());
        }
        *tab = Some(Tab { cents: 0 });
        Ok(())
    }
}

async fn open_tab(
    State(engine): State<Engine>,
    headers: HeaderMap,
    Json(open): Json<OpenTab>,
) -> (StatusCode, String) {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let Some(key) = key else {
        return (StatusCode::BAD_REQUEST, "the header Idempotency-Key is missing".into());
    };
    match engine.call::<Tabs, _>(Call::new("http", key, &open)).await {
        Ok(answer) if answer.is_repeated() => (StatusCode::OK, "opened before".into()),
        Ok(_) => (StatusCode::CREATED, "opened".into()),
        Err(Rejected::Refused(is_open)) => (StatusCode::CONFLICT, is_open.to_string()),
        Err(Rejected::KeyReused) => (StatusCode::UNPROCESSABLE_ENTITY, "the key was used before".into()),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "try again".into()),
    }
}

fn router(engine: Engine) -> Router {
    Router::new().route("/tabs", post(open_tab)).with_state(engine)
}

fn main() -> Result<(), Box<dyn Error>> {
    let app = App::new("pub").service(Deployed::new(Service::new("bar").aggregate(Tabs)).http(router));
    let local = Local::builder().build();
    local.deploy(&app)?;

    let mut answers = Vec::new();
    for (key, table) in [("key-1", 4), ("key-1", 4), ("key-1", 5), ("key-2", 4)] {
        let request = Request::post("/tabs")
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(Bytes::from(format!(r#"{{"table":{table}}}"#)))?;
        let at = local.clone();
        let response = local.executor().block_on(async move { at.request("bar", request).await })?;
        println!("{key}, table {table}: {} {}", response.status(), String::from_utf8_lossy(response.body()));
        answers.push(response.status().as_u16());
    }
    assert_eq!(answers, [201, 200, 422, 409]);
    Ok(())
}
