//! An index over templates for the checks: resources by type, references, statements of policies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use waxseal_catalog::{
    App, Deployed, Finding,
    routes::Routes,
    settings::{DEAD_LETTERS, Setting},
};

use crate::{names, service::relay::RELAY_DEAD_LETTERS, stack::Stack};

/// The value of a missing property.
static NOTHING: Value = Value::Null;

/// The templates, and the application that they are compared with.
pub(super) struct TemplateIndex<'a> {
    pub(super) app: &'a App,
    pub(super) stacks: &'a [Stack],
    /// The findings of [`App::check`].
    pub(super) mistakes: Vec<Finding>,
    routes: BTreeMap<&'a str, Routes>,
    resources: Vec<Resource<'a>>,
    /// The dead-letter queues, as stack and logical id.
    dead_letters: BTreeSet<(&'a str, &'a str)>,
}

/// A resource of a template.
#[derive(Clone, Copy)]
pub(super) struct Resource<'a> {
    pub(super) stack: &'a str,
    pub(super) id: &'a str,
    pub(super) body: &'a Value,
    template: &'a Value,
}

impl<'a> TemplateIndex<'a> {
    pub(super) fn new(app: &'a App, stacks: &'a [Stack]) -> Self {
        let of = |stack: &'a Stack| {
            let resources = stack.template["Resources"].as_object().into_iter().flatten();
            resources.map(|(id, body)| Resource { stack: &stack.name, id, body, template: &stack.template })
        };
        let resources: Vec<_> = stacks.iter().flat_map(of).collect();
        let named = resources.iter().flat_map(gives_up_to);
        let relays = resources.iter().filter(|resource| resource.id == RELAY_DEAD_LETTERS);
        let dead_letters = named.chain(relays.map(|queue| (queue.stack, queue.id))).collect();
        let routes = app.services.iter().map(|service| (service.name(), app.routes(service))).collect();
        Self { app, stacks, mistakes: app.check(), routes, resources, dead_letters }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Resource<'a>> {
        self.resources.iter().copied()
    }

    pub(super) fn of(&self, kind: &str) -> impl Iterator<Item = Resource<'a>> {
        self.all().filter(move |resource| resource.body["Type"] == kind)
    }

    /// The resources of one type in one stack.
    pub(super) fn within(&self, stack: &str, kind: &str) -> impl Iterator<Item = Resource<'a>> {
        self.all().filter(move |resource| resource.stack == stack && resource.body["Type"] == kind)
    }

    /// The rules of events. Those with a schedule are checked with the timers.
    pub(super) fn rules(&self) -> impl Iterator<Item = Resource<'a>> {
        self.of(RULE).filter(|rule| rule.get("/ScheduleExpression").is_null())
    }

    /// The services that have a stack.
    pub(super) fn services(&self) -> impl Iterator<Item = &'a Deployed> {
        let named = |name: &str| self.stacks.iter().any(|stack| stack.name == name);
        self.app.services.iter().filter(move |service| named(service.name()))
    }

    /// The names of those services, with their routes.
    pub(super) fn routes(&self) -> impl Iterator<Item = (&'a str, &Routes)> {
        self.services().filter_map(|service| Some((service.name(), self.routes.get(service.name())?)))
    }

    /// The function with a service's handlers.
    pub(super) fn function(&self, stack: &str) -> Option<Resource<'a>> {
        self.functions(stack).find(|function| function.id == "Function")
    }

    pub(super) fn relay(&self, stack: &str) -> Option<Resource<'a>> {
        self.functions(stack).find(|function| function.id == "Relay")
    }

    pub(super) fn functions(&self, stack: &str) -> impl Iterator<Item = Resource<'a>> {
        self.within(stack, FUNCTION)
    }

    /// The mappings that feed a function.
    pub(super) fn mappings(&self, function: &Resource<'a>) -> Vec<Resource<'a>> {
        let id = function.id;
        self.within(function.stack, MAPPING)
            .filter(|mapping| target(mapping.get("/FunctionName")) == Some(id))
            .collect()
    }

    pub(super) fn is_dead_letters(&self, queue: &Resource<'_>) -> bool {
        self.dead_letters.contains(&(queue.stack, queue.id))
    }

    pub(super) fn dead_letters(&self) -> Vec<Resource<'a>> {
        self.of(QUEUE).filter(|queue| self.is_dead_letters(queue)).collect()
    }

    /// Queues that functions are fed from.
    pub(super) fn queues(&self) -> Vec<Resource<'a>> {
        self.of(QUEUE).filter(|queue| !self.is_dead_letters(queue)).collect()
    }

    /// The statements of the resource policies of a queue or topic.
    pub(super) fn policy(&self, of: &Resource<'a>) -> Vec<&'a Value> {
        let policies = self.all().filter(|policy| {
            policy.stack == of.stack
                && list(policy.get("/Queues"))
                    .into_iter()
                    .chain(list(policy.get("/Topics")))
                    .any(|named| target(named) == Some(of.id))
        });
        policies.flat_map(|policy| list(policy.get("/PolicyDocument/Statement"))).collect()
    }

    /// Whether a queue's policy lets `service` send for `source`.
    pub(super) fn admits(&self, queue: &Resource<'a>, service: &str, source: &Value) -> bool {
        self.policy(queue).into_iter().any(|statement| {
            statement["Effect"] == "Allow"
                && statement["Principal"]["Service"] == service
                && list(&statement["Action"]).into_iter().any(|action| action == "sqs:SendMessage")
                && target(&statement["Resource"]) == Some(queue.id)
                && list(&statement["Condition"]["ArnEquals"]["aws:SourceArn"]).contains(&source)
        })
    }

    /// The name of a relay's dead-letter queue, as `Fn::Sub` has it.
    pub(super) fn name_of_relay_dead_letters(&self, service: &str) -> String {
        names::named(self.app, &format!("{service}-relay-dlq"))
    }

    /// The statements of a function's role.
    pub(super) fn allowed(&self, function: &Resource<'a>) -> Vec<&'a Value> {
        let Some(role) = target(function.get("/Role")).and_then(|id| function.sibling(id)) else {
            return Vec::new();
        };
        statements(&role)
    }
}

/// The dead-letter queues that a resource names. A queue that is named twice is known when one name
/// is missing.
pub(super) fn gives_up_to<'a>(resource: &Resource<'a>) -> Vec<(&'a str, &'a str)> {
    let targets = resource.get("/Targets").as_array().into_iter().flatten();
    let targets = targets.map(|target| &target["DeadLetterConfig"]["Arn"]);
    let own = [resource.get("/RedrivePolicy/deadLetterTargetArn"), resource.variable(DEAD_LETTERS.name)];
    targets.chain(own).filter_map(target).map(|id| (resource.stack, id)).collect()
}

