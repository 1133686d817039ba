//! A person's look at an instance of a process, and a person's decision about it (G-3):
//! `{"process":{"kind","id"}}`, with `"decision":"resume"` or `"skip"`. The request is read strictly, as that of a release.

use serde::Serialize;
use waxseal::{End, Engine, Outcome, Point, Timestamp, handler::Decision};

use crate::{
    error::InvokeError,
    json::{Object, kind},
};

/// What a person asks for.
struct Request {
    kind: String,
    id: String,
    decision: Option<Decision>,
}

/// The answer to a decision.
#[derive(Serialize)]
struct Answer<'a> {
    kind: &'a str,
    id: &'a str,
    decision: Decision,
    outcome: &'static str,
}

/// Answers as `payload` says.
pub(crate) async fn process(
    engine: &Engine,
    payload: &str,
    deadline: Option<Timestamp>,
    mut end: End<'_>,
) -> Result<Vec<u8>, InvokeError> {
    let Request { kind, id, decision } = request(engine, payload)?;
    let Some(decision) = decision else {
        let instance = end.within(Point::Cutoff, engine.instance(&kind, &id)).await;
        let instance = instance.ok_or(InvokeError::ProcessCutOff)?.map_err(InvokeError::ProcessFailed)?;
        return serde_json::to_vec(&instance).map_err(InvokeError::Response);
    };
    let decided = end.within(Point::Cutoff, engine.decide(&kind, &id, decision, deadline)).await;
    let outcome = match decided.ok_or(InvokeError::ProcessCutOff)?.map_err(InvokeError::ProcessFailed)? {
        Outcome::Applied => "applied",
        _ => "no-instance",
    };
    serde_json::to_vec(&Answer { kind: &kind, id: &id, decision, outcome }).map_err(InvokeError::Response)
}

/// The request of a payload.
fn request(engine: &Engine, payload: &str) -> Result<Request, InvokeError> {
    let bad = |field: &str, problem: String| InvokeError::BadProcess { field: field.to_owned(), problem };
    let payload = Object::parse(payload).unwrap_or_default();
    payload.only(&["process"]).map_err(|problem| bad("the payload", problem))?;
    let Some(members) = payload.object("process") else {
        let found = payload.get("process").map_or("null", |value| kind(value.get()));
        return Err(bad("process", format!("is {found}, not an object")));
    };
    members.only(&["kind", "id", "decision"]).map_err(|problem| bad("process", problem))?;
    let text = |name: &str| members.text(name).map_err(|problem| bad(&format!("process.{name}"), problem));
    let decision = match members.has("decision").then(|| text("decision")).transpose()?.as_deref() {
        None => None,
        Some("resume") => Some(Decision::Resume),
        Some("skip") => Some(Decision::Skip),
        Some(other) => {
            let other: String = other.chars().take(40).collect();
            let problem = format!("is {other:?}, where only \"resume\" and \"skip\" can be");
            return Err(bad("process.decision", problem));
        }
    };
    let (kind, id) = (text("kind")?, text("id")?);
    let kinds = engine.service().process_kinds();
    if !kinds.contains(&&*kind) {
        let kind: String = kind.chars().take(40).collect();
        let has = if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
        return Err(bad(
            "process.kind",
            format!("is {kind:?}, and the service's kinds of processes are: {has}"),
        ));
    }
    Ok(Request { kind, id, decision })
}
