//! What leads from an API of API Gateway to a service's function.

use serde_json::{Map, Value, json};
use waxseal_catalog::{App, Deployed, Entrance, HttpRoute};

use crate::{
    entrance::{HAS_API, REST_STAGE, api_export, authorizer_export, rest_api_export},
    names::{self, arn, import, mark, reference, words},
    service::alias::{self, ALIAS},
};

/// The longest wait of an HTTP API for a function, in seconds. Source: API Gateway quotas.
const LONGEST: u32 = 30;
/// The logical id of the integration.
const INTEGRATION: &str = "ApiIntegration";
/// The logical id of the permission of the API.
const PERMISSION: &str = "ApiPermission";

/// The logical id of a route. The mark tells `/a/b` and `/a-b` apart.
fn route_id(route: &HttpRoute) -> String {
    format!("Route{}{:08x}", words(&route.key.to_ascii_lowercase()), mark(&route.key))
}

/// A route, as the template has it.
fn route(app: &App, entrance: &Entrance, route: &HttpRoute) -> Value {
    let mut properties = json!({
        "ApiId": import(api_export(app)),
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
fn integration(app: &App, service: &Deployed, entrance: &Entrance) -> Value {
    let is_alias = service.infrastructure.provisioned > 0;
    let seconds = service.program.timeout.min(LONGEST);
    let mut properties = json!({
        "ApiId": import(api_export(app)),
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
fn permission(service: &Deployed, api: String, from: &str) -> Value {
    let from =
        format!("arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/{from}");
    json!({
        "Type": "AWS::Lambda::Permission",
        "Condition": HAS_API,
        "Properties": {
            "FunctionName": alias::called(service),
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": { "Fn::Sub": [from, { "Api": import(api) }] },
        },
    })
}

/// The permission of a REST API, which has the methods itself.
pub(super) fn rest_permission(app: &App, service: &Deployed) -> (String, Value) {
    let from = format!("{REST_STAGE}/*/*");
    (PERMISSION.to_owned(), permission(service, rest_api_export(app), &from))
}

/// The resources of a service with routes of an HTTP API.
pub(super) fn resources(app: &App, service: &Deployed, entrance: &Entrance) -> Vec<(String, Value)> {
    let routes = service.infrastructure.routes.iter();
    let routes = routes.map(|one| (route_id(one), route(app, entrance, one)));
    let integration = (INTEGRATION.to_owned(), integration(app, service, entrance));
    let permission = (PERMISSION.to_owned(), permission(service, api_export(app), "*/*"));
    [integration, permission].into_iter().chain(routes).collect()
}
