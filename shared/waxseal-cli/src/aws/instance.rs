//! `where`, `processes resume` and `processes skip`: one instance on a stage, for which the deployed
//! function answers (G-8).

use std::time::SystemTime;

use serde_json::{Value, json};
use waxseal::handler::{AnyInstance, awaits_a_person};
use waxseal_catalog::App;

use crate::{
    aws::{
        functions::{call, reach},
        tool::Aws,
    },
    command_error::CommandError,
    print,
    processes::{kinds::named, picture::Picture, typed::Instance, wanted::state},
    workspace::Workspace,
};

/// An instance that a deployed function answers for.
struct Found<'a> {
    app: &'a App,
    typed: &'a Instance,
    aws: Aws,
    function: String,
    service: &'a str,
    kind: &'static str,
    id: &'a str,
}

impl<'a> Found<'a> {
    fn of(app: &'a App, workspace: &Workspace, typed: &'a Instance) -> Result<Self, CommandError> {
        let (service, kind, id) = named(app, &typed.instance)?;
        let (aws, function) = reach(app, workspace, &typed.stage, service)?;
        Ok(Self { app, typed, aws, function, service, kind, id })
    }

    fn ask(&self, payload: &Value) -> Result<Value, CommandError> {
        call(&self.aws, &self.function, payload.to_string().as_bytes())
    }

    fn read(&self) -> Result<AnyInstance, CommandError> {
        let Self { kind, id, function, .. } = self;
        let said = self.ask(&json!({ "process": { "kind": kind, "id": id } }))?;
        if said.is_null() {
            return Err(CommandError::Failed(format!(
                "{function} has no instance {id} of {kind}: none has begun, or its row has expired"
            )));
        }
        serde_json::from_value(said).map_err(|error| {
            let advice = "build this command from the sources that are deployed";
            CommandError::Failed(format!("{function} answers in another form: {error}; {advice}"))
        })
    }

    fn print(&self, instance: &AnyInstance) {
        let Self { app, typed, service, kind, id, .. } = self;
        let now = SystemTime::now().into();
        let picture = Picture { app: &app.name, stage: &typed.stage, service, kind, id, instance, now };
        match typed.json {
            true => print::line(picture.json()),
            false => print::line(picture.draw().trim_end()),
        }
    }
}

/// Says where an instance is.
pub(crate) fn show(app: &App, workspace: &Workspace, typed: &Instance) -> Result<(), CommandError> {
    let found = Found::of(app, workspace, typed)?;
    found.print(&found.read()?);
    Ok(())
}

/// Takes a person's decision about a compensation that has failed, and says where the instance is then.
pub(super) fn decide(
    app: &App,
    workspace: &Workspace,
    typed: &Instance,
    decision: &str,
) -> Result<(), CommandError> {
    let found = Found::of(app, workspace, typed)?;
    let Found { kind, id, .. } = found;
    may_decide(&found.read()?, kind, id)?;
    let said = found.ask(&json!({ "process": { "kind": kind, "id": id, "decision": decision } }))?;
    if said["outcome"] != "applied" {
        return Err(CommandError::Failed(format!("{kind} {id} has gone: {said}")));
    }
    found.print(&found.read()?);
    Ok(())
}

/// Refuses a decision that would change nothing. The function records one all the same.
fn may_decide(instance: &AnyInstance, kind: &str, id: &str) -> Result<(), CommandError> {
    match awaits_a_person(instance) {
        true => Ok(()),
        false => Err(CommandError::Failed(format!(
            "{kind} {id} waits for no person: it is {}, and only a failed compensation is decided about",
            state(instance)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::{row::Row, sample::Stuck};

    #[test]
    fn g8_only_a_failed_compensation_is_decided_about() {
        let rows = Stuck::new().items();
        let rows = rows.iter().filter_map(|item| Row::of("orders", item));
        for Row { kind, id, instance, .. } in rows {
            let decided = may_decide(&instance.unwrap(), &kind, &id).map_err(|error| error.to_string());
            match &*id {
                "order-7" => assert_eq!(decided, Ok(())),
                _ => assert!(decided.unwrap_err().contains("waits for no person: it is running"), "{id}"),
            }
        }
    }
}
