//! A REST API with every route of the application.
//!
//! A deployment is a snapshot: what is added after it answers nothing. So the API lies in one stack as a
//! whole, and its deployment has a new logical id wherever a route changes. It calls functions by their
//! names, which need not exist before the first request.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use waxseal_catalog::{App, Deployed, Entrance, HttpRoute};

use crate::{
    entrance::shared::{HAS_API, logs},
    names::{self, LIVE, attribute, mark, named, reference, sub, words},
};

/// The stage that callers reach. Its name stands in the API's URL, and in no path that a handler sees.
pub(crate) const STAGE: &str = "live";
/// The longest wait for a function, in seconds, unless an account has a higher quota. Source: API Gateway
/// quotas, "Integration timeout for Regional APIs".
const LONGEST: u32 = 29;

/// The export of the API's id.
pub(crate) fn export_name(app: &App) -> String {
    named(app, "bus-rest-api")
}

/// What a stage brings to check tokens with.
pub(super) fn parameters(entrance: &Entrance) -> Vec<(String, Value)> {
    let about =
        "USER_POOLS, the ARNs of the user pools of Cognito that issue the callers' tokens, comma-separated";
    let pools = json!({ "Type": "CommaDelimitedList", "Description": about });
    entrance.jwt.then(|| ("UserPools".to_owned(), pools)).into_iter().collect()
}

/// The outputs of the bus's stack for it.
pub(super) fn outputs(app: &App) -> Vec<(String, Value)> {
    let url = format!("https://${{RestApi}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{STAGE}");
    vec![
        (
            "RestApiId".to_owned(),
            json!({ "Condition": HAS_API, "Value": reference("RestApi"), "Export": { "Name": sub(export_name(app)) } }),
        ),
        ("ApiUrl".to_owned(), json!({ "Condition": HAS_API, "Value": sub(url) })),
    ]
}

/// The resources of the bus's stack for it.
pub(super) fn resources(app: &App, entrance: &Entrance) -> Vec<(String, Value)> {
    let mut deployed = routes(app, entrance);
    if entrance.jwt {
        deployed.insert("RestAuthorizer".to_owned(), authorizer());
    }
    let names: Vec<&String> = deployed.keys().collect();
    let deployment = format!("RestDeployment{:08x}", mark(&json!(deployed).to_string()));
    let mut all = vec![
        ("RestApi".to_owned(), api(app)),
        ("ApiLogs".to_owned(), logs(app)),
        (
            deployment.clone(),
            json!({
                "Type": "AWS::ApiGateway::Deployment",
                "Condition": HAS_API,
                "DependsOn": names,
                "Properties": { "RestApiId": reference("RestApi") },
            }),
        ),
        ("RestStage".to_owned(), stage(app, entrance, &deployment)),
    ];
    all.extend(deployed);
    all
}

fn api(app: &App) -> Value {
    json!({
        "Type": "AWS::ApiGateway::RestApi",
        "Condition": HAS_API,
        "Properties": {
            "Name": sub(named(app, "api")),
            // Bodies come and go as bytes. Without it a picture would be answered as the text of its base64.
            "BinaryMediaTypes": ["*/*"],
            "EndpointConfiguration": { "Types": ["REGIONAL"] },
            "Tags": names::tags(&app.name, "bus"),
        },
    })
}

/// The parts of every path, and a method for each route.
fn routes(app: &App, entrance: &Entrance) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for service in &app.services {
        for route in &service.infrastructure.routes {
            let Some((verb, path)) = route.key.split_once(" /") else { continue };
            let mut parent = attribute("RestApi", "RootResourceId");
            let mut above = String::new();
            for part in path.split('/').filter(|part| !part.is_empty()) {
                above = format!("{above}/{part}");
                let id = format!("RestPath{}{:08x}", words(&above), mark(&above));
                let properties =
                    json!({ "RestApiId": reference("RestApi"), "ParentId": parent, "PathPart": part });
                let body = json!({
                    "Type": "AWS::ApiGateway::Resource",
                    "Condition": HAS_API,
                    "Properties": properties,
                });
                all.insert(id.clone(), body);
                parent = reference(&id);
            }
            let id = format!("RestMethod{}{:08x}", words(&route.key.to_ascii_lowercase()), mark(&route.key));
            all.insert(id, method(app, service, entrance, route, verb, &parent));
        }
    }
    all
}

fn method(
    app: &App,
    service: &Deployed,
    entrance: &Entrance,
    route: &HttpRoute,
    verb: &str,
    path: &Value,
) -> Value {
    let alias = if service.infrastructure.provisioned > 0 { format!(":{LIVE}") } else { String::new() };
    let function = format!(
        "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{}{alias}",
        named(app, service.name())
    );
    let called = format!(
        "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/{function}/invocations"
    );
    let mut properties = json!({
        "RestApiId": reference("RestApi"),
        "ResourceId": path,
        "HttpMethod": verb,
        "AuthorizationType": "NONE",
        "Integration": {
            "Type": "AWS_PROXY",
            // Lambda is called by POST, whatever the caller's method.
            "IntegrationHttpMethod": "POST",
            "Uri": sub(called),
            "TimeoutInMillis": service.program.timeout.min(LONGEST) * 1000,
        },
    });
    if entrance.jwt && !route.public {
        properties["AuthorizationType"] = json!("COGNITO_USER_POOLS");
        properties["AuthorizerId"] = reference("RestAuthorizer");
    }
    json!({ "Type": "AWS::ApiGateway::Method", "Condition": HAS_API, "Properties": properties })
}

/// The authorizer: a token of one of the stage's user pools.
fn authorizer() -> Value {
    json!({
        "Type": "AWS::ApiGateway::Authorizer",
        "Condition": HAS_API,
        "Properties": {
            "RestApiId": reference("RestApi"),
            "Name": "jwt",
            "Type": "COGNITO_USER_POOLS",
            "IdentitySource": "method.request.header.Authorization",
            "ProviderARNs": reference("UserPools"),
        },
    })
}

/// The stage: what is too much is refused, and each request leaves a line.
fn stage(app: &App, entrance: &Entrance, deployment: &str) -> Value {
    // No query, no header and no body: they may hold personal data.
    let line = json!({
        "requestId": "$context.requestId",
        "extendedRequestId": "$context.extendedRequestId",
        "time": "$context.requestTime",
        "route": "$context.httpMethod $context.resourcePath",
        "status": "$context.status",
        "latency": "$context.responseLatency",
        "error": "$context.error.message",
        "integrationError": "$context.integration.error",
    });
    json!({
        "Type": "AWS::ApiGateway::Stage",
        "Condition": HAS_API,
        "Properties": {
            "RestApiId": reference("RestApi"),
            "DeploymentId": reference(deployment),
            "StageName": STAGE,
            "TracingEnabled": true,
            "MethodSettings": [{
                "ResourcePath": "/*",
                "HttpMethod": "*",
                "ThrottlingRateLimit": entrance.rate,
                "ThrottlingBurstLimit": entrance.burst,
                "MetricsEnabled": true,
                // Its lines would hold headers and bodies.
                "DataTraceEnabled": false,
            }],
            "AccessLogSetting": { "DestinationArn": attribute("ApiLogs", "Arn"), "Format": line.to_string() },
            "Tags": names::tags(&app.name, "bus"),
        },
    })
}