pub(super) const QUEUE: &str = "AWS::SQS::Queue";
pub(super) const TOPIC: &str = "AWS::SNS::Topic";
pub(super) const RULE: &str = "AWS::Events::Rule";
pub(super) const SUBSCRIPTION: &str = "AWS::SNS::Subscription";
pub(super) const FUNCTION: &str = "AWS::Lambda::Function";
pub(super) const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
pub(super) const ROLE: &str = "AWS::IAM::Role";
pub(super) const TABLE: &str = "AWS::DynamoDB::Table";
pub(super) const ALARM: &str = "AWS::CloudWatch::Alarm";
pub(super) const LOGS: &str = "AWS::Logs::LogGroup";

impl<'a> Resource<'a> {
    /// A property by its JSON pointer below `Properties`; null where there is none.
    pub(super) fn get(&self, pointer: &str) -> &'a Value {
        self.body["Properties"].pointer(pointer).unwrap_or(&NOTHING)
    }

    /// The value of a variable of a function; null where it is told none.
    pub(super) fn variable(&self, name: &str) -> &'a Value {
        &self.body["Properties"]["Environment"]["Variables"][name]
    }

    /// The whole number that a function is told.
    pub(super) fn number(&self, setting: &Setting) -> Option<u64> {
        self.variable(setting.name).as_str().and_then(|text| text.parse().ok())
    }

    /// The resource of the same stack that a variable of a function names.
    pub(super) fn told(&self, setting: &Setting) -> Option<&'a str> {
        target(self.variable(setting.name))
    }

    /// Another resource of the same stack.
    pub(super) fn sibling(&self, id: &'a str) -> Option<Self> {
        let body = self.template["Resources"].get(id)?;
        Some(Self { id, body, ..*self })
    }

    /// A resource of the same stack that a property names, if it has this type.
    pub(super) fn named(&self, pointer: &str, kind: &str) -> Option<Self> {
        let other = self.sibling(target(self.get(pointer))?)?;
        (other.body["Type"] == kind).then_some(other)
    }

    /// Whether a property is `wanted`, or a parameter whose default is `wanted`.
    pub(super) fn is_by_default(&self, pointer: &str, wanted: &Value) -> bool {
        let value = self.get(pointer);
        let default = value["Ref"].as_str().map(|name| &self.template["Parameters"][name]["Default"]);
        value == wanted || default == Some(wanted)
    }

    pub(super) fn retained(&self) -> bool {
        self.body["DeletionPolicy"] == "Retain" && self.body["UpdateReplacePolicy"] == "Retain"
    }

    /// Its name in AWS, as `Fn::Sub` has it.
    pub(super) fn name(&self, property: &str) -> Option<&'a str> {
        self.get(&format!("/{property}"))["Fn::Sub"].as_str()
    }
}

