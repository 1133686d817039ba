//! The stack of a program that publishes and is no function: its permissions, and where its channels
//! are.
//!
//! The program runs wherever its team runs it, so its role is not ours. The stack has a managed
//! policy, and the team attaches it to the program's role. An inline policy would need that role's
//! name, and a role of ours would need to know who takes it on.

use serde_json::{Map, Value, json};
use waxseal_catalog::{App, Publisher};

use crate::{
    names::{self, reference, stage_parameter, sub},
    publishing,
    stack::Stack,
};

/// The logical id of the policy.
pub(crate) const POLICY: &str = "Publishing";

/// The policy of a program.
pub(crate) fn policy(app: &App, publisher: &Publisher) -> Value {
    let statements = publishing::statements(app, &publisher.name, &app.publishes(publisher));
    json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": sub(names::named(app, &format!("{}-publishing", publisher.name))),
            "Description": format!("What {} may publish: attach it to the role that the program runs under", publisher.name),
            "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
        },
    })
}

pub(crate) fn stack(app: &App, publisher: &Publisher) -> Stack {
    let mut outputs = Map::new();
    outputs.insert("PolicyArn".to_owned(), json!({ "Value": reference(POLICY) }));
    // An output's id has letters and digits alone, so the variable is told beside it.
    for (variable, value) in publishing::variables(app, &app.publishes(publisher)) {
        let output = json!({ "Value": value, "Description": format!("The value of {variable}") });
        outputs.insert(names::parameter(&variable), output);
    }
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("{}: what the program {} publishes", app.name, publisher.name),
        "Parameters": { "Stage": stage_parameter() },
        "Resources": { POLICY: policy(app, publisher) },
        "Outputs": outputs,
    });
    Stack::new(app, &publisher.name, template)
}
