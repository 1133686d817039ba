//! HTTP: a function URL, or routes of the application's entrance.

use serde_json::{Map, Value, json};
use waxseal_catalog::{App, Deployed, Entrance, HttpRoute};

use crate::{
    entrance::{self, HAS_API, HAS_URL, authorizer_export, export_name},
    names::{self, arn, attribute, import, mark, reference, words},
    service::{
        alias::{self, ALIAS, LIVE},
        builder::StackBuilder,
    },
};

/// The longest wait of an HTTP API for a function, in seconds. Source: API Gateway quotas.
const LONGEST: u32 = 30;

/// The logical id of the integration.
pub(crate) const INTEGRATION: &str = "ApiIntegration";
/// The logical id of the permission of the API.
pub(crate) const PERMISSION: &str = "ApiPermission";

/// The entrance of a service with routes.
pub(crate) fn entrance<'a>(app: &'a App, service: &Deployed) -> Option<&'a Entrance> {
    app.entrance.as_ref().filter(|_| !service.infrastructure.routes.is_empty())
}

pub(super) fn add(builder: &mut StackBuilder<'_>) {
    if !builder.service.answers_http {
        return;
    }
    let entrance = entrance(builder.app, builder.service);
    url(builder, entrance.is_some());
    if let Some(entrance) = entrance {
        routes(builder, entrance);
    }
}

fn url(builder: &mut StackBuilder<'_>, is_routed: bool) {
    // An alias is the ARN itself, and a function has one.
    let is_alias = builder.service.infrastructure.provisioned > 0;
    let called = || if is_alias { reference(ALIAS) } else { arn("Function") };
    let mut url = json!({
        "Type": "AWS::Lambda::Url",
        "Properties": { "TargetFunctionArn": arn("Function"), "AuthType": reference("HttpAuth") },
    });
    if is_alias {
        url["Properties"]["Qualifier"] = json!(LIVE);
        url["DependsOn"] = json!([ALIAS]);
    }
    if is_routed {
        url["Condition"] = json!(HAS_URL);
    }
    builder.add("Url", url);
    // A public URL needs both permissions since October 2025. Source: Lambda developer guide,
    // "Control access to function URLs".
    builder.add(
        "UrlPublic",
        json!({
            "Type": "AWS::Lambda::Permission",
            "Condition": "HttpIsPublic",
            "Properties": {
                "FunctionName": called(),
                "Action": "lambda:InvokeFunctionUrl",
                "FunctionUrlAuthType": "NONE",
                "Principal": "*",
            },
        }),
    );
    builder.add(
        "UrlPublicInvoke",
        json!({
            "Type": "AWS::Lambda::Permission",
            "Condition": "HttpIsPublic",
            "Properties": {
                "FunctionName": called(),
                "Action": "lambda:InvokeFunction",
                "InvokedViaFunctionUrl": true,
                "Principal": "*",
            },
        }),
    );
    builder.output("Url", attribute("Url", "FunctionUrl"));
    if is_routed && let Some(output) = builder.outputs.get_mut("Url") {
        output["Condition"] = json!(HAS_URL);
    }
}

/// The logical id of a route. The mark tells `/a/b` and `/a-b` apart.
pub(crate) fn route_id(route: &HttpRoute) -> String {
    format!("Route{}{:08x}", words(&route.key.to_ascii_lowercase()), mark(&route.key))
}

/// A route, as the template has it.
pub(crate) fn route(app: &App, entrance: &Entrance, route: &HttpRoute) -> Value {
    let mut properties = json!({
        "ApiId": import(export_name(app)),
        "RouteKey": route.key,
        "Target": names::sub(format!("integrations/${{{INTEGRATION}}}")),
        "AuthorizationType": "NONE",
    });
    if entrance.jwt && !route.public {
        properties["AuthorizationType"] = json!("JWT");
        properties["AuthorizerId"] = import(authorizer_export(app));
    }
    json!({ "Type": "AWS::ApiGatewayV2::Route", "Condition": HAS_API, "Properties": properties })
}

/// The integration, as the template has it.
pub(crate) fn integration(app: &App, service: &Deployed, entrance: &Entrance) -> Value {
    let is_alias = service.infrastructure.provisioned > 0;
    let seconds = service.program.timeout.min(LONGEST);
    let mut properties = json!({
        "ApiId": import(export_name(app)),
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": if is_alias { reference(ALIAS) } else { arn("Function") },
        "PayloadFormatVersion": "2.0",
        "TimeoutInMillis": seconds * 1000,
    });
    let header = |(name, value): &(String, String)| (format!("overwrite:header.{name}"), json!(value));
    let headers: Map<String, Value> = entrance.headers.iter().map(header).collect();
    if !headers.is_empty() {
        properties["RequestParameters"] = Value::Object(headers);
    }
    json!({ "Type": "AWS::ApiGatewayV2::Integration", "Condition": HAS_API, "Properties": properties })
}

/// The permission of the API to call the function.
pub(crate) fn permission(app: &App, service: &Deployed) -> Value {
    let api = json!({ "Api": import(export_name(app)) });
    let from = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*";
    json!({
        "Type": "AWS::Lambda::Permission",
        "Condition": HAS_API,
        "Properties": {
            "FunctionName": alias::called(service),
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": { "Fn::Sub": [from, api] },
        },
    })
}

fn routes(builder: &mut StackBuilder<'_>, entrance: &Entrance) {
    let (app, service) = (builder.app, builder.service);
    builder.add(INTEGRATION, integration(app, service, entrance));
    builder.add(PERMISSION, permission(app, service));
    for one in &service.infrastructure.routes {
        builder.add(route_id(one), route(app, entrance, one));
    }
}

/// The parameters of a service that answers HTTP.
pub(super) fn parameters(builder: &StackBuilder<'_>) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    if builder.service.answers_http {
        all.push((
            "HttpAuth".to_owned(),
            json!({
                "Type": "String",
                "Default": "AWS_IAM",
                "AllowedValues": ["AWS_IAM", "NONE"],
                "Description": "Who may call the function URL: signed requests of this account, or anybody",
            }),
        ));
    }
    all.extend(entrance(builder.app, builder.service).map(|_| entrance::parameter()));
    all
}

/// Its conditions.
pub(super) fn conditions(builder: &StackBuilder<'_>) -> Map<String, Value> {
    let mut conditions = Map::new();
    if builder.service.answers_http {
        let public = json!({ "Fn::Equals": [reference("HttpAuth"), "NONE"] });
        let has_url = json!({ "Condition": HAS_URL });
        let public = match entrance(builder.app, builder.service) {
            Some(_) => json!({ "Fn::And": [has_url, public] }),
            None => public,
        };
        conditions.insert("HttpIsPublic".to_owned(), public);
    }
    if entrance(builder.app, builder.service).is_some() {
        conditions.extend([entrance::has_api(), entrance::has_url()]);
    }
    conditions
}
