//! S-50 in the templates: the rule of a foreign event lies on its bus, the queues admit it there, and
//! the checks notice a rule on another bus.

use serde_json::{Value, json};
use waxseal::{Bus, Channel, Declared};
use waxseal_catalog::App;
use waxseal_infra::{Stack, check, templates};

use crate::support::service;

const fn foreign(name: &'static str, owner: &'static str, bus: Option<Bus>) -> Declared {
    Declared::new(name, owner, Channel::Foreign(bus))
}

const CREATED: Declared = foreign("Object Created", "aws.s3", Some(Bus::Default));
const CALLED: Declared = foreign("AWS API Call via CloudTrail", "", Some(Bus::Default));
const SIGNED_UP: Declared =
    foreign("Größe/geändert", "aws.partner/auth0.com", Some(Bus::Partner("aws.partner/auth0.com")));
const WHOLE: &str = "aws.partner/example.com/shop/orders";
const PAID: Declared = foreign("Paid", WHOLE, Some(Bus::Partner(WHOLE)));
const MOVED: Declared = foreign("com.example.Moved", "crm", Some(Bus::Application));
const PLAIN: Declared = foreign("invoice_paid", "billing", None);
const RECEIVED: Declared = Declared::new("price-list.received", "files", Channel::Bus);

fn shop() -> App {
    let handlers = [
        (CREATED, &[RECEIVED][..]),
        (CALLED, &[]),
        (SIGNED_UP, &[]),
        (PAID, &[]),
        (MOVED, &[]),
        (PLAIN, &[]),
    ];
    App::new("shop").service(service("files", &handlers)).service(service("prices", &[(RECEIVED, &[])]))
}

fn files(stacks: &[Stack]) -> Value {
    stacks.iter().find(|stack| stack.name == "files").unwrap_or_else(|| panic!("no stack")).template.clone()
}

#[test]
fn s50_the_rule_lies_on_the_bus_of_its_event_and_the_queues_admit_it_there() {
    let app = shop();
    let stacks = templates(&app).expect("templates");
    assert_eq!(check(&app, &stacks), []);
    let files = files(&stacks);
    let resources = files["Resources"].as_object().expect("resources");
    let rule = |id: &str| resources[id]["Properties"].clone();
    let application = json!({ "Fn::ImportValue": { "Fn::Sub": "shop-${Stage}-bus-name" } });
    for (id, bus) in [
        ("OnAwsS3ObjectCreated", Value::Null),
        ("OnAWSAPICallViaCloudTrail", Value::Null),
        ("OnAwsPartnerAuth0ComGrEGeNdert", json!({ "Ref": "PartnerBusAuth0Com" })),
        ("OnAwsPartnerExampleComShopOrdersPaid", json!({ "Ref": "PartnerBusExampleComShopOrders" })),
        ("OnCrmComExampleMoved", application),
    ] {
        assert_eq!(rule(id)["EventBusName"], bus, "{id}");
    }
    let rules = resources.values().filter(|resource| resource["Type"] == "AWS::Events::Rule");
    assert_eq!(rules.count(), 5, "what has no bus has no rule");
    assert_eq!(
        rule("OnAwsS3ObjectCreated")["EventPattern"],
        json!({ "source": ["aws.s3"], "detail-type": ["Object Created"] })
    );
    assert_eq!(
        rule("OnAwsPartnerAuth0ComGrEGeNdert")["EventPattern"]["source"],
        json!([{ "prefix": "aws.partner/auth0.com" }])
    );

    let named = |id: &str| rule(id)["Name"]["Fn::Sub"].as_str().expect("a name").to_owned();
    for id in ["OnAwsS3ObjectCreated", "OnAwsPartnerAuth0ComGrEGeNdert"] {
        let name = named(id).replace("${Stage}", "s");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)), "{name}");
        assert!(name.len() <= 64 - 15, "{name}");
    }
    let policy = files["Resources"]["EventsPolicy"].to_string();
    let arn = |bus: &str, id: &str| {
        format!(
            "arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{bus}{}\"",
            named(id)
        )
    };
    for (bus, id) in [
        ("", "OnAwsS3ObjectCreated"),
        ("${PartnerBusAuth0Com}/", "OnAwsPartnerAuth0ComGrEGeNdert"),
        ("shop-${Stage}-bus/", "OnCrmComExampleMoved"),
    ] {
        assert!(policy.contains(&arn(bus, id)), "{id}: {policy}");
    }
    assert_eq!(files["Parameters"]["PartnerBusAuth0Com"]["Default"], Value::Null, "a stage brings it");
    assert_eq!(files["Parameters"]["PartnerBusExampleComShopOrders"]["Default"], json!(WHOLE));
}

#[test]
fn s50_a_rule_on_another_bus_is_found() {
    let app = shop();
    let application = json!({ "Fn::ImportValue": { "Fn::Sub": "shop-${Stage}-bus-name" } });
    for (id, bus) in [
        ("OnAwsS3ObjectCreated", application),
        ("OnAwsPartnerAuth0ComGrEGeNdert", Value::Null),
        ("OnAwsPartnerAuth0ComGrEGeNdert", json!({ "Ref": "PartnerBusExampleComShopOrders" })),
        ("OnCrmComExampleMoved", json!("default")),
        ("OnCrmComExampleMoved", Value::Null),
    ] {
        let mut stacks = templates(&app).expect("templates");
        for stack in stacks.iter_mut().filter(|stack| stack.name == "files") {
            stack.template["Resources"][id]["Properties"]["EventBusName"] = bus.clone();
        }
        let found: Vec<_> = check(&app, &stacks).into_iter().map(|finding| finding.check).collect();
        assert!(found.contains(&"rule-bus"), "{id} on {bus}: {found:?}");
    }
}
