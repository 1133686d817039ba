//! The bucket that large payloads are checked in to (S-42), where an event or a command asks for it.
//!
//! One for the application, in the stack that everybody shares, with a prefix for each service: who checks in and who fetches
//! then wait for that stack and never for each other, and a bucket's name, of which there is one in the world, is found once. Who
//! may do what is said by prefix: a service stores under its own name, and fetches what those store whose messages it handles.

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

/// A relay that is late publishes what was checked in up to a day before, as long as its stream remembers.
const STREAM_DAYS: u32 = 1;

/// Whether what a service emits or sends is checked in.
pub(crate) fn checks_in(service: &Deployed) -> bool {
    service.catalog().iter().flat_map(|entry| entry.emits).any(|declared| declared.claim_check_over.is_some())
}

/// The services whose payloads a service has to fetch: those that check in what it handles.
pub(crate) fn fetches_from<'a>(app: &'a App, service: &Deployed) -> BTreeSet<&'a str> {
    let handles: BTreeSet<&str> = service.catalog().iter().map(|entry| entry.consumes.name).collect();
    let stores = |other: &&Deployed| {
        let emits = other.catalog().iter().flat_map(|entry| entry.emits);
        emits.into_iter().any(|one| one.claim_check_over.is_some() && handles.contains(one.name))
    };
    app.services.iter().filter(stores).map(Deployed::name).collect()
}

/// Whether anybody checks anything in.
pub(crate) fn needed(app: &App) -> bool {
    app.services.iter().any(checks_in)
}

/// `shop-${Stage}-claims-${AWS::AccountId}`, for `Fn::Sub`: names of buckets are the world's, so the account is in it.
pub(crate) fn name(app: &App) -> String {
    format!("{}-${{AWS::AccountId}}", names::named(app, "claims"))
}

/// By how many characters the bucket's name would be too long, with the longest stage.
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

/// How long a payload is kept: until the last message that could name it has come for the last time.
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
        // A claim that is still under way names what is in it.
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
            // No access log: who may read is a handful of roles, and CloudTrail can record what they do.
            // No versions: a key is the hash of what lies there, so a second one would be the same bytes, and would stay when the
            // first one leaves. To store a payload again begins its time anew.
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

/// What a function's role needs for them.
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
            // Without it S3 says of a payload that is missing that it is forbidden. A condition on the prefix would never hold: only
            // listing has one. Names are hashes.
            "Sid": "MissingClaims",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket_arn(app),
        }));
    }
    statements
}
