//! The plan, printed. With a stage, what the stage still has, and which steps that ends.

use serde_json::{Value, json};
use waxseal_catalog::App;

use crate::{
    arguments,
    command_error::CommandError,
    print,
    retire::{
        found::Found,
        plan::{Plan, event_plan, handler_plan, service_plan},
    },
    workspace::Workspace,
};

pub(crate) fn show(
    app: &App,
    workspace: impl Fn() -> Result<Workspace, CommandError>,
    typed: &arguments::Retire,
) -> Result<(), CommandError> {
    let plan = match &typed.subject {
        arguments::Subject::Handler { service, handler } => handler_plan(app, service, handler)?,
        arguments::Subject::Service { service } => service_plan(app, service)?,
        arguments::Subject::Event { event, version } => event_plan(app, event, *version)?,
    };
    let found = look(app, workspace, typed)?;
    #[cfg(feature = "aws")]
    let plan = match &typed.stage {
        Some(stage) => plan.on(stage),
        None => plan,
    };
    if typed.json {
        print::line(in_json(&plan, found.as_deref()));
        return Ok(());
    }
    print::line(format_args!("{}\n\nWhat remains:", plan.subject));
    plan.remains.iter().for_each(|line| print::line(format_args!("  - {line}")));
    if let Some(found) = &found {
        print::line("\nOn the stage now:");
        found.iter().for_each(|one| print::line(format_args!("  - {}: {}", one.name, one.text)));
    }
    print::line("\nIn this order:");
    let done = found.as_deref().map_or_else(Vec::new, |found| plan.done(found));
    for (index, step) in plan.steps.iter().enumerate() {
        let mark = if done.contains(&index) { "[done] " } else { "" };
        print::line(format_args!("  {}. {mark}{step}", index + 1));
    }
    Ok(())
}

fn in_json(plan: &Plan, found: Option<&[Found]>) -> Value {
    let mut value = json!({ "subject": plan.subject, "remains": plan.remains, "steps": plan.steps });
    if let Some(found) = found {
        let done: Vec<usize> = plan.done(found).into_iter().map(|index| index + 1).collect();
        value["stage"] = json!({ "found": found.iter().map(Found::json).collect::<Vec<_>>(), "done": done });
    }
    value
}

#[cfg(feature = "aws")]
fn look(
    app: &App,
    workspace: impl Fn() -> Result<Workspace, CommandError>,
    typed: &arguments::Retire,
) -> Result<Option<Vec<Found>>, CommandError> {
    match &typed.stage {
        Some(stage) => crate::aws::look(app, &workspace()?, stage, &typed.subject).map(Some),
        None => Ok(None),
    }
}

/// Without the commands that speak to AWS no stage can be typed.
#[cfg(not(feature = "aws"))]
fn look(
    _: &App,
    _: impl Fn() -> Result<Workspace, CommandError>,
    _: &arguments::Retire,
) -> Result<Option<Vec<Found>>, CommandError> {
    Ok(None)
}

#[cfg(test)]
mod tests {
    use waxseal::{Channel, Declared, catalog::Entry};
    use waxseal_catalog::Deployed;

    use super::*;
    use crate::retire::found::Kind;

    #[test]
    fn i7_what_a_stage_has_ends_steps_and_what_is_not_known_ends_none() {
        const PLACED: Declared = Declared::new("order.placed", "orders", Channel::Bus);
        let mails = Deployed::of_catalog("mails", vec![Entry::new("mails", "thank", PLACED, &[])]);
        let app = App::new("shop").service(mails);
        let plan = service_plan(&app, "mails").unwrap().on("prod");
        let one = |kind, is_clear| Found {
            kind,
            name: if kind == Kind::Rule { "shop-prod-mails-order.placed" } else { "x" }.to_owned(),
            text: "y".to_owned(),
            is_clear,
        };
        let done = |found: &[Found]| -> Vec<String> {
            plan.done(found).into_iter().map(|index| plan.steps[index].chars().take(16).collect()).collect()
        };
        let all = |clear| {
            let kinds = [Kind::Rule, Kind::Queue, Kind::DeadLetters, Kind::Stack, Kind::Receipts];
            kinds.map(|kind| one(kind, clear)).to_vec()
        };
        assert_eq!(done(&all(Some(false))), [""; 0]);
        assert_eq!(done(&all(None)), [""; 0]);
        assert_eq!(done(&[]), [""; 0]);
        let steps = ["Disable the rule", "Wait until its q", "Delete its stack", "After 40 days, w"];
        assert_eq!(done(&all(Some(true))), steps);
        // One queue of two is not empty, so nothing after it counts.
        let mut two = all(Some(true));
        two.push(one(Kind::DeadLetters, Some(false)));
        assert_eq!(done(&two), steps[..1]);
        // A queue is empty while its rule is on.
        let mut on = all(Some(true));
        on[0].is_clear = Some(false);
        assert_eq!(done(&on), [""; 0]);
        // The rule of another message does not hold this one up, and is no end of it.
        let mut other = all(Some(true));
        other.push(Found { name: "shop-prod-mails-order.paid".to_owned(), ..one(Kind::Rule, Some(false)) });
        assert_eq!(done(&other), steps);
        let value = in_json(&plan, Some(&two));
        assert_eq!(value["stage"]["done"], json!([1]));
        assert_eq!(in_json(&plan, None).get("stage"), None);
    }
}
