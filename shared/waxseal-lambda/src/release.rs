//! A person's release of an effect (S-19): `{"release":{"source","id","handler","outcome"}}`. The request is read strictly, as
//! that of a sweep.

use serde::Serialize;
use waxseal::{EffectOutcome, End, Engine, Point, Release};

use crate::{
    error::InvokeError,
    json::{Object, kind},
};

/// The answer to a release that changed the receipt.
#[derive(Serialize)]
struct Answer<'a> {
    source: &'a str,
    id: &'a str,
    handler: &'a str,
    outcome: EffectOutcome,
    next: String,
}

/// Releases as `payload` says.
pub(crate) async fn release(
    engine: &Engine,
    payload: &str,
    mut end: End<'_>,
) -> Result<Vec<u8>, InvokeError> {
    let release = request(payload)?;
    let released = end.within(Point::Cutoff, engine.release(&release)).await;
    let released = released.ok_or(InvokeError::ReleaseCutOff)?.map_err(InvokeError::NotReleased)?;
    let Release { source, id, handler, outcome, .. } = &release;
    let answer = Answer { source, id, handler, outcome: *outcome, next: released.to_string() };
    serde_json::to_vec(&answer).map_err(InvokeError::Response)
}

/// The release that a payload asks for.
fn request(payload: &str) -> Result<Release, InvokeError> {
    let bad = |field: &str, problem: String| InvokeError::BadRelease { field: field.to_owned(), problem };
    let payload = Object::parse(payload).unwrap_or_default();
    payload.only(&["release"]).map_err(|problem| bad("the payload", problem))?;
    let Some(members) = payload.object("release") else {
        let found = payload.get("release").map_or("null", |value| kind(value.get()));
        return Err(bad("release", format!("is {found}, not an object")));
    };
    members.only(&["source", "id", "handler", "outcome"]).map_err(|problem| bad("release", problem))?;
    let text = |name: &str| members.text(name).map_err(|problem| bad(&format!("release.{name}"), problem));
    let outcome = match &*text("outcome")? {
        "done" => EffectOutcome::Done,
        "not-done" => EffectOutcome::NotDone,
        other => {
            let other: String = other.chars().take(40).collect();
            let problem = format!("is {other:?}, where only \"done\" and \"not-done\" can be");
            return Err(bad("release.outcome", problem));
        }
    };
    Ok(Release::new(text("source")?, text("id")?, text("handler")?, outcome))
}
