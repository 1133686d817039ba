//! The REST API and the load balancer in front of an application, in the templates, and the check that notices
//! a missing part.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use waxseal_catalog::{App, Deployed, Entrance, HttpRoute};
use waxseal_infra::{Finding, Stack, check, stale, templates};

use crate::support::service;

#[path = "../../examples/entrances.rs"]
#[allow(dead_code, reason = "an example is a program too")]
mod example;
use example::{folder, load_balancer, rest_api};

fn resources<'a>(stacks: &'a [Stack], stack: &str) -> &'a Value {
    &stacks.iter().find(|one| one.name == stack).unwrap().template["Resources"]
}

/// The resources of one type in one stack, with their ids.
fn of_type<'a>(stacks: &'a [Stack], stack: &str, kind: &str) -> Vec<(&'a String, &'a Value)> {
    let all = resources(stacks, stack).as_object().unwrap();
    all.iter().filter(|(_, body)| body["Type"] == kind).collect()
}

/// The checks with a finding after a change.
fn found(app: &App, change: impl FnOnce(&mut Vec<Stack>)) -> BTreeSet<&'static str> {
    let mut stacks = templates(app).unwrap();
    change(&mut stacks);
    check(app, &stacks).iter().map(|finding| finding.check).collect()
}

fn resource<'a>(stacks: &'a mut [Stack], stack: &str, id: &str) -> &'a mut Value {
    &mut stacks.iter_mut().find(|one| one.name == stack).unwrap().template["Resources"][id]
}

#[test]
fn i8_the_example_templates_are_those_of_the_declaration_and_have_no_finding() {
    for app in [rest_api(), load_balancer()] {
        let stacks = templates(&app).unwrap();
        let findings: Vec<String> = check(&app, &stacks).iter().map(Finding::to_string).collect();
        assert_eq!(findings, [""; 0], "{}", app.name);
        let stale = stale(&stacks, &folder(&app)).unwrap();
        assert_eq!(stale, BTreeMap::new(), "run `{}` and commit tests/examples", app.command);
    }
}

#[test]
fn i8_a_rest_api_has_a_method_for_each_route_and_calls_what_callers_of_a_service_call() {
    let stacks = templates(&rest_api()).unwrap();
    let called = |route: &str| {
        let id = route.replace(' ', "");
        let methods = of_type(&stacks, "bus", "AWS::ApiGateway::Method");
        let found = methods.into_iter().find(|(name, _)| name.starts_with(&format!("RestMethod{id}")));
        found.unwrap_or_else(|| panic!("{route}")).1["Properties"].clone()
    };
    let function = |name: &str| {
        let function = format!(
            "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:rest-${{Stage}}-{name}"
        );
        let way = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions";
        json!({ "Fn::Sub": format!("{way}/{function}/invocations") })
    };
    assert_eq!(called("Post Orders")["Integration"]["Uri"], function("orders:live"));
    assert_eq!(called("Any Scans Proxy")["Integration"]["Uri"], function("scan"));
    assert_eq!(called("Get Health")["AuthorizationType"], "NONE");
    assert_eq!(called("Get Orders Id")["AuthorizationType"], "COGNITO_USER_POOLS");
    // Lambda lets this API in, at any of its methods and at no other stage.
    let permission = &resources(&stacks, "orders")["ApiPermission"]["Properties"];
    assert_eq!(permission["FunctionName"], json!({ "Ref": "FunctionAlias" }));
    let from = permission["SourceArn"]["Fn::Sub"][0].as_str().unwrap();
    assert!(from.ends_with(":execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/live/*/*"), "{from}");
    // The parts of a path that several routes share are there once.
    assert_eq!(of_type(&stacks, "bus", "AWS::ApiGateway::Resource").len(), 5);
}

