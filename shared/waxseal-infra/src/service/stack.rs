//! The template of a service.

use serde_json::{Map, Value, json};
use waxseal::Bus;
use waxseal_catalog::{App, Deployed, routes::Routes};

use crate::{
    names::{self, reference, stage_parameter},
    service::{alarms, builder::StackBuilder, fifo, function, queues, relay, routes, sources, table, timers},
    stack::Stack,
};

pub(crate) fn stack(app: &App, service: &Deployed) -> Stack {
    let routes = app.routes(service);
    let mut builder = StackBuilder { app, service, routes, resources: Map::new(), outputs: Map::new() };
    table::add(&mut builder);
    queues::add(&mut builder);
    fifo::add(&mut builder);
    routes::add(&mut builder);
    function::add(&mut builder);
    sources::add(&mut builder);
    if builder.routes.has_relay() {
        relay::add(&mut builder);
    }
    if builder.routes.has_timers {
        timers::add(&mut builder);
    }
    alarms::add(&mut builder);
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("{}: the service {}", app.name, service.name()),
        "Parameters": parameters(service, &builder.routes),
        "Resources": builder.resources,
        "Outputs": builder.outputs,
    });
    let mut stack = Stack::new(app, service.name(), template);
    if service.answers_http
        && let Some(template) = stack.template.as_object_mut()
    {
        let public = json!({ "Fn::Equals": [reference("HttpAuth"), "NONE"] });
        template.insert("Conditions".to_owned(), json!({ "HttpIsPublic": public }));
    }
    stack
}

fn parameters(service: &Deployed, routes: &Routes) -> Map<String, Value> {
    let mut parameters = Map::new();
    parameters.insert("Stage".to_owned(), stage_parameter());
    parameters.insert(
        "Architecture".to_owned(),
        json!({
            "Type": "String",
            "Default": "arm64",
            "AllowedValues": ["arm64", "x86_64"],
            "Description": "What the functions were built for; a local stage runs on whatever the machine is",
        }),
    );
    parameters.insert(
        "DeletionProtection".to_owned(),
        json!({
            "Type": "String",
            "Default": "true",
            "AllowedValues": ["true", "false"],
            "Description": "Whether the table refuses to be deleted; false for stages that are thrown away",
        }),
    );
    if service.answers_http {
        parameters.insert(
            "HttpAuth".to_owned(),
            json!({
                "Type": "String",
                "Default": "AWS_IAM",
                "AllowedValues": ["AWS_IAM", "NONE"],
                "Description": "Who may call the function URL: signed requests of this account, or anybody",
            }),
        );
    }
    for rule in &routes.rules {
        if let Bus::Partner(name) = rule.bus {
            parameters.insert(names::partner_parameter(name), partner_bus(name));
        }
    }
    for brought in &service.parameters {
        let mut parameter = json!({
            "Type": "String",
            "MinLength": 1,
            "Description": format!("{}, {}", brought.variable, brought.about),
        });
        if brought.secret
            && let Some(parameter) = parameter.as_object_mut()
        {
            parameter.insert("NoEcho".to_owned(), json!(true));
        }
        parameters.insert(names::parameter(&brought.variable), parameter);
    }
    parameters.extend(sources::parameters(&service.sources));
    parameters
}

/// The name of a partner's bus. A declaration that has the whole name gives the default. Source:
/// EventBridge API reference, `CreateEventBus`: a partner's bus has the name of its event source.
fn partner_bus(name: &str) -> Value {
    let mut parameter = json!({
        "Type": "String",
        "AllowedPattern": r"^aws\.partner(/[\.\-_A-Za-z0-9]+){2,}$",
        "Description": format!("The name of the event bus of {name}, which is that of its event source"),
    });
    if name.trim_start_matches("aws.partner/").contains('/') {
        parameter["Default"] = json!(name);
    }
    parameter
}
