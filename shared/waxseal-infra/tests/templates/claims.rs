//! S-42 in the templates: the bucket of checked-in payloads, its permissions, and the checks that
//! notice a missing part.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waxseal::{Channel, Declared};
use waxseal_catalog::App;
use waxseal_infra::{AppError, CHECKS, Finding, Stack, check, templates};

use crate::support::service;

const fn declared(
    name: &'static str,
    owner: &'static str,
    channel: Channel,
    over: Option<usize>,
) -> Declared {
    Declared::new(name, owner, channel).claim_checked_over(over)
}

const UPLOADED: Declared = declared("file.uploaded", "intake", Channel::Bus, None);
const IMPORTED: Declared = declared("catalog.imported", "catalog", Channel::Bus, Some(100_000));
const RENDER: Declared = declared("render-pages", "printing", Channel::Queue("printing"), Some(200_000));
const PRINTED: Declared = declared("pages.printed", "printing", Channel::Topic("pages"), None);

/// `catalog` checks in an event, `search` a command; `search` and `printing` fetch, `mail` has
/// nothing to do with it.
fn shop() -> App {
    App::new("shop")
        .service(service("catalog", &[(UPLOADED, &[IMPORTED])]))
        .service(service("search", &[(IMPORTED, &[RENDER])]))
        .service(service("printing", &[(RENDER, &[PRINTED])]))
        .service(service("mail", &[(PRINTED, &[])]))
}

fn stack<'a>(stacks: &'a [Stack], name: &str) -> &'a Value {
    &stacks.iter().find(|stack| stack.name == name).unwrap_or_else(|| panic!("no stack {name}")).template
}

fn statements<'a>(stacks: &'a [Stack], service: &str, role: &str) -> Vec<&'a Value> {
    let policy = &stack(stacks, service)["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"];
    let all = policy["Statement"].as_array().expect("statements");
    let is_of_s3 = |statement: &&Value| statement["Action"].to_string().contains("s3:");
    all.iter().filter(is_of_s3).collect()
}