#[test]
fn i8_a_rest_api_is_deployed_anew_where_a_route_changes_and_after_all_of_them() {
    let deployment = |app: &App| {
        let stacks = templates(app).unwrap();
        let all = of_type(&stacks, "bus", "AWS::ApiGateway::Deployment");
        let [(id, body)] = all[..] else { panic!("{all:?}") };
        let stage = &resources(&stacks, "bus")["RestStage"]["Properties"];
        assert_eq!(stage["DeploymentId"], json!({ "Ref": id }));
        let after: BTreeSet<&str> =
            body["DependsOn"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for kind in ["Method", "Resource", "Authorizer"] {
            for (id, _) in of_type(&stacks, "bus", &format!("AWS::ApiGateway::{kind}")) {
                assert!(after.contains(id.as_str()), "{id} may come after the deployment");
            }
        }
        id.clone()
    };
    let first = deployment(&rest_api());
    assert_eq!(first, deployment(&rest_api()), "nothing changed");
    let changes: [fn(Deployed) -> Deployed; 3] = [
        |orders| orders.route("DELETE /orders/{id}"),
        |orders| orders.provisioned(0),
        |mut orders| {
            orders.infrastructure.routes[0].public = true;
            orders
        },
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut app = rest_api();
        let orders = app.find_mut("orders").unwrap();
        *orders = change(orders.clone());
        assert_ne!(deployment(&app), first, "change {number}");
    }
}

#[test]
fn i8_a_listener_leads_each_route_to_the_target_group_of_its_service() {
    let stacks = templates(&load_balancer()).unwrap();
    let orders = resources(&stacks, "orders");
    let group = &orders["TargetGroup"];
    assert_eq!(group["Properties"]["Targets"], json!([{ "Id": { "Ref": "FunctionAlias" } }]));
    let lists = json!([{ "Key": "lambda.multi_value_headers.enabled", "Value": "true" }]);
    assert_eq!(group["Properties"]["TargetGroupAttributes"], lists, "S-73 answers with lists");
    // The permission is for this target group, and comes before it.
    let name = group["Properties"]["Name"]["Fn::Sub"].as_str().unwrap();
    let permission = &orders["ListenerPermission"]["Properties"];
    assert_eq!(permission["Principal"], "elasticloadbalancing.amazonaws.com");
    let from = permission["SourceArn"]["Fn::Sub"].as_str().unwrap();
    assert!(from.ends_with(&format!(":targetgroup/{name}/*")), "{from}");
    assert_eq!(group["DependsOn"], json!(["ListenerPermission"]));

    let rules = of_type(&stacks, "orders", "AWS::ElasticLoadBalancingV2::ListenerRule");
    assert_eq!(rules.len(), 3);
    for (id, rule) in rules {
        let rule = &rule["Properties"];
        let actions: Vec<&str> =
            rule["Actions"].as_array().unwrap().iter().filter_map(|action| action["Type"].as_str()).collect();
        let (wanted, path): (&[&str], Value) = match rule["Priority"].as_u64().unwrap() {
            10 => (&["jwt-validation", "forward"], json!({ "Values": ["/orders"] })),
            20 => (&["jwt-validation", "forward"], json!({ "RegexValues": ["^/orders/[^/]+$"] })),
            30 => (&["forward"], json!({ "Values": ["/health"] })),
            other => panic!("{id}: {other}"),
        };
        assert_eq!(actions, wanted, "{id}");
        assert_eq!(rule["Conditions"][0]["PathPatternConfig"], path, "{id}");
    }
    let any = of_type(&stacks, "scan", "AWS::ElasticLoadBalancingV2::ListenerRule")[0].1;
    assert_eq!(any["Properties"]["Conditions"].as_array().unwrap().len(), 1, "any method");
}

#[test]
fn i8_a_target_group_has_a_name_of_its_own_within_32_characters() {
    let name = |app: &'static str, service: &str| {
        let stacks = templates(&app_of(app, service)).unwrap();
        let name = &resources(&stacks, service)["TargetGroup"]["Properties"]["Name"]["Fn::Sub"];
        name.as_str().unwrap().replace("${Stage}", "sixteen-letters1")
    };
    let names = [("shop", "orders"), ("store", "orders"), ("shop", "orders-of-partners"), ("shop", "a")];
    let names: BTreeSet<String> = names.into_iter().map(|(app, service)| name(app, service)).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    for name in names {
        let sound = name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        assert!(sound && !name.starts_with("internal-") && !name.contains("--"), "{name}");
    }
}

