//! An HTTP API, to which each service adds its routes.

use serde_json::{Value, json};
use waxseal_catalog::{App, Entrance};

use crate::{
    entrance::shared::{HAS_API, logs},
    names::{attribute, named, reference, sub, tag_map},
};

/// The export of the API's id.
pub(crate) fn export_name(app: &App) -> String {
    named(app, "bus-api")
}

/// The export of its authorizer's id.
pub(crate) fn authorizer_export(app: &App) -> String {
    named(app, "bus-api-authorizer")
}

/// The resources of the bus's stack for it.
pub(super) fn resources(app: &App, entrance: &Entrance) -> Vec<(String, Value)> {
    let mut all = vec![
        (
            "Api",
            json!({
                "Type": "AWS::ApiGatewayV2::Api",
                "Condition": HAS_API,
                "Properties": {
                    "Name": sub(named(app, "api")),
                    "ProtocolType": "HTTP",
                    "Tags": tag_map(&app.name, "bus"),
                },
            }),
        ),
        ("ApiLogs", logs(app)),
        ("ApiStage", stage(app, entrance)),
    ];
    if entrance.jwt {
        all.push(("ApiAuthorizer", authorizer()));
    }
    all.into_iter().map(|(id, resource)| (id.to_owned(), resource)).collect()
}

/// The outputs of the bus's stack for it.
pub(super) fn outputs(app: &App, entrance: &Entrance) -> Vec<(String, Value)> {
    let export = |value: Value, name: String| json!({ "Condition": HAS_API, "Value": value, "Export": { "Name": sub(name) } });
    let url = json!({ "Condition": HAS_API, "Value": attribute("Api", "ApiEndpoint") });
    let mut all =
        vec![("ApiId".to_owned(), export(reference("Api"), export_name(app))), ("ApiUrl".to_owned(), url)];
    if entrance.jwt {
        let id = attribute("ApiAuthorizer", "AuthorizerId");
        all.push(("ApiAuthorizerId".to_owned(), export(id, authorizer_export(app))));
    }
    all
}

/// The stage of the API: every change of a route is deployed, and what is too much is refused.
fn stage(app: &App, entrance: &Entrance) -> Value {
    // No query, no header and no body: they may hold personal data.
    let line = json!({
        "requestId": "$context.requestId",
        "time": "$context.requestTime",
        "route": "$context.routeKey",
        "status": "$context.status",
        "latency": "$context.responseLatency",
        "error": "$context.error.message",
        "integrationError": "$context.integrationErrorMessage",
    });
    json!({
        "Type": "AWS::ApiGatewayV2::Stage",
        "Condition": HAS_API,
        "Properties": {
            "ApiId": reference("Api"),
            // Without a name in the path: handlers see the paths of their routes.
            "StageName": "$default",
            "AutoDeploy": true,
            "DefaultRouteSettings": {
                "ThrottlingRateLimit": entrance.rate,
                "ThrottlingBurstLimit": entrance.burst,
                "DetailedMetricsEnabled": true,
            },
            "AccessLogSettings": { "DestinationArn": attribute("ApiLogs", "Arn"), "Format": line.to_string() },
            "Tags": tag_map(&app.name, "bus"),
        },
    })
}

/// The authorizer: a token of the stage's issuer, for one of its audiences.
fn authorizer() -> Value {
    json!({
        "Type": "AWS::ApiGatewayV2::Authorizer",
        "Condition": HAS_API,
        "Properties": {
            "ApiId": reference("Api"),
            "Name": "jwt",
            "AuthorizerType": "JWT",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": { "Issuer": reference("JwtIssuer"), "Audience": reference("JwtAudience") },
        },
    })
}
