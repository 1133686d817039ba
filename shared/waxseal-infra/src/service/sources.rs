//! The sources that others fill: their mappings, the permissions to read them, and the bucket of what a mapping gave up.
//!
//! A source is somebody else's, so a parameter of the stack says where it is. The payload of a discarded batch is kept in a bucket of
//! the stack: a queue would get the batch's place alone, and a stream forgets. Our own dead letters come before that, so the bucket
//! holds what no run could answer for: a function that crashes, or is throttled for hours. Source: Lambda developer guide, "Retain
//! discarded batch records for a Kinesis Data Streams event source", and the same for DynamoDB and Kafka.

use serde_json::{Map, Value, json};
use waxseal_catalog::{App, Source, SourceKind, StartingPosition};

use crate::{
    names::{self, LONGEST_STAGE, arn, attribute, pascal, reference, sub},
    service::{alias, builder::StackBuilder},
};

/// The logical id of the bucket of discarded batches.
pub(crate) const DISCARDED: &str = "Discarded";

/// The logical id of a source's mapping.
pub(crate) fn mapping_id(source: &Source) -> String {
    format!("{}Mapping", id(source))
}

/// The part of logical ids and parameters that names a source: `KinesisClicks`.
fn id(source: &Source) -> String {
    let kind = match source.kind {
        SourceKind::Kinesis => "Kinesis",
        SourceKind::Msk => "Msk",
        SourceKind::Kafka => "Kafka",
        SourceKind::Table => "Table",
        _ => "Bucket",
    };
    format!("{kind}{}", pascal(&source.name))
}

/// The parameter that says where a source is.
pub(crate) fn place(source: &Source) -> String {
    let what = match source.kind {
        SourceKind::Bucket => "Name",
        SourceKind::Msk => "ClusterArn",
        SourceKind::Kafka => "Servers",
        _ => "Arn",
    };
    format!("{}{what}", id(source))
}

/// The parameter of the secret that a self-managed cluster asks for.
fn secret(source: &Source) -> String {
    format!("{}SecretArn", id(source))
}

/// The parameters of a stack for its sources.
pub(super) fn parameters(sources: &[Source]) -> Vec<(String, Value)> {
    let mut parameters = Vec::new();
    for source in sources {
        let name = &source.name;
        let (kind, about) = match source.kind {
            SourceKind::Kinesis => {
                ("String", format!("The ARN of the Kinesis stream {name}, or of a consumer of it"))
            }
            SourceKind::Msk => ("String", format!("The ARN of the MSK cluster with the topic {name}")),
            SourceKind::Kafka => (
                "CommaDelimitedList",
                format!("The bootstrap servers, host:port, of the cluster with the topic {name}"),
            ),
            SourceKind::Table => ("String", format!("The ARN of the stream of the table {name}")),
            _ => (
                "String",
                format!("The name of the bucket {name}, whose notifications go to the queue of events"),
            ),
        };
        parameters.push((place(source), json!({ "Type": kind, "Description": about })));
        if source.kind == SourceKind::Kafka {
            let about = format!(
                "The ARN of the secret with the SASL/SCRAM user of the cluster with the topic {name}"
            );
            parameters.push((secret(source), json!({ "Type": "String", "Description": about })));
        }
    }
    parameters
}

/// What the function's role may do on its sources.
pub(super) fn statements(sources: &[Source]) -> Vec<Value> {
    let mut statements: Vec<Value> = sources.iter().flat_map(reads).collect();
    if sources.iter().any(Source::has_partial_responses) {
        // Lambda asks for the list before it writes.
        statements.push(json!({
            "Sid": "Discarded",
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:ListBucket"],
            "Resource": [arn(DISCARDED), discarded_objects()],
        }));
    }
    statements
}

fn reads(source: &Source) -> Vec<Value> {
    let allow = |what: &str, actions: &[&str], resource: Value| json!({ "Sid": format!("{}{what}", id(source)), "Effect": "Allow", "Action": actions, "Resource": resource });
    let place = || reference(&place(source));
    let network = || {
        // The pollers of a cluster live in its network. EC2 knows no resources for these.
        let actions = [
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ];
        allow("Network", &actions, json!("*"))
    };
    match source.kind {
        SourceKind::Kinesis => vec![allow(
            "",
            &[
                "kinesis:DescribeStream",
                "kinesis:DescribeStreamSummary",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
                "kinesis:SubscribeToShard",
            ],
            place(),
        )],
        SourceKind::Table => vec![allow(
            "",
            &[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ],
            place(),
        )],
        SourceKind::Msk => {
            vec![allow("", &["kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"], place()), network()]
        }
        SourceKind::Kafka => {
            vec![allow("", &["secretsmanager:GetSecretValue"], reference(&secret(source))), network()]
        }
        _ => Vec::new(),
    }
}

pub(super) fn add(builder: &mut StackBuilder<'_>) {
    let sources = builder.routes.sources.clone();
    for source in sources.iter().filter(|source| source.has_mapping()) {
        builder.add(mapping_id(source), mapping(source, alias::called(builder.service)));
    }
    if sources.iter().any(Source::has_partial_responses) {
        let bucket = discarded(builder);
        builder.add(DISCARDED, bucket);
        builder.add(format!("{DISCARDED}Policy"), policy());
        builder.output(DISCARDED, reference(DISCARDED));
    }
}

