//! The sources that others fill, in the templates: a mapping for each, and the checks that notice a missing part.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waxseal::{Channel, Declared, Filter, catalog::Entry};
use waxseal_catalog::{App, Deployed, FifoQueue, Source, StartingPosition};
use waxseal_infra::{CHECKS, Stack, check, templates};

use crate::support::service;

const SEEN: Declared = Declared::new("page.seen", "clicks", Channel::Foreign(None));

fn reports() -> Deployed {
    service("reports", &[(SEEN, &[])])
        .stream(Source::kinesis("clicks").batch(500).window(2).parallel(4).max_age(3600))
        .stream(Source::table("customers").starting_at(StartingPosition::Latest))
        .stream(Source::msk("orders").provisioned(1, 3))
        .stream(Source::kafka("legacy"))
        .stream(Source::bucket("uploads"))
}

fn shop(reports: Deployed) -> App {
    App::new("shop").service(reports)
}

fn resource<'a>(stacks: &'a [Stack], id: &str) -> &'a Value {
    let stack = stacks.iter().find(|stack| stack.name == "reports").unwrap();
    &stack.template["Resources"][id]["Properties"]
}

fn findings(app: &App, stacks: &[Stack]) -> BTreeSet<&'static str> {
    check(app, stacks)
        .into_iter()
        .map(|finding| finding.check)
        .filter(|check| !check.starts_with("catalog-"))
        .collect()
}

