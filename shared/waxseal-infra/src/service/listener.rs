//! What leads from a listener of an Application Load Balancer to a service's function.
//!
//! The load balancer and its listener are a stage's own: they have a network, a certificate and a
//! firewall, and other applications may share them.

use serde_json::{Value, json};
use waxseal_catalog::{App, Deployed, Entrance, HttpRoute};

use crate::{
    entrance::{HAS_API, jwt_parameters},
    names::{self, LONGEST_STAGE, arn, mark, reference, sub, words},
    service::alias::{self, ALIAS},
};

const TARGETS: &str = "TargetGroup";
const PERMISSION: &str = "ListenerPermission";
/// Characters of a target group's longest name.
const LONGEST_NAME: usize = 32;

/// What a stage brings for it.
pub(super) fn parameters(entrance: &Entrance) -> Vec<(String, Value)> {
    let text = |name: &str, pattern: &str, about: &str| {
        let parameter = json!({ "Type": "String", "AllowedPattern": pattern, "Description": about });
        (name.to_owned(), parameter)
    };
    let mut all = vec![text(
        "ListenerArn",
        "^(none|arn:.+:listener/app/.+)$",
        "LISTENER_ARN, the listener of the Application Load Balancer, or none where functions have URLs",
    )];
    if entrance.jwt {
        all.extend(jwt_parameters());
        let about = "JWKS_ENDPOINT, the issuer's public keys, such as https://login.example.org/keys.json";
        all.push(text("JwksEndpoint", "^https://.+$", about));
        all.push((
            "JwtAudienceFormat".to_owned(),
            json!({
                "Type": "String",
                "Default": "single-string",
                "AllowedValues": ["single-string", "string-array", "space-separated-values"],
                "Description": "What the claim aud of a token is",
            }),
        ));
    }
    all
}

/// The resources of a service with routes.
pub(super) fn resources(app: &App, service: &Deployed, entrance: &Entrance) -> Vec<(String, Value)> {
    let routes = service.infrastructure.routes.iter();
    let rules = routes.map(|route| {
        let id = format!("ListenerRule{}{:08x}", words(&route.key.to_ascii_lowercase()), mark(&route.key));
        (id, rule(app, service, entrance, route))
    });
    let targets = (TARGETS.to_owned(), target_group(app, service));
    let permission = (PERMISSION.to_owned(), permission(app, service));
    [targets, permission].into_iter().chain(rules).collect()
}

/// The name of the target group, `orders-${Stage}-1b2c3d4e`: the permission names it before it exists. A
/// name has less room than application, stage and service need.
fn name(app: &App, service: &Deployed) -> String {
    let room = LONGEST_NAME - LONGEST_STAGE - "--".len() - 8;
    let kept: String = service.name().chars().take(room).collect();
    let mark = mark(&format!("{}-{}", app.name, service.name()));
    format!("{}-${{Stage}}-{mark:08x}", kept.trim_end_matches('-'))
}

fn target_group(app: &App, service: &Deployed) -> Value {
    let is_alias = service.infrastructure.provisioned > 0;
    json!({
        "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
        "Condition": HAS_API,
        // A load balancer tries whether it may call the function when it gets it.
        "DependsOn": [PERMISSION],
        "Properties": {
            "Name": sub(name(app, service)),
            "TargetType": "lambda",
            "Targets": [{ "Id": if is_alias { reference(ALIAS) } else { arn("Function") } }],
            // Without it a request has one value of a header that came twice, and an answer one cookie.
            "TargetGroupAttributes": [{ "Key": "lambda.multi_value_headers.enabled", "Value": "true" }],
            // A check would be an invocation, every 35 seconds.
            "HealthCheckEnabled": false,
            "Tags": names::tags(&app.name, service.name()),
        },
    })
}

/// The permission of the load balancer, for this target group alone. A reference to it would be a circle,
/// so it is by its name.
fn permission(app: &App, service: &Deployed) -> Value {
    let group = format!(
        "arn:${{AWS::Partition}}:elasticloadbalancing:${{AWS::Region}}:${{AWS::AccountId}}:targetgroup/{}/*",
        name(app, service)
    );
    json!({
        "Type": "AWS::Lambda::Permission",
        "Condition": HAS_API,
        "Properties": {
            "FunctionName": alias::called(service),
            "Action": "lambda:InvokeFunction",
            "Principal": "elasticloadbalancing.amazonaws.com",
            "SourceArn": sub(group),
        },
    })
}

/// The rule of a route.
fn rule(app: &App, service: &Deployed, entrance: &Entrance, route: &HttpRoute) -> Value {
    let (method, path) = route.key.split_once(' ').unwrap_or(("ANY", &route.key));
    let path = match path.contains('{') {
        true => json!({ "RegexValues": [route.expression()] }),
        false => json!({ "Values": [path] }),
    };
    let mut conditions = vec![json!({ "Field": "path-pattern", "PathPatternConfig": path })];
    if method != "ANY" {
        let methods = json!({ "Values": [method] });
        conditions.push(json!({ "Field": "http-request-method", "HttpRequestMethodConfig": methods }));
    }
    let mut actions = Vec::new();
    if entrance.jwt && !route.public {
        let audience = json!({
            "Name": "aud",
            "Format": reference("JwtAudienceFormat"),
            "Values": reference("JwtAudience"),
        });
        actions.push(json!({
            "Type": "jwt-validation",
            "Order": 1,
            "JwtValidationConfig": {
                "Issuer": reference("JwtIssuer"),
                "JwksEndpoint": reference("JwksEndpoint"),
                "AdditionalClaims": [audience],
            },
        }));
    }
    let order = actions.len() + 1;
    actions.push(json!({ "Type": "forward", "Order": order, "TargetGroupArn": reference(TARGETS) }));
    json!({
        "Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
        "Condition": HAS_API,
        "Properties": {
            "ListenerArn": reference("ListenerArn"),
            "Priority": route.priority,
            "Conditions": conditions,
            "Actions": actions,
            "Tags": names::tags(&app.name, service.name()),
        },
    })
}