fn mapping(source: &Source, called: Value) -> Value {
    let mut properties = Map::from_iter([
        ("FunctionName".to_owned(), called),
        ("BatchSize".to_owned(), json!(source.batch)),
        ("MaximumBatchingWindowInSeconds".to_owned(), json!(source.window)),
        (
            "StartingPosition".to_owned(),
            json!(match source.start {
                StartingPosition::Latest => "LATEST",
                _ => "TRIM_HORIZON",
            }),
        ),
    ]);
    if source.has_partial_responses() {
        properties.extend([
            ("FunctionResponseTypes".to_owned(), json!(["ReportBatchItemFailures"])),
            ("BisectBatchOnFunctionError".to_owned(), json!(true)),
            ("MaximumRecordAgeInSeconds".to_owned(), json!(source.max_age)),
            // The age ends it, and our own dead letter comes before. With a destination Kafka would end after ten tries
            // unless told. Source: Lambda developer guide, "Configuring error handling controls for Kafka event sources".
            ("MaximumRetryAttempts".to_owned(), json!(if source.is_kafka() { 10_000 } else { -1 })),
            ("DestinationConfig".to_owned(), json!({ "OnFailure": { "Destination": arn(DISCARDED) } })),
        ]);
    }
    let place = reference(&place(source));
    let group = sub(format!("${{AWS::StackName}}-{}", source.name));
    match source.kind {
        SourceKind::Msk => properties.extend([
            ("EventSourceArn".to_owned(), place),
            ("Topics".to_owned(), json!([source.name])),
            ("AmazonManagedKafkaEventSourceConfig".to_owned(), json!({ "ConsumerGroupId": group })),
        ]),
        SourceKind::Kafka => properties.extend([
            ("SelfManagedEventSource".to_owned(), json!({ "Endpoints": { "KafkaBootstrapServers": place } })),
            ("Topics".to_owned(), json!([source.name])),
            ("SelfManagedKafkaEventSourceConfig".to_owned(), json!({ "ConsumerGroupId": group })),
            (
                "SourceAccessConfigurations".to_owned(),
                json!([{ "Type": "SASL_SCRAM_512_AUTH", "URI": reference(&secret(source)) }]),
            ),
        ]),
        _ => properties.extend([
            ("EventSourceArn".to_owned(), place),
            ("ParallelizationFactor".to_owned(), json!(source.parallel)),
        ]),
    }
    if let Some((least, most)) = source.pollers {
        let pollers = json!({ "MinimumPollers": least, "MaximumPollers": most });
        properties.insert("ProvisionedPollerConfig".to_owned(), pollers);
    }
    json!({ "Type": "AWS::Lambda::EventSourceMapping", "Properties": properties })
}

/// The ARN of everything in the bucket of discarded batches.
pub(crate) fn discarded_objects() -> Value {
    sub(format!("${{{DISCARDED}.Arn}}/*"))
}

/// The name of a service's bucket of discarded batches, for `Fn::Sub`, and its length with the longest stage. Bucket names are
/// global, so the account is in it.
pub(crate) fn name_of_discarded(app: &App, service: &str) -> (String, usize) {
    const ACCOUNT: usize = 12;
    let name = format!("{}-${{AWS::AccountId}}", names::named(app, &format!("{service}-discarded")));
    (name, app.name.len() + LONGEST_STAGE + service.len() + "---discarded".len() + ACCOUNT)
}

fn discarded(builder: &StackBuilder<'_>) -> Value {
    json!({
        "Type": "AWS::S3::Bucket",
        // What a mapping gave up is the last copy of its records.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BucketName": sub(name_of_discarded(builder.app, builder.service.name()).0),
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } },
                ],
            },
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true,
                "BlockPublicPolicy": true,
                "IgnorePublicAcls": true,
                "RestrictPublicBuckets": true,
            },
            "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
            "LifecycleConfiguration": {
                "Rules": [{
                    "Status": "Enabled",
                    "ExpirationInDays": builder.app.retention.dead_letters,
                    "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 1 },
                }],
            },
            "Tags": builder.tags(),
        },
    })
}

fn policy() -> Value {
    json!({
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": reference(DISCARDED),
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [attribute(DISCARDED, "Arn"), discarded_objects()],
                    "Condition": { "Bool": { "aws:SecureTransport": "false" } },
                }],
            },
        },
    })
}

/// The statement of a queue's policy that lets the buckets notify it, in this account alone.
pub(super) fn notifications(sources: &[Source], queue: &str) -> Option<Value> {
    let buckets: Vec<Value> = sources
        .iter()
        .filter(|source| source.kind == SourceKind::Bucket)
        .map(|source| sub(format!("arn:${{AWS::Partition}}:s3:::${{{}}}", place(source))))
        .collect();
    (!buckets.is_empty()).then(|| {
        json!({
            "Sid": "Buckets",
            "Effect": "Allow",
            "Principal": { "Service": "s3.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": arn(queue),
            "Condition": {
                "ArnEquals": { "aws:SourceArn": buckets },
                "StringEquals": { "aws:SourceAccount": reference("AWS::AccountId") },
            },
        })
    })
}
