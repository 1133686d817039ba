//! Invocations of deployed functions: `invoke --stage`, `sweep`, `release`.

use std::fs;

use serde_json::{Value, json};
use waxseal_catalog::App;

use crate::{
    arguments::{self, Outcome},
    aws::{deploy::chosen, stage::Stage, tool::Aws},
    command_error::CommandError,
    interrupt, invoke, print,
    workspace::Workspace,
};

/// Invokes a function, and gives its answer. The error of a function is a failure.
pub(super) fn call(aws: &Aws, function: &str, payload: &[u8]) -> Result<Value, CommandError> {
    let work = tempfile::tempdir().map_err(CommandError::io("a folder for the payload"))?;
    let (given, answer) = (work.path().join("payload"), work.path().join("answer"));
    fs::write(&given, payload).map_err(CommandError::io(given.display()))?;
    // By file, which versions 1 and 2 of the aws command read alike.
    let payload = format!("fileb://{}", given.display());
    let called = aws.json(&[
        "lambda",
        "invoke",
        "--function-name",
        function,
        "--payload",
        &payload,
        &answer.display().to_string(),
    ])?;
    let said = fs::read(&answer).map_err(CommandError::io(answer.display()))?;
    let said: Value = serde_json::from_slice(&said)
        .map_err(|error| CommandError::Failed(format!("{function} answers with no JSON: {error}")))?;
    if called.get("FunctionError").is_none_or(Value::is_null) {
        return Ok(said);
    }
    let why = said["errorMessage"].as_str().map_or_else(|| said.to_string(), str::to_owned);
    Err(CommandError::Failed(format!("{function}: {why}")))
}

/// The stage, the `aws` command for it, and the full name of a service's function there.
pub(super) fn reach(
    app: &App,
    workspace: &Workspace,
    stage: &str,
    service: &str,
) -> Result<(Aws, String), CommandError> {
    let stage = Stage::of(stage)?;
    chosen(app, Some(service))?;
    interrupt::watch();
    let function = format!("{}-{}-{service}", app.name, stage.name);
    Ok((Aws::of(&stage, workspace)?, function))
}

/// Invokes a deployed function with a payload of the caller's.
pub(crate) fn invoke(
    app: &App,
    workspace: &Workspace,
    typed: &arguments::Invoke,
) -> Result<(), CommandError> {
    let payload = invoke::payload(&typed.file)?;
    let stage = typed.stage.as_deref().unwrap_or_default();
    let (aws, function) = reach(app, workspace, stage, &typed.service)?;
    print::line(call(&aws, &function, &payload)?);
    Ok(())
}

/// Publishes the messages of a service again from its receipts. It invokes the relay until the
/// window is done. A message that was published before has no effect a second time.
pub(crate) fn sweep(app: &App, workspace: &Workspace, typed: &arguments::Sweep) -> Result<(), CommandError> {
    chosen(app, Some(&typed.service))?;
    let emits = app.find(&typed.service).is_some_and(|service| app.routes(service).has_relay());
    if !emits {
        let text = format!("{} emits nothing, so it has no relay", typed.service);
        return Err(CommandError::Usage(text));
    }
    let mut payload = first_window(typed)?;
    let (aws, function) = reach(app, workspace, &typed.stage, &typed.service)?;
    let relay = format!("{function}-relay");
    while !payload.is_null() {
        let mut said = call(&aws, &relay, payload.to_string().as_bytes())?;
        print::progress(format_args!(
            "{relay}: {} receipts published, {} dead letters",
            said["published"], said["deadLettered"]
        ));
        payload = said["next"].take();
    }
    print::progress(format_args!("{relay}: swept"));
    Ok(())
}

fn first_window(typed: &arguments::Sweep) -> Result<Value, CommandError> {
    if let Some(payload) = &typed.payload {
        return serde_json::from_str(payload)
            .map_err(|error| CommandError::Usage(format!("--payload is no JSON: {error}")));
    }
    let mut window = json!({ "from": typed.from });
    if let Some(to) = &typed.to {
        window["to"] = json!(to);
    }
    Ok(json!({ "sweep": window }))
}

/// States the outcome of an effect that is unknown, or that failed for good, before its dead letter
/// is redriven. It prints the next step.
pub(crate) fn release(
    app: &App,
    workspace: &Workspace,
    typed: &arguments::Release,
) -> Result<(), CommandError> {
    let outcome = match typed.outcome {
        Outcome::Done => "done",
        Outcome::NotDone => "not-done",
    };
    let arguments::Release { source, id, handler, .. } = typed;
    let payload =
        json!({ "release": { "source": source, "id": id, "handler": handler, "outcome": outcome } });
    let (aws, function) = reach(app, workspace, &typed.stage, &typed.service)?;
    let said = call(&aws, &function, payload.to_string().as_bytes())?;
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    print::progress(format_args!(
        "{function}: {} of {} is {}: {}",
        text("handler"),
        text("id"),
        text("outcome"),
        text("next")
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_begins_with_a_window_or_with_the_payload_that_was_named() {
        let sweep = |from: Option<&str>, to: Option<&str>, payload: Option<&str>| arguments::Sweep {
            stage: "prod".to_owned(),
            service: "orders".to_owned(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            payload: payload.map(str::to_owned),
        };
        let window = first_window(&sweep(Some("a"), None, None)).unwrap();
        assert_eq!(window, json!({ "sweep": { "from": "a" } }));
        let window = first_window(&sweep(Some("a"), Some("b"), None)).unwrap();
        assert_eq!(window, json!({ "sweep": { "from": "a", "to": "b" } }));
        let given = json!({ "sweep": { "from": "a", "after": "k" } });
        assert_eq!(first_window(&sweep(None, None, Some(&given.to_string()))).unwrap(), given);
        assert_eq!(first_window(&sweep(None, None, Some("{"))).unwrap_err().code(), 2);
    }
}
