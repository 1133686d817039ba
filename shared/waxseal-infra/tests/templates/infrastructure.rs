//! What services have beside their messages, in the templates, and the checks that notice a missing part.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use waxseal::{Channel, Declared};
use waxseal_catalog::{App, Deployed, Secret, Source, Statement};
use waxseal_infra::{Finding, Stack, check, stale, templates};

use crate::support::service;

#[path = "../../examples/own_infrastructure.rs"]
#[allow(dead_code, reason = "an example is a program too")]
mod own_infrastructure;
use own_infrastructure::{app, folder};

fn resource<'a>(stacks: &'a [Stack], stack: &str, id: &str) -> &'a Value {
    &stacks.iter().find(|one| one.name == stack).unwrap().template["Resources"][id]
}

fn property<'a>(stacks: &'a [Stack], stack: &str, pointer: &str) -> &'a Value {
    let (id, rest) = pointer.split_once('/').unwrap();
    resource(stacks, stack, id)["Properties"].pointer(&format!("/{rest}")).unwrap_or(&Value::Null)
}

fn statements(stacks: &[Stack], stack: &str, role: &str) -> Vec<Value> {
    let all = property(stacks, stack, &format!("{role}/Policies/0/PolicyDocument/Statement"));
    all.as_array().unwrap().clone()
}

fn statement(stacks: &[Stack], stack: &str, sid: &str) -> Value {
    let all = statements(stacks, stack, "FunctionRole");
    all.into_iter().find(|one| one["Sid"] == sid).unwrap_or(Value::Null)
}

/// The checks with a finding, after a change of the templates.
fn found(change: impl FnOnce(&mut Vec<Stack>)) -> BTreeSet<&'static str> {
    let mut stacks = templates(&app()).unwrap();
    change(&mut stacks);
    check(&app(), &stacks).iter().map(|finding| finding.check).collect()
}

fn template<'a>(stacks: &'a mut [Stack], stack: &str) -> &'a mut Value {
    &mut stacks.iter_mut().find(|one| one.name == stack).unwrap().template
}

#[test]
fn i1_i2_i3_i4_the_example_templates_are_those_of_the_declaration_and_have_no_finding() {
    let stacks = templates(&app()).unwrap();
    let findings: Vec<String> = check(&app(), &stacks).iter().map(Finding::to_string).collect();
    assert_eq!(findings, [""; 0]);
    let stale = stale(&stacks, &folder()).unwrap();
    assert_eq!(stale, BTreeMap::new(), "run `{}` and commit tests/examples", app().command);
}

#[test]
fn i1_permissions_of_ones_own_are_written_as_declared() {
    let stacks = templates(&app()).unwrap();
    assert_eq!(
        statement(&stacks, "permit", "Own1"),
        json!({
            "Sid": "Own1", "Effect": "Allow", "Action": ["s3:GetObject"],
            "Resource": [{ "Fn::Sub": "arn:${AWS::Partition}:s3:::prices-${Stage}/*" }],
        })
    );
    assert_eq!(statement(&stacks, "permit", "Own2")["Resource"], "*");
    let condition = json!({ "StringEquals": { "ses:FromAddress": "shop@example.org" } });
    assert_eq!(statement(&stacks, "permit", "Own3")["Condition"], condition);
}