fn app_of(app: &'static str, name: &str) -> App {
    let route = HttpRoute::new("GET /").priority(1);
    App::new(app)
        .entrance(Entrance::load_balancer())
        .service(service(&*name.to_owned().leak(), &[]).route(route))
}

/// Every member of the entrance is what the declaration says. Where one is removed, a check notices.
#[test]
fn i8_whatever_is_deleted_of_an_entrance_is_found_missing() {
    let mut tried = 0;
    for (app, kinds) in
        [(rest_api(), "AWS::ApiGateway::"), (load_balancer(), "AWS::ElasticLoadBalancingV2::")]
    {
        let stacks = templates(&app).unwrap();
        for stack in &stacks {
            for (id, body) in stack.template["Resources"].as_object().unwrap() {
                let kind = body["Type"].as_str().unwrap();
                let leads = ["ApiPermission", "ListenerPermission", "ApiLogs"].contains(&id.as_str());
                if !kind.starts_with(kinds) && !leads {
                    continue;
                }
                for member in body["Properties"].as_object().unwrap().keys() {
                    let checks = found(&app, |stacks| {
                        let properties = resource(stacks, &stack.name, id)["Properties"].as_object_mut();
                        drop(properties.unwrap().remove(member).unwrap());
                    });
                    assert!(checks.contains("http-entrance"), "{} {id}/{member}: {checks:?}", app.name);
                    tried += 1;
                }
                let gone = found(&app, |stacks| {
                    let stack = stacks.iter_mut().find(|one| one.name == stack.name).unwrap();
                    drop(stack.template["Resources"].as_object_mut().unwrap().remove(id).unwrap());
                });
                assert!(gone.contains("http-entrance"), "{} {id}: {gone:?}", app.name);
            }
        }
    }
    assert!(tried > 80, "{tried}");
}

#[test]
fn i8_a_way_beside_the_entrance_is_noticed() {
    let checks = found(&rest_api(), |stacks| {
        let bus = &mut stacks.iter_mut().find(|one| one.name == "bus").unwrap().template["Resources"];
        bus["Open"] =
            json!({ "Type": "AWS::ApiGateway::Method", "Properties": { "AuthorizationType": "NONE" } });
    });
    assert_eq!(checks, BTreeSet::from(["http-entrance"]));
    let checks = found(&load_balancer(), |stacks| {
        let rules = of_type(stacks, "scan", "AWS::ElasticLoadBalancingV2::ListenerRule");
        let mut rule = rules[0].1.clone();
        rule["Properties"]["Actions"] =
            json!([{ "Type": "forward", "TargetGroupArn": { "Ref": "TargetGroup" } }]);
        *resource(stacks, "scan", "Open") = rule;
    });
    assert_eq!(checks, BTreeSet::from(["http-entrance"]));
    for app in [rest_api(), load_balancer()] {
        let checks = found(&app, |stacks| {
            drop(resource(stacks, "orders", "Url").as_object_mut().unwrap().remove("Condition"));
        });
        assert!(checks.contains("http-entrance"), "{}: {checks:?}", app.name);
    }
    // A function that is called by itself has no ready instance.
    let checks = found(&load_balancer(), |stacks| {
        let targets = &mut resource(stacks, "orders", "TargetGroup")["Properties"]["Targets"];
        *targets = json!([{ "Id": { "Fn::GetAtt": ["Function", "Arn"] } }]);
    });
    assert_eq!(checks, BTreeSet::from(["function-alias", "http-entrance"]));
}
