//! The bucket of checked-in payloads.

use serde_json::{Value, json};

use super::{
    Report,
    look::{FUNCTION, Look, allowing, list, target, texts},
};
use crate::{
    claims,
    names::{arn, sub},
};

const BUCKET: &str = "AWS::S3::Bucket";

pub(super) fn bucket(look: &Look<'_>, report: &mut Report) {
    let named = look.within("bus", BUCKET).any(|bucket| {
        bucket.id == claims::BUCKET && bucket.get("/BucketName") == &sub(claims::name(look.app))
    });
    if claims::needed(look.app) && !named {
        report.stack("bus", "payloads are checked in, and there is no bucket for them");
    }
    for service in look.services() {
        let uses = claims::checks_in(service) || !claims::fetches_from(look.app, service).is_empty();
        let Some(function) = look.function(&service.name).filter(|_| uses) else { continue };
        let told =
            function.get("/Environment/Variables/WAXSEAL_CLAIMS") == &claims::location(look.app, service);
        report.unless(told, &function, "WAXSEAL_CLAIMS is not its part of the bucket");
    }
}

pub(super) fn private(look: &Look<'_>, report: &mut Report) {
    for bucket in look.of(BUCKET) {
        let blocks = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]
            .iter()
            .all(|what| bucket.get(&format!("/PublicAccessBlockConfiguration/{what}")) == true);
        report.unless(blocks, &bucket, "PublicAccessBlockConfiguration does not block all public access");
        let owned = bucket.get("/OwnershipControls/Rules/0/ObjectOwnership") == "BucketOwnerEnforced";
        report.unless(owned, &bucket, "ObjectOwnership is not BucketOwnerEnforced");
    }
}

pub(super) fn encrypted(look: &Look<'_>, report: &mut Report) {
    for bucket in look.of(BUCKET) {
        let rule = "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault";
        let right = bucket.get(rule) == &json!({ "SSEAlgorithm": "AES256" });
        report.unless(right, &bucket, "it is not encrypted with SSE-S3");
    }
}

pub(super) fn tls(look: &Look<'_>, report: &mut Report) {
    for bucket in look.of(BUCKET) {
        let policies = look.within(bucket.stack, "AWS::S3::BucketPolicy");
        let own = policies.filter(|policy| target(policy.get("/Bucket")) == Some(bucket.id));
        let statements: Vec<_> =
            own.flat_map(|policy| list(policy.get("/PolicyDocument/Statement"))).collect();
        let everything = [arn(bucket.id), claims::objects()];
        let denied = statements.iter().any(|statement| {
            statement["Effect"] == "Deny"
                && statement["Principal"] == "*"
                && statement["Action"] == "s3:*"
                && list(&statement["Resource"]) == everything.iter().collect::<Vec<_>>()
                && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
        });
        report.unless(denied, &bucket, "its policy does not deny what comes without TLS");
        let open = statements.iter().any(|statement| statement["Effect"] == "Allow");
        report.unless(!open, &bucket, "its policy lets somebody in: that is the roles' business");
    }
}

pub(super) fn expire(look: &Look<'_>, report: &mut Report) {
    // As long as receipts, by what the functions are told, and the day that a stream remembers.
    let receipts = look.of(FUNCTION).filter_map(|function| {
        function.get("/Environment/Variables/WAXSEAL_HORIZON_DAYS").as_str()?.parse::<u64>().ok()
    });
    let least = 1 + receipts.max().unwrap_or_default();
    for bucket in look.of(BUCKET) {
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
        report.unless(versions.is_null(), &bucket, "VersioningConfiguration keeps what has expired");
    }
}

pub(super) fn retained(look: &Look<'_>, report: &mut Report) {
    for bucket in look.of(BUCKET) {
        report.unless(bucket.retained(), &bucket, "DeletionPolicy and UpdateReplacePolicy are not Retain");
    }
}

pub(super) fn permissions(look: &Look<'_>, report: &mut Report) {
    for service in look.services() {
        for function in look.functions(&service.name) {
            let is_own = function.id == "Function";
            let stores: Vec<Value> = (is_own && claims::checks_in(service))
                .then(|| claims::objects_arn(look.app, &service.name))
                .into_iter()
                .collect();
            let fetches: Vec<Value> = claims::fetches_from(look.app, service)
                .into_iter()
                .filter(|_| is_own)
                .map(|other| claims::objects_arn(look.app, other))
                .collect();
            let lists: Vec<Value> =
                fetches.first().map(|_| claims::bucket_arn(look.app)).into_iter().collect();
            let allowed = allowing(&look.allowed(&function), "s3:");
            let wanted = [("s3:PutObject", stores), ("s3:GetObject", fetches), ("s3:ListBucket", lists)];
            let right = wanted.iter().all(|(action, resources)| on(&allowed, action) == refs(resources));
            let known = |action: &str| wanted.iter().any(|(one, _)| *one == action);
            let only = allowed.iter().flat_map(|one| texts(&one["Action"])).all(known);
            report.unless(
                right && only,
                &function,
                "what it may do with claims is not to store its own and to fetch those that it handles",
            );
        }
    }
}

/// What an action is allowed on.
fn on<'a>(statements: &[&'a Value], action: &str) -> Vec<&'a Value> {
    allowing(statements, action).into_iter().flat_map(|statement| list(&statement["Resource"])).collect()
}

fn refs(values: &[Value]) -> Vec<&Value> {
    values.iter().collect()
}