/// Statements of the policies within a role.
pub(super) fn statements<'a>(role: &Resource<'a>) -> Vec<&'a Value> {
    let policies = list(role.get("/Policies"));
    policies.into_iter().flat_map(|policy| list(&policy["PolicyDocument"]["Statement"])).collect()
}

/// The logical id that `Ref` or `Fn::GetAtt` names.
pub(super) fn target(value: &Value) -> Option<&str> {
    value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str())
}

/// One or several, as policies have it.
pub(super) fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// A pattern for each source and type that a pattern names.
pub(super) fn single(pattern: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for source in list(&pattern["source"]) {
        for kind in list(&pattern["detail-type"]) {
            let mut one = pattern.clone();
            one["source"] = json!([source]);
            one["detail-type"] = json!([kind]);
            all.push(one);
        }
    }
    all
}

/// The texts among one or several.
pub(super) fn texts(value: &Value) -> BTreeSet<&str> {
    list(value).into_iter().filter_map(Value::as_str).collect()
}

/// Allowed statements with an action that starts so.
pub(super) fn allowing<'a>(statements: &[&'a Value], action: &str) -> Vec<&'a Value> {
    let starts =
        |statement: &&&Value| texts(&statement["Action"]).iter().any(|given| given.starts_with(action));
    statements.iter().filter(|statement| statement["Effect"] == "Allow").filter(starts).copied().collect()
}

/// Whether a statement allows exactly this on exactly these.
pub(super) fn allows(statements: &[&Value], action: &str, resources: &[Value]) -> bool {
    statements.iter().any(|statement| {
        statement["Effect"] == "Allow"
            && texts(&statement["Action"]).contains(action)
            && list(&statement["Resource"]) == resources.iter().collect::<Vec<_>>()
    })
}

/// The import of the value that the bus's stack exports under `name`.
pub(super) fn import(name: String) -> Value {
    names::import(name)
}

/// Whether a resource policy denies requests without TLS.
pub(super) fn denies_plain_text(statements: &[&Value], action: &str) -> bool {
    statements.iter().any(|statement| {
        statement["Effect"] == "Deny"
            && statement["Principal"] == "*"
            && texts(&statement["Action"]).contains(action)
            && statement["Resource"].is_object()
            && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
    })
}