fn objects(service: &str) -> Value {
    json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:s3:::shop-${{Stage}}-claims-${{AWS::AccountId}}/{service}/*") })
}

#[test]
fn s42_a_service_stores_under_its_own_name_and_fetches_what_it_handles_and_nothing_else() {
    let stacks = templates(&shop()).expect("templates");
    let list = json!({
        "Sid": "MissingClaims", "Effect": "Allow", "Action": "s3:ListBucket",
        "Resource": { "Fn::Sub": "arn:${AWS::Partition}:s3:::shop-${Stage}-claims-${AWS::AccountId}" },
    });
    let put = |service: &str| json!({ "Sid": "OwnClaims", "Effect": "Allow", "Action": "s3:PutObject", "Resource": objects(service) });
    let get = |service: &str| json!({ "Sid": "Claims", "Effect": "Allow", "Action": "s3:GetObject", "Resource": [objects(service)] });
    for (service, wanted) in [
        ("catalog", vec![put("catalog")]),
        ("search", vec![put("search"), get("catalog"), list.clone()]),
        ("printing", vec![get("search"), list]),
        ("mail", vec![]),
    ] {
        let given = statements(&stacks, service, "FunctionRole");
        assert_eq!(given, wanted.iter().collect::<Vec<_>>(), "{service}");
        let variables =
            &stack(&stacks, service)["Resources"]["Function"]["Properties"]["Environment"]["Variables"];
        let place = format!("s3://shop-${{Stage}}-claims-${{AWS::AccountId}}/{service}");
        let told = if wanted.is_empty() { Value::Null } else { json!({ "Fn::Sub": place }) };
        assert_eq!(variables["WAXSEAL_CLAIMS"], told, "{service}");
        if stack(&stacks, service)["Resources"].get("RelayRole").is_some() {
            assert!(
                statements(&stacks, service, "RelayRole").is_empty(),
                "a relay publishes the claim, not the payload"
            );
        }
    }
    assert_eq!(check(&shop(), &stacks), []);
}

#[test]
fn s42_the_bucket_is_private_encrypted_and_outlives_every_receipt() {
    let stacks = templates(&shop()).expect("templates");
    let bucket = &stack(&stacks, "bus")["Resources"]["Claims"];
    assert_eq!(
        (&bucket["DeletionPolicy"], &bucket["UpdateReplacePolicy"]),
        (&json!("Retain"), &json!("Retain"))
    );
    // Topics are the longest way: delivery 23, sweep 7, queue 4, dead letters 14; and a day in the
    // stream before.
    assert_eq!(bucket["Properties"]["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"], 49);
    let mut app = shop();
    app.retention.archive = 90;
    let stacks = templates(&app).expect("templates");
    let bucket = &stack(&stacks, "bus")["Resources"]["Claims"];
    assert_eq!(
        bucket["Properties"]["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"],
        1 + 1 + 90 + 7 + 18
    );
}

#[test]
fn s42_without_a_message_that_asks_for_it_there_is_no_bucket_and_no_permission() {
    let quiet = App::new("shop").service(service("intake", &[(PRINTED, &[UPLOADED])]));
    for stack in templates(&quiet).expect("templates") {
        let text = stack.to_yaml();
        assert!(!text.contains("S3") && !text.contains("s3:") && !text.contains("CLAIMS"), "{}", stack.name);
    }
    // A service that handles a message of another application has no bucket of ours to fetch it
    // from.
    let reader = App::new("shop").service(service("search", &[(IMPORTED, &[])]));
    let stacks = templates(&reader).expect("templates");
    assert!(statements(&stacks, "search", "FunctionRole").is_empty());
    assert!(stack(&stacks, "bus")["Resources"].get("Claims").is_none());
}

#[test]
fn s42_a_name_that_no_bucket_can_have_is_refused() {
    let mut app = shop();
    app.name = "x".repeat(27);
    let error = templates(&app).expect_err("too long");
    assert_eq!(error, AppError::Bucket { over: 1 });
    assert_eq!(
        error.to_string(),
        "the name of the bucket for claims would be 1 characters too long for S3: shorten the application's name"
    );
    app.name.pop();
    assert!(templates(&app).is_ok());
}

/// The findings after a change of one value below `Resources`. Null removes it, `-` adds to a list.
fn found(name: &str, pointer: &str, value: &Value) -> BTreeSet<&'static str> {
    let app = shop();
    let mut stacks = templates(&app).expect("templates");
    let template = &mut stacks.iter_mut().find(|stack| stack.name == name).expect("a stack").template;
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    match template["Resources"].pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {name}{parent}")) {
        Value::Object(map) if value.is_null() => drop(map.remove(last).expect("what was there")),
        Value::Object(map) => drop(map.insert(last.to_owned(), value.clone())),
        Value::Array(items) if last == "-" => items.push(value.clone()),
        Value::Array(items) if value.is_null() => drop(items.remove(last.parse().expect("an index"))),
        Value::Array(items) => items[last.parse::<usize>().expect("an index")] = value.clone(),
        other => panic!("nothing below {other}"),
    }
    check(&app, &stacks).iter().map(|finding: &Finding| finding.check).collect()
}

/// Where a role's statement of this name is.
fn statement(service: &str, sid: &str) -> String {
    let stacks = templates(&shop()).expect("templates");
    let at = "/FunctionRole/Properties/Policies/0/PolicyDocument/Statement";
    let all = stack(&stacks, service)["Resources"].pointer(at).and_then(Value::as_array).expect("statements");
    format!("{at}/{}", all.iter().position(|one| one["Sid"] == sid).expect("a statement"))
}

#[test]
fn s42_a_template_that_breaks_one_rule_of_claims_has_that_finding_and_no_other() {
    let gone = Value::Null;
    let claims = |rest: &str| format!("/Claims/Properties/{rest}");
    let rule = |rest: &str| claims(&format!("LifecycleConfiguration/Rules/0/{rest}"));
    let policy = |rest: &str| format!("/ClaimsPolicy/Properties/PolicyDocument/Statement/0{rest}");
    let variable = "/Function/Properties/Environment/Variables/WAXSEAL_CLAIMS".to_owned();
    let mutations = [
        ("claims-bucket", "catalog", variable.clone(), gone.clone()),
        ("claims-bucket", "printing", variable, json!({ "Fn::Sub": "s3://elsewhere/printing" })),
        ("claims-bucket", "bus", claims("BucketName"), json!({ "Fn::Sub": "shop-${Stage}-payloads" })),
        ("claims-private", "bus", claims("PublicAccessBlockConfiguration/BlockPublicPolicy"), json!(false)),
        ("claims-private", "bus", claims("PublicAccessBlockConfiguration"), gone.clone()),
        ("claims-private", "bus", claims("OwnershipControls"), gone.clone()),
        ("claims-encrypted", "bus", claims("BucketEncryption"), gone.clone()),
        ("claims-tls", "bus", "/ClaimsPolicy".to_owned(), gone.clone()),
        ("claims-tls", "bus", policy("/Condition"), gone.clone()),
        ("claims-tls", "bus", policy("/Resource/1"), gone.clone()),
        ("claims-expire", "bus", claims("LifecycleConfiguration"), gone.clone()),
        ("claims-expire", "bus", rule("Status"), json!("Disabled")),
        ("claims-expire", "bus", rule("Prefix"), json!("catalog/")),
        ("claims-expire", "bus", rule("ExpirationInDays"), json!(48)),
        ("claims-expire", "bus", rule("AbortIncompleteMultipartUpload"), gone.clone()),
        ("claims-expire", "bus", claims("VersioningConfiguration"), json!({ "Status": "Enabled" })),
        ("claims-retained", "bus", "/Claims/DeletionPolicy".to_owned(), gone.clone()),
        ("claims-retained", "bus", "/Claims/UpdateReplacePolicy".to_owned(), json!("Delete")),
        ("iam-claims", "catalog", statement("catalog", "OwnClaims"), gone.clone()),
        ("iam-claims", "catalog", statement("catalog", "OwnClaims") + "/Resource", objects("search")),
        (
            "iam-claims",
            "catalog",
            statement("catalog", "OwnClaims") + "/Action",
            json!(["s3:PutObject", "s3:DeleteObject"]),
        ),
        ("iam-claims", "printing", statement("printing", "Claims") + "/Resource/0", objects("*")),
        ("iam-claims", "printing", statement("printing", "Claims") + "/Resource/-", objects("catalog")),
        ("iam-claims", "printing", statement("printing", "MissingClaims"), gone.clone()),
        (
            "iam-claims",
            "mail",
            "/FunctionRole/Properties/Policies/0/PolicyDocument/Statement/-".to_owned(),
            json!({ "Sid": "Claims", "Effect": "Allow", "Action": "s3:GetObject", "Resource": objects("search") }),
        ),
        (
            "iam-claims",
            "search",
            "/RelayRole/Properties/Policies/0/PolicyDocument/Statement/-".to_owned(),
            json!({ "Sid": "Claims", "Effect": "Allow", "Action": "s3:GetObject", "Resource": [objects("catalog")] }),
        ),
        ("tags", "bus", claims("Tags/0"), gone),
    ];
    let broken: BTreeSet<&str> =
        mutations.iter().map(|(id, ..)| *id).filter(|id| id.contains("claims")).collect();
    let all: BTreeSet<&str> =
        CHECKS.iter().map(|check| check.id).filter(|id| id.contains("claims")).collect();
    assert_eq!(broken, all, "a check that no mutation breaks");
    for (id, name, pointer, value) in mutations {
        let found = found(name, &pointer, &value);
        assert_eq!(found, BTreeSet::from([id]), "{name}{pointer} = {value}");
    }
}

/// The pointers of every member and element below `value`.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.replace('/', "~1"), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (key, value) in below {
        let pointer = format!("{at}/{key}");
        pointers(value, &pointer, all);
        all.push(pointer);
    }
}

#[test]
fn s42_whatever_is_deleted_of_claims_is_found_missing() {
    let stacks = templates(&shop()).expect("templates");
    let mut all = Vec::new();
    for (name, root) in [
        ("bus", "/Claims".to_owned()),
        ("bus", "/ClaimsPolicy".to_owned()),
        ("search", statement("search", "OwnClaims")),
        ("search", statement("search", "Claims")),
        ("search", statement("search", "MissingClaims")),
        ("search", "/Function/Properties/Environment/Variables/WAXSEAL_CLAIMS".to_owned()),
    ] {
        let mut below = vec![root.clone()];
        let value = stack(&stacks, name)["Resources"].pointer(&root).expect("what is there");
        pointers(value, &root, &mut below);
        all.extend(below.into_iter().map(|pointer| (name, pointer)));
    }
    assert!(all.len() > 50, "{}", all.len());
    // A statement's name is for people.
    let noticed = |(name, pointer): &(&str, String)| {
        pointer.ends_with("/Sid") || !found(name, pointer, &Value::Null).is_empty()
    };
    let unnoticed: Vec<_> = all.into_iter().filter(|deleted| !noticed(deleted)).collect();
    assert!(unnoticed.is_empty(), "deleted, and no check noticed: {unnoticed:#?}");
}