#[test]
fn s66_no_mapping_holds_a_filter() {
    let filtered = Entry::new("reports", "count", SEEN, &[]).filtered(Filter::new(r#"{"country":["DE"]}"#));
    let reports = Deployed::of_catalog("reports", vec![filtered])
        .stream(Source::kinesis("clicks"))
        .stream(Source::table("customers"))
        .fifo(FifoQueue::new("bookings"));
    let stacks = templates(&shop(reports)).unwrap();
    let stack = stacks.iter().find(|stack| stack.name == "reports").unwrap();
    let resources = stack.template["Resources"].as_object().unwrap().values();
    let mappings: Vec<&Value> =
        resources.filter(|resource| resource["Type"] == "AWS::Lambda::EventSourceMapping").collect();
    assert!(mappings.len() >= 3, "{mappings:?}");
    assert!(mappings.iter().all(|mapping| mapping["Properties"]["FilterCriteria"].is_null()), "{mappings:?}");
}

#[test]
fn s62_each_source_has_its_mapping_and_its_destination() {
    let app = shop(reports());
    let stacks = templates(&app).unwrap();
    assert_eq!(findings(&app, &stacks), BTreeSet::new());
    let kinesis = resource(&stacks, "KinesisClicksMapping");
    assert_eq!(
        *kinesis,
        json!({
            "FunctionName": { "Ref": "Function" },
            "EventSourceArn": { "Ref": "KinesisClicksArn" },
            "BatchSize": 500,
            "MaximumBatchingWindowInSeconds": 2,
            "ParallelizationFactor": 4,
            "StartingPosition": "TRIM_HORIZON",
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "BisectBatchOnFunctionError": true,
            "MaximumRecordAgeInSeconds": 3600,
            "MaximumRetryAttempts": -1,
            "DestinationConfig": { "OnFailure": { "Destination": { "Fn::GetAtt": ["Discarded", "Arn"] } } },
        })
    );
    assert_eq!(resource(&stacks, "TableCustomersMapping")["StartingPosition"], "LATEST");
    let msk = resource(&stacks, "MskOrdersMapping");
    assert_eq!(msk["ProvisionedPollerConfig"], json!({ "MinimumPollers": 1, "MaximumPollers": 3 }));
    assert_eq!(
        (&msk["Topics"], &msk["FunctionResponseTypes"]),
        (&json!(["orders"]), &json!(["ReportBatchItemFailures"]))
    );
    // On-demand Kafka knows neither partial responses nor an age.
    let kafka = resource(&stacks, "KafkaLegacyMapping");
    for absent in [
        "FunctionResponseTypes",
        "MaximumRecordAgeInSeconds",
        "BisectBatchOnFunctionError",
        "DestinationConfig",
    ] {
        assert!(kafka[absent].is_null(), "{absent}");
    }
    let statements = resource(&stacks, "EventsPolicy")["PolicyDocument"]["Statement"].as_array().unwrap();
    let buckets = statements.iter().find(|statement| statement["Sid"] == "Buckets").unwrap();
    assert_eq!(
        buckets["Condition"]["ArnEquals"]["aws:SourceArn"],
        json!([{ "Fn::Sub": "arn:${AWS::Partition}:s3:::${BucketUploadsName}" }])
    );
}

#[test]
fn s62_a_function_knows_the_age_that_its_first_mapping_gives_up_at_and_what_kafka_reads() {
    let variables = |reports: Deployed| {
        let stacks = templates(&shop(reports)).unwrap();
        let variables = resource(&stacks, "Function")["Environment"]["Variables"].clone();
        (variables["WAXSEAL_MAX_RECORD_AGE_SECONDS"].clone(), variables["WAXSEAL_KAFKA_RESPONSES"].clone())
    };
    // One of the two topics is on demand: a partial response would lose its records.
    assert_eq!(variables(reports()), (json!("3600"), Value::Null));
    let provisioned = service("reports", &[(SEEN, &[])]).stream(Source::msk("orders").provisioned(1, 3));
    assert_eq!(variables(provisioned), (json!("7200"), json!("partial")));
    assert_eq!(variables(service("reports", &[(SEEN, &[])])), (Value::Null, Value::Null));
}

#[test]
fn s62_a_missing_part_of_a_source_is_noticed() {
    let app = shop(reports());
    let mut broken = BTreeSet::new();
    for (path, value, found) in [
        ("KinesisClicksMapping", Value::Null, "source-mapping"),
        ("KinesisClicksMapping/Properties/BatchSize", json!(1), "source-mapping"),
        ("KinesisClicksMapping/Properties/ParallelizationFactor", Value::Null, "source-mapping"),
        ("TableCustomersMapping/Properties/EventSourceArn", json!({"Ref": "Stage"}), "source-mapping"),
        ("KafkaLegacyMapping/Properties/FunctionName", json!({"Ref": "Other"}), "source-mapping"),
        ("KinesisClicksMapping/Properties/MaximumRecordAgeInSeconds", json!(60), "source-age"),
        ("KinesisClicksMapping/Properties/MaximumRetryAttempts", json!(3), "source-age"),
        ("MskOrdersMapping/Properties/MaximumRetryAttempts", json!(-1), "source-age"),
        ("KinesisClicksMapping/Properties/BisectBatchOnFunctionError", json!(false), "source-bisect"),
        ("MskOrdersMapping/Properties/DestinationConfig", Value::Null, "source-discarded"),
        ("Discarded/DeletionPolicy", json!("Delete"), "source-discarded"),
        (
            "Discarded/Properties/PublicAccessBlockConfiguration/BlockPublicAcls",
            json!(false),
            "source-discarded",
        ),
        ("KinesisClicksMapping/Properties/FunctionResponseTypes", Value::Null, "mapping-partial-responses"),
        ("MskOrdersMapping/Properties/FunctionResponseTypes", Value::Null, "mapping-partial-responses"),
    ] {
        let mut stacks = templates(&app).unwrap();
        let stack = stacks.iter_mut().find(|stack| stack.name == "reports").unwrap();
        let (parent, last) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = if parent.is_empty() { "/Resources".to_owned() } else { format!("/Resources/{parent}") };
        let parent = stack.template.pointer_mut(&parent).unwrap().as_object_mut().unwrap();
        match value {
            Value::Null => drop(parent.remove(last)),
            value => drop(parent.insert(last.to_owned(), value)),
        }
        let all = findings(&app, &stacks);
        assert!(all.contains(found), "{path}: {all:?}");
        broken.insert(found);
    }
    for source in [Source::table("customers").max_age(86_401), Source::kinesis("clicks").parallel(11)] {
        let app = shop(service("reports", &[(SEEN, &[])]).stream(source));
        assert!(findings(&app, &templates(&app).unwrap()).contains("source-limits"));
        broken.insert("source-limits");
    }
    let checks: BTreeSet<&str> =
        CHECKS.iter().map(|check| check.id).filter(|id| id.starts_with("source-")).collect();
    assert!(checks.is_subset(&broken), "{checks:?} {broken:?}");
}