/// A name in the templates and the same name in the findings of the declaration: whatever the templates
/// make that ownership protects is reached by a statement on exactly that.
#[test]
fn i1_whatever_the_templates_make_is_protected_under_its_name_there() {
    const PLACED: Declared = Declared::new("order.placed", "orders", Channel::Bus);
    const LEVEL: Declared = Declared::new("level", "orders", Channel::Topic("levels"));
    const BIG: Declared = PLACED.claim_checked_over(Some(1000));
    let orders =
        || service("orders", &[(PLACED, &[BIG, LEVEL]), (LEVEL, &[])]).stream(Source::kinesis("clicks"));
    let stacks = templates(&App::new("shop").service(orders())).unwrap();
    let mut seen = BTreeSet::new();
    for stack in &stacks {
        for body in stack.template["Resources"].as_object().unwrap().values() {
            let properties = &body["Properties"];
            let (action, property, kind) = match body["Type"].as_str().unwrap() {
                "AWS::Events::EventBus" => ("events:PutEvents", "Name", "event-bus/"),
                "AWS::Events::Archive" => ("events:StartReplay", "ArchiveName", "archive/"),
                "AWS::DynamoDB::Table" => ("dynamodb:PutItem", "TableName", "table/"),
                "AWS::SQS::Queue" => ("sqs:SendMessage", "QueueName", ""),
                "AWS::SNS::Topic" => ("sns:Publish", "TopicName", ""),
                "AWS::S3::Bucket" => ("s3:GetObject", "BucketName", ""),
                "AWS::Lambda::Function" => ("lambda:InvokeFunction", "FunctionName", "function:"),
                _ => continue,
            };
            let (name, part) =
                (properties[property]["Fn::Sub"].as_str().unwrap(), action.split(':').next().unwrap());
            let account = if part == "s3" { ":" } else { "${AWS::Region}:${AWS::AccountId}" };
            let arn = format!("arn:${{AWS::Partition}}:{part}:{account}:{kind}{name}");
            let app = App::new("shop").service(orders().statement(Statement::allow([action]).on([&*arn])));
            let findings: Vec<String> = app.check().iter().map(ToString::to_string).collect();
            assert!(findings.iter().any(|line| line.starts_with("WX0140")), "{arn}: {findings:?}");
            seen.insert(part.to_owned());
        }
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
}

#[test]
fn i1_a_statement_that_is_missing_widened_or_reaches_too_much_is_a_finding_of_the_templates() {
    let statements = "/Resources/FunctionRole/Properties/Policies/0/PolicyDocument/Statement";
    let last = |template: &mut Value| template.pointer_mut(statements).unwrap().as_array_mut().unwrap().pop();
    let gone = found(|stacks| drop(last(template(stacks, "permit"))));
    assert_eq!(gone, BTreeSet::from(["iam-declared"]));
    // Whatever changes a declared statement makes it one of nobody's declaration.
    let widened = found(|stacks| {
        let mut statement = last(template(stacks, "permit")).unwrap();
        statement["Resource"] = json!("*");
        let all = template(stacks, "permit").pointer_mut(statements).unwrap();
        all.as_array_mut().unwrap().push(statement);
    });
    assert_eq!(widened, BTreeSet::from(["iam-declared", "iam-wildcard-resource"]));

    let reach = |action: &'static str, resource: &'static str| {
        let orders = service("orders", &[]).statement(Statement::allow([action]).on([resource]));
        let app = App::new("shop").service(orders);
        let findings = check(&app, &templates(&app).unwrap());
        findings.iter().map(|finding| finding.check).collect::<BTreeSet<_>>()
    };
    let bus = "arn:aws:events:eu-west-1:123456789012:event-bus/shop-prod-bus";
    assert!(reach("events:PutEvents", bus).contains("iam-declared"));
    let table = "arn:aws:dynamodb:eu-west-1:123456789012:table/shop-prod-orders";
    assert!(reach("dynamodb:PutItem", table).contains("iam-declared"));
}

#[test]
fn i1_a_hook_that_adds_a_permission_is_checked_as_any_template_is() {
    fn puts_events(template: &mut Value) {
        let statement = json!({ "Effect": "Allow", "Action": "events:PutEvents", "Resource": "*" });
        let statements = "/Resources/FunctionRole/Properties/Policies/0/PolicyDocument/Statement";
        template.pointer_mut(statements).unwrap().as_array_mut().unwrap().push(statement);
    }
    fn forgets(template: &mut Value) {
        template["Resources"]["Archive"]["DeletionPolicy"] = json!("Delete");
    }
    let app = App::new("shop").service(service("orders", &[]).template(puts_events)).bus_template(forgets);
    let found: BTreeSet<&str> =
        check(&app, &templates(&app).unwrap()).iter().map(|finding| finding.check).collect();
    let wanted = ["bus-retained", "catalog-stacks", "iam-put-events", "iam-wildcard-resource"];
    assert!(found.is_subset(&wanted.into()) && found.len() >= 3, "{found:?}");
}

#[test]
fn i3_a_function_may_read_its_secrets_and_is_told_their_places() {
    let stacks = templates(&app()).unwrap();
    let here = "${AWS::Region}:${AWS::AccountId}";
    let name = format!("arn:${{AWS::Partition}}:secretsmanager:{here}:secret:own/${{Stage}}/gateway-??????");
    assert_eq!(
        statement(&stacks, "secret", "Secrets"),
        json!({
            "Sid": "Secrets", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
            "Resource": [{ "Fn::Sub": name }],
        })
    );
    let parameter = format!("arn:${{AWS::Partition}}:ssm:{here}:parameter/own/${{Stage}}/smtp");
    assert_eq!(
        statement(&stacks, "secret", "SecretParameters")["Resource"],
        json!([{ "Fn::Sub": parameter }])
    );
    let key = statement(&stacks, "secret", "KeyGatewayToken");
    assert_eq!(key["Action"], "kms:Decrypt");
    assert_eq!(
        key["Condition"],
        json!({
            "StringEquals": { "kms:ViaService": { "Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}" } },
            "ForAnyValue:StringEquals": { "kms:ResourceAliases": { "Fn::Sub": "alias/own-${Stage}" } },
        })
    );
    let variables = property(&stacks, "secret", "Function/Environment/Variables");
    assert_eq!(
        variables["WAXSEAL_SECRET_GATEWAY_TOKEN"],
        json!({ "Fn::Sub": "secretsmanager:own/${Stage}/gateway" })
    );
    assert_eq!(variables["WAXSEAL_SECRET_SMTP_LOGIN"], json!({ "Fn::Sub": "ssm:/own/${Stage}/smtp" }));
    // Nothing that could be a value, and no dynamic reference.
    let text = stacks.iter().map(Stack::to_yaml).collect::<String>();
    assert!(!text.contains("{{resolve:"), "a dynamic reference");

    let here = || Secret::manager("TOKEN", "shop/token", "a token").here("hunter2");
    let stacks = templates(&App::new("shop").service(service("orders", &[]).secret(here()))).unwrap();
    assert!(stacks.iter().all(|stack| !stack.to_yaml().contains("hunter2")), "a value of this machine");
}

/// A change of one value below `Resources` of a stack, and the check that notices it.
type Change = (&'static str, &'static str, Value, &'static str);

#[test]
fn i2_i3_i4_a_part_that_is_missing_or_wrong_is_noticed() {
    let role = |sid: &str| {
        let stacks = templates(&app()).unwrap();
        let stack = if sid == "Network" { "inside" } else { "secret" };
        let at = statements(&stacks, stack, "FunctionRole").iter().position(|one| one["Sid"] == sid).unwrap();
        &*format!("FunctionRole/Properties/Policies/0/PolicyDocument/Statement/{at}").leak()
    };
    let gone = Value::Null;
    let function = json!({ "Ref": "Function" });
    let other = |sid: &str, resource: &str| json!({ "Sid": sid, "Effect": "Allow", "Action": "ssm:GetParameter", "Resource": resource });
    let changes: Vec<Change> = vec![
        ("secret", role("Secrets"), gone.clone(), "iam-secrets"),
        (
            "secret",
            role("SecretParameters"),
            other("SecretParameters", "arn:aws:ssm:eu-west-1:1:parameter/*"),
            "iam-secrets",
        ),
        ("secret", role("KeyGatewayToken"), gone.clone(), "iam-secrets"),
        (
            "secret",
            "Function/Properties/Environment/Variables/WAXSEAL_SECRET_SMTP_LOGIN",
            gone.clone(),
            "iam-secrets",
        ),
        ("scan", "Function/Properties/Layers", gone.clone(), "function-parts"),
        ("scan", "Function/Properties/EphemeralStorage", gone.clone(), "function-parts"),
        ("permit", "Function/Properties/Layers", json!(["arn:x"]), "function-parts"),
        ("scan", "Function/Properties/MemorySize", json!(512), "function-parts"),
        ("scan", "Function/Properties/Architectures/0", json!("arm64"), "function-architecture"),
        ("inside", "Function/Properties/VpcConfig", gone.clone(), "function-network"),
        ("inside", role("Network"), gone.clone(), "function-network"),
        ("permit", "Function/Properties/VpcConfig", json!({ "SubnetIds": [] }), "function-network"),
        ("ready", "FunctionAlias/Properties/ProvisionedConcurrencyConfig", gone.clone(), "function-alias"),
        ("ready", "FunctionAlias/Properties/Name", json!("other"), "function-alias"),
        ("ready", "FunctionVersion/Properties/FunctionName", json!("x"), "function-alias"),
        ("ready", "CommandsMapping/Properties/FunctionName", function.clone(), "function-alias"),
        ("link", "Url/Properties/Qualifier", gone.clone(), "function-alias"),
        ("link", "Url/DependsOn", gone.clone(), "function-alias"),
        ("link", "UrlPublic/Properties/FunctionName", function, "function-alias"),
        ("ready", "ApiIntegration/Properties/RequestParameters", gone.clone(), "http-entrance"),
        ("ready", "ApiPermission/Properties/SourceArn", gone.clone(), "http-entrance"),
        ("ready", "Url/Condition", gone.clone(), "http-entrance"),
        (
            "bus",
            "ApiStage/Properties/DefaultRouteSettings/ThrottlingRateLimit",
            gone.clone(),
            "http-entrance",
        ),
        ("bus", "ApiAuthorizer/Properties/JwtConfiguration/Audience", gone, "http-entrance"),
    ];
    let mut wrong = Vec::new();
    for (stack, path, value, wanted) in changes {
        let found = found(|stacks| {
            let path = format!("/Resources/{path}");
            let (parent, key) = path.rsplit_once('/').unwrap();
            match template(stacks, stack).pointer_mut(parent).unwrap() {
                Value::Array(items) if value.is_null() => drop(items.remove(key.parse().unwrap())),
                Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
                Value::Object(members) if value.is_null() => drop(members.remove(key).unwrap()),
                Value::Object(members) => drop(members.insert(key.to_owned(), value.clone())),
                other => panic!("{path}: {other}"),
            }
        });
        if found != BTreeSet::from([wanted]) {
            wrong.push(format!("{stack} {path} = {value}: {found:?}, not {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn i4_a_route_without_a_token_is_noticed_unless_it_is_public() {
    let stacks = templates(&app()).unwrap();
    let ready = &stacks.iter().find(|stack| stack.name == "ready").unwrap().template["Resources"];
    let routes: Vec<(&String, &Value)> = ready
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, body)| body["Type"] == "AWS::ApiGatewayV2::Route")
        .collect();
    assert_eq!(routes.len(), 3);
    for (id, body) in routes {
        let is_public = body["Properties"]["RouteKey"] == "GET /health";
        assert_eq!(body["Properties"]["AuthorizationType"], if is_public { "NONE" } else { "JWT" }, "{id}");
        let opened = found(|stacks| {
            let properties = &mut template(stacks, "ready")["Resources"][id]["Properties"];
            properties["AuthorizationType"] = json!("NONE");
            properties.as_object_mut().unwrap().remove("AuthorizerId");
        });
        let wanted = if is_public { BTreeSet::new() } else { BTreeSet::from(["http-entrance"]) };
        assert_eq!(opened, wanted, "{id}");
        let gone = found(|stacks| {
            drop(template(stacks, "ready")["Resources"].as_object_mut().unwrap().remove(id));
        });
        assert_eq!(gone, BTreeSet::from(["http-entrance"]), "{id}");
    }
    let ready: &[Deployed] = &app().services;
    assert!(ready.iter().any(|service| service.infrastructure.routes.len() == 3));
}

#[test]
fn i2_ready_instances_stand_behind_the_alias_that_everything_calls() {
    let stacks = templates(&app()).unwrap();
    let alias = json!({ "Ref": "FunctionAlias" });
    for caller in
        ["CommandsMapping/FunctionName", "ApiIntegration/IntegrationUri", "ApiPermission/FunctionName"]
    {
        assert_eq!(property(&stacks, "ready", caller), &alias, "{caller}");
    }
    assert_eq!(property(&stacks, "link", "Url/Qualifier"), "live");
    // A service without has neither.
    assert!(resource(&stacks, "permit", "FunctionAlias").is_null());
}
