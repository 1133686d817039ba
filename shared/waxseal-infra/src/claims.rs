//! The bucket of checked-in payloads (S-42), where an event or a command asks for one.
//!
//! The application has one bucket, in the stack that all services share, with a prefix for each
//! service. The stacks of a sender and a reader then wait for that stack and never for each other.
//! Bucket names are global, so one name is enough. Permissions follow the prefixes: a service
//! stores under its own name, and fetches the payloads of messages that it handles.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waxseal_catalog::{App, Deployed};

use crate::names::{self, LONGEST_STAGE, arn, reference, sub, tags};

/// The bucket's logical id.
pub(crate) const BUCKET: &str = "Claims";

/// Longest name of a bucket. Source: S3 user guide, "General purpose bucket naming rules".
const LONGEST_NAME: usize = 63;
/// Digits of an account.
const ACCOUNT: usize = 12;

/// A late relay publishes payloads that were checked in up to a day before: a stream remembers for
/// that long.
const STREAM_DAYS: u32 = 1;

/// Whether a service checks in payloads of messages that it emits or sends.
pub(crate) fn checks_in(service: &Deployed) -> bool {
    service.catalog().iter().flat_map(|entry| entry.emits).any(|declared| declared.claim_check_over.is_some())
}

/// The services whose payloads a service fetches: those that check in messages that it handles.
pub(crate) fn fetches_from<'a>(app: &'a App, service: &Deployed) -> BTreeSet<&'a str> {
    let handles: BTreeSet<&str> = service.catalog().iter().map(|entry| entry.consumes.name).collect();
    let stores = |other: &&Deployed| {
        let emits = other.catalog().iter().flat_map(|entry| entry.emits);
        emits.into_iter().any(|one| one.claim_check_over.is_some() && handles.contains(one.name))
    };
    app.services.iter().filter(stores).map(Deployed::name).collect()
}

/// Whether a service of the application checks payloads in.
pub(crate) fn needed(app: &App) -> bool {
    app.services.iter().any(checks_in)
}

/// `shop-${Stage}-claims-${AWS::AccountId}`, for `Fn::Sub`. Bucket names are global, so the account
/// is in it.
pub(crate) fn name(app: &App) -> String {
    format!("{}-${{AWS::AccountId}}", names::named(app, "claims"))
}

/// The number of characters that the bucket's name is too long by, with the longest stage.
pub(crate) fn too_long(app: &App) -> Option<usize> {
    let length = app.name.len() + LONGEST_STAGE + ACCOUNT + "--claims-".len();
    (needed(app) && length > LONGEST_NAME).then(|| length - LONGEST_NAME)
}

/// Where a service's function stores, as `waxseal-aws` reads it.
pub(crate) fn location(app: &App, service: &Deployed) -> Value {
    sub(format!("s3://{}/{}", name(app), service.name()))
}

/// The ARN of the bucket, from another stack.
pub(crate) fn bucket_arn(app: &App) -> Value {
    sub(format!("arn:${{AWS::Partition}}:s3:::{}", name(app)))
}

/// The ARN of everything that a service stores.
pub(crate) fn objects_arn(app: &App, service: &str) -> Value {
    sub(format!("arn:${{AWS::Partition}}:s3:::{}/{service}/*", name(app)))
}

/// The days that a payload is kept: until the last message that could name it has arrived for the
/// last time.
pub(crate) fn days(app: &App) -> u32 {
    let checked_in =
        app.services.iter().flat_map(|service| service.catalog().iter().flat_map(|entry| entry.emits));
    let published =
        checked_in.filter(|one| one.claim_check_over.is_some()).map(|one| app.arrivals(one.channel));
    let received = app.services.iter().map(|service| app.horizon(service));
    STREAM_DAYS + published.chain(received).max().unwrap_or_default()
}

/// The bucket and its policy.
pub(crate) fn resources(app: &App) -> [(&'static str, Value); 2] {
    let bucket = json!({
        "Type": "AWS::S3::Bucket",
        // A claim that is still under way names an object of it.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BucketName": sub(name(app)),
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
            // No access log: a handful of roles may read, and CloudTrail can record their requests.
            // No versions: a key is the hash of its payload, so a second version would hold the
            // same bytes, and would stay when the first one leaves. Storing a payload again begins
            // its time anew.
            "LifecycleConfiguration": {
                "Rules": [{
                    "Status": "Enabled",
                    "ExpirationInDays": days(app),
                    "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 1 },
                }],
            },
            "Tags": tags(&app.name, "bus"),
        },
    });
    let policy = json!({
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": reference(BUCKET),
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [arn(BUCKET), objects()],
                    "Condition": { "Bool": { "aws:SecureTransport": "false" } },
                }],
            },
        },
    });
    [(BUCKET, bucket), ("ClaimsPolicy", policy)]
}

/// Everything in the bucket, from its own stack.
pub(crate) fn objects() -> Value {
    sub(format!("${{{BUCKET}.Arn}}/*"))
}

/// The statements that a function's role needs for payloads.
pub(crate) fn statements(app: &App, service: &Deployed) -> Vec<Value> {
    let mut statements = Vec::new();
    if checks_in(service) {
        statements.push(json!({
            "Sid": "OwnClaims",
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": objects_arn(app, service.name()),
        }));
    }
    let from = fetches_from(app, service);
    if !from.is_empty() {
        statements.push(json!({
            "Sid": "Claims",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": from.iter().map(|other| objects_arn(app, other)).collect::<Vec<_>>(),
        }));
        statements.push(json!({
            // Without it S3 answers "forbidden" for a missing payload. A condition on the prefix
            // would never hold, since only listing has one. Names are hashes.
            "Sid": "MissingClaims",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket_arn(app),
        }));
    }
    statements
}
