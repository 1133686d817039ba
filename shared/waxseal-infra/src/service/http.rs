//! HTTP: a function URL, or what leads there from the application's entrance.

use serde_json::{Map, Value, json};
use waxseal_catalog::{App, Deployed, Entrance, EntranceKind};

use crate::{
    entrance::{self, HAS_URL},
    names::{LIVE, arn, attribute, reference},
    service::{alias::ALIAS, api, builder::StackBuilder, listener},
};

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
    for (id, resource) in entrance.into_iter().flat_map(|one| resources(builder.app, builder.service, one)) {
        builder.add(id, resource);
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

/// What leads from the entrance to a service's function.
pub(crate) fn resources(app: &App, service: &Deployed, entrance: &Entrance) -> Vec<(String, Value)> {
    match entrance.kind {
        EntranceKind::HttpApi => api::resources(app, service, entrance),
        EntranceKind::RestApi => vec![api::rest_permission(app, service)],
        EntranceKind::LoadBalancer => listener::resources(app, service, entrance),
        _ => Vec::new(),
    }
}

/// The types of the resources that lead requests to a function, each route its own.
pub(crate) const ROUTES: [&str; 2] =
    ["AWS::ApiGatewayV2::Route", "AWS::ElasticLoadBalancingV2::ListenerRule"];

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
    if let Some(entrance) = entrance(builder.app, builder.service) {
        all.push(entrance::parameter());
        if entrance.kind == EntranceKind::LoadBalancer {
            all.extend(listener::parameters(entrance));
        }
    }
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
