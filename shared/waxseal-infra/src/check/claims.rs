//! The bucket of checked-in payloads.

use serde_json::{Value, json};
use waxseal_catalog::settings::{CLAIMS, HORIZON};

use crate::{
    check::{
        index::{FUNCTION, TemplateIndex, allowing, list, target, texts},
        report::Report,
    },
    claims,
    names::{arn, sub},
    service::sources::DISCARDED,
};

const BUCKET: &str = "AWS::S3::Bucket";

pub(super) fn bucket(index: &TemplateIndex<'_>, report: &mut Report) {
    let named = index.within("bus", BUCKET).any(|bucket| {
        bucket.id == claims::BUCKET && bucket.get("/BucketName") == &sub(claims::name(index.app))
    });
    if claims::needed(index.app) && !named {
        report.stack("bus", "payloads are checked in, and there is no bucket for them");
    }
    for service in index.services() {
        let uses = claims::checks_in(service) || !claims::fetches_from(index.app, service).is_empty();
        let Some(function) = index.function(service.name()).filter(|_| uses) else { continue };
        let told = function.variable(CLAIMS.name) == &claims::location(index.app, service);
        report.unless(told, &function, format!("{} is not its part of the bucket", CLAIMS.name));
    }
}

pub(super) fn private(index: &TemplateIndex<'_>, report: &mut Report) {
    for bucket in index.of(BUCKET) {
        let blocks = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]
            .iter()
            .all(|block| bucket.get(&format!("/PublicAccessBlockConfiguration/{block}")) == true);
        report.unless(blocks, &bucket, "PublicAccessBlockConfiguration does not block all public access");
        let owned = bucket.get("/OwnershipControls/Rules/0/ObjectOwnership") == "BucketOwnerEnforced";
        report.unless(owned, &bucket, "ObjectOwnership is not BucketOwnerEnforced");
    }
}

pub(super) fn encrypted(index: &TemplateIndex<'_>, report: &mut Report) {
    for bucket in index.of(BUCKET) {
        let rule = "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault";
        let right = bucket.get(rule) == &json!({ "SSEAlgorithm": "AES256" });
        report.unless(right, &bucket, "it is not encrypted with SSE-S3");
    }
}

pub(super) fn tls(index: &TemplateIndex<'_>, report: &mut Report) {
    for bucket in index.of(BUCKET) {
        let policies = index.within(bucket.stack, "AWS::S3::BucketPolicy");
        let own = policies.filter(|policy| target(policy.get("/Bucket")) == Some(bucket.id));
        let statements: Vec<_> =
            own.flat_map(|policy| list(policy.get("/PolicyDocument/Statement"))).collect();
        let everything = [arn(bucket.id), sub(format!("${{{}.Arn}}/*", bucket.id))];
        let denied = statements.iter().any(|statement| {
            statement["Effect"] == "Deny"
                && statement["Principal"] == "*"
                && statement["Action"] == "s3:*"
                && list(&statement["Resource"]) == everything.iter().collect::<Vec<_>>()
                && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
        });
        report.unless(denied, &bucket, "its policy does not deny requests without TLS");
        let open = statements.iter().any(|statement| statement["Effect"] == "Allow");
        report.unless(!open, &bucket, "its policy allows access, which is the part of the roles");
    }
}

pub(super) fn expire(index: &TemplateIndex<'_>, report: &mut Report) {
    // As long as the receipts of the functions, and the day that a stream remembers.
    let receipts = index.of(FUNCTION).filter_map(|function| function.number(&HORIZON));
    let least = 1 + receipts.max().unwrap_or_default();
    for bucket in index.of(BUCKET).filter(|bucket| bucket.id == claims::BUCKET) {
        let rules = list(bucket.get("/LifecycleConfiguration/Rules"));
        let [rule] = rules.as_slice() else {
            report.at(&bucket, "LifecycleConfiguration is not one rule for all of it");
            continue;
        };
        let whole = ["Prefix", "Filter", "TagFilters"].iter().all(|part| rule[*part].is_null());
        let on = rule["Status"] == "Enabled" && whole;
        report.unless(on, &bucket, "its lifecycle rule is not enabled for all of it");
        let days = rule["ExpirationInDays"].as_u64();
        report.unless(days >= Some(least), &bucket, format!("ExpirationInDays is not {least} or more"));
        let parts = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"].as_u64();
        report.unless(parts.is_some(), &bucket, "parts of uploads that never end stay for ever");
        let versions = bucket.get("/VersioningConfiguration");
        report.unless(versions.is_null(), &bucket, "VersioningConfiguration keeps expired payloads");
    }
}

pub(super) fn retained(index: &TemplateIndex<'_>, report: &mut Report) {
    for bucket in index.of(BUCKET) {
        report.unless(bucket.retained(), &bucket, "DeletionPolicy and UpdateReplacePolicy are not Retain");
    }
}

pub(super) fn permissions(index: &TemplateIndex<'_>, report: &mut Report) {
    for service in index.services() {
        for function in index.functions(service.name()) {
            let is_own = function.id == "Function";
            let stores: Vec<Value> = (is_own && claims::checks_in(service))
                .then(|| claims::objects_arn(index.app, service.name()))
                .into_iter()
                .collect();
            let fetches: Vec<Value> = claims::fetches_from(index.app, service)
                .into_iter()
                .filter(|_| is_own)
                .map(|other| claims::objects_arn(index.app, other))
                .collect();
            let lists: Vec<Value> =
                fetches.first().map(|_| claims::bucket_arn(index.app)).into_iter().collect();
            let mut allowed = allowing(&index.allowed(&function), "s3:");
            // What a mapping gave up has a bucket and a check of its own.
            allowed.retain(|statement| !list(&statement["Resource"]).contains(&&arn(DISCARDED)));
            let wanted = [("s3:PutObject", stores), ("s3:GetObject", fetches), ("s3:ListBucket", lists)];
            let right = wanted.iter().all(|(action, resources)| on(&allowed, action) == refs(resources));
            let known = |action: &str| wanted.iter().any(|(one, _)| *one == action);
            let only = allowed.iter().flat_map(|one| texts(&one["Action"])).all(known);
            report.unless(
                right && only,
                &function,
                "its permissions are not exactly to store its own payloads and to fetch those of messages that it handles",
            );
        }
    }
}

/// The resources that an action is allowed on.
fn on<'a>(statements: &[&'a Value], action: &str) -> Vec<&'a Value> {
    allowing(statements, action).into_iter().flat_map(|statement| list(&statement["Resource"])).collect()
}

fn refs(values: &[Value]) -> Vec<&Value> {
    values.iter().collect()
}
