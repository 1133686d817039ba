//! The mappings of streams and topics.

use serde_json::Value;
use waxseal_catalog::{Source, SourceKind, settings::MAX_AGE};

use crate::{
    check::{
        index::{MAPPING, Resource, TemplateIndex, allows, target},
        report::Report,
    },
    names::arn,
    service::sources::{DISCARDED, discarded_objects, mapping_id, name_of_discarded, place},
};

/// Each declared source with its function and its mapping.
fn mapped<'a>(index: &'a TemplateIndex<'a>) -> Vec<(Resource<'a>, &'a Source, Option<Resource<'a>>)> {
    let mut found = Vec::new();
    for (service, routes) in index.routes() {
        let Some(function) = index.function(service) else { continue };
        for source in routes.sources.iter().filter(|source| source.has_mapping()) {
            let id = mapping_id(source);
            let mapping = index.within(service, MAPPING).find(|mapping| mapping.id == id);
            found.push((function, source, mapping));
        }
    }
    found
}

pub(super) fn mapping(index: &TemplateIndex<'_>, report: &mut Report) {
    for (function, source, mapping) in mapped(index) {
        let Some(mapping) = mapping else {
            report.at(&function, format!("no mapping reads {}", source.name));
            continue;
        };
        report.unless(
            index.called(&mapping, "/FunctionName") == Some(function.id),
            &mapping,
            "it feeds another function",
        );
        let numbers = [("BatchSize", source.batch), ("MaximumBatchingWindowInSeconds", source.window)];
        for (member, number) in numbers {
            let same = mapping.get(&format!("/{member}")).as_u64() == Some(number.into());
            report.unless(same, &mapping, format!("{member} is not {number}"));
        }
        let servers = mapping.get("/SelfManagedEventSource/Endpoints/KafkaBootstrapServers");
        let read = [mapping.get("/EventSourceArn"), servers].into_iter().find(|value| !value.is_null());
        let right = read.and_then(target) == Some(&*place(source));
        report.unless(right, &mapping, format!("its source is not the parameter {}", place(source)));
        let parallel = mapping.get("/ParallelizationFactor").as_u64();
        let same = source.is_kafka() || parallel == Some(source.parallel.into());
        report.unless(same, &mapping, format!("ParallelizationFactor is not {}", source.parallel));
    }
}

pub(super) fn limits(index: &TemplateIndex<'_>, report: &mut Report) {
    for (function, source, _) in mapped(index) {
        let longest = if source.kind == SourceKind::Table { 86_400 } else { 604_800 };
        let right = (60..=longest).contains(&source.max_age) && (1..=10).contains(&source.parallel);
        let what = format!("{}: an age is 60 to {longest} s, and batches at once are 1 to 10", source.name);
        report.unless(right, &function, what);
    }
    for service in
        index.services().filter(|service| service.sources.iter().any(Source::has_partial_responses))
    {
        let Some(function) = index.function(service.name()) else { continue };
        let length = name_of_discarded(index.app, service.name()).1;
        let what = format!("the name of its bucket of discarded batches has {length} characters: 63 at most");
        report.unless(length <= 63, &function, what);
    }
}

pub(super) fn age(index: &TemplateIndex<'_>, report: &mut Report) {
    for (function, source, mapping) in mapped(index) {
        let told = function.number(&MAX_AGE);
        report.unless(told.is_some(), &function, format!("{} is not stated", MAX_AGE.name));
        let Some(mapping) = mapping.filter(|_| source.has_partial_responses()) else { continue };
        let age = mapping.get("/MaximumRecordAgeInSeconds").as_u64();
        let later = age.is_some_and(|age| told.is_none_or(|told| told <= age));
        report.unless(later, &mapping, format!("MaximumRecordAgeInSeconds is not {} or more", MAX_AGE.name));
        // A mapping that ends by tries may end before the age.
        let tries = mapping.get("/MaximumRetryAttempts").as_i64();
        let patient = tries == Some(if source.is_kafka() { 10_000 } else { -1 });
        report.unless(patient, &mapping, "MaximumRetryAttempts ends before the age does");
    }
}

pub(super) fn bisect(index: &TemplateIndex<'_>, report: &mut Report) {
    for (_, source, mapping) in mapped(index) {
        let Some(mapping) = mapping.filter(|_| source.has_partial_responses()) else { continue };
        let bisects = mapping.get("/BisectBatchOnFunctionError") == true;
        report.unless(bisects, &mapping, "BisectBatchOnFunctionError is not true");
    }
}

pub(super) fn discarded(index: &TemplateIndex<'_>, report: &mut Report) {
    for (function, source, mapping) in mapped(index) {
        let Some(mapping) = mapping.filter(|_| source.has_partial_responses()) else { continue };
        let to = mapping.named("/DestinationConfig/OnFailure/Destination", "AWS::S3::Bucket");
        let Some(bucket) = to else {
            report.at(
                &mapping,
                "DestinationConfig.OnFailure is no bucket of the stack, which alone keeps payloads",
            );
            continue;
        };
        let retained = bucket.body["DeletionPolicy"] == "Retain";
        let private = bucket.get("/PublicAccessBlockConfiguration").as_object();
        let private = private
            .is_some_and(|all| all.len() == 4 && all.values().all(|value| *value == Value::Bool(true)));
        report.unless(retained && private, &bucket, "it leaves with its stack, or others may read it");
        let allowed = index.allowed(&function);
        let writes = ["s3:PutObject", "s3:ListBucket"]
            .iter()
            .all(|action| allows(&allowed, action, &[arn(DISCARDED), discarded_objects()]));
        report.unless(writes, &function, "it may not write discarded batches");
    }
}
