//! Tables.

use serde_json::{Value, json};

use crate::{
    check::{
        index::{TABLE, TemplateIndex},
        report::Report,
    },
    service::timers,
};

pub(super) fn keys(index: &TemplateIndex<'_>, report: &mut Report) {
    use waxseal::table::attribute::{PARTITION, SORT};
    for table in index.of(TABLE) {
        let schema = json!([
            { "AttributeName": PARTITION, "KeyType": "HASH" },
            { "AttributeName": SORT, "KeyType": "RANGE" },
        ]);
        let mut types = vec![
            json!({ "AttributeName": PARTITION, "AttributeType": "S" }),
            json!({ "AttributeName": SORT, "AttributeType": "S" }),
        ];
        let ticks = index.services().any(|service| service.name() == table.stack && service.has_timers());
        if ticks {
            types.extend(timers::attributes());
        }
        let right =
            table.get("/KeySchema") == &schema && table.get("/AttributeDefinitions") == &Value::Array(types);
        report.unless(right, &table, "KeySchema is not pk and sk, both text");
        let wanted = if ticks { timers::indexes() } else { Value::Null };
        let right = table.get("/GlobalSecondaryIndexes") == &wanted;
        report.unless(right, &table, format!("GlobalSecondaryIndexes is not {wanted}"));
    }
}

pub(super) fn recovery(index: &TemplateIndex<'_>, report: &mut Report) {
    for table in index.of(TABLE) {
        let on = table.get("/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled") == true;
        report.unless(on, &table, "PointInTimeRecoveryEnabled is not true");
    }
}

pub(super) fn deletion(index: &TemplateIndex<'_>, report: &mut Report) {
    for table in index.of(TABLE) {
        let protected = table.is_by_default("/DeletionProtectionEnabled", &json!("true"))
            || table.get("/DeletionProtectionEnabled") == true;
        report.unless(protected, &table, "DeletionProtectionEnabled is not true, and not by default");
    }
}

pub(super) fn retained(index: &TemplateIndex<'_>, report: &mut Report) {
    for table in index.of(TABLE) {
        report.unless(table.retained(), &table, "DeletionPolicy and UpdateReplacePolicy are not Retain");
    }
}

pub(super) fn encrypted(index: &TemplateIndex<'_>, report: &mut Report) {
    for table in index.of(TABLE) {
        report.unless(table.get("/SSESpecification/SSEEnabled") == true, &table, "SSEEnabled is not true");
    }
}

pub(super) fn ttl(index: &TemplateIndex<'_>, report: &mut Report) {
    let wanted = json!({ "AttributeName": waxseal::table::attribute::EXPIRES, "Enabled": true });
    for table in index.of(TABLE) {
        let right = table.get("/TimeToLiveSpecification") == &wanted;
        report.unless(right, &table, "TimeToLiveSpecification is not the receipts' expiry");
    }
}

pub(super) fn stream(index: &TemplateIndex<'_>, report: &mut Report) {
    for table in index.of(TABLE) {
        let both = table.get("/StreamSpecification/StreamViewType") == "NEW_AND_OLD_IMAGES";
        report.unless(both, &table, "StreamViewType is not NEW_AND_OLD_IMAGES");
    }
}

pub(super) fn billing(index: &TemplateIndex<'_>, report: &mut Report) {
    for table in index.of(TABLE) {
        let on_demand = table.get("/BillingMode") == "PAY_PER_REQUEST";
        report.unless(on_demand, &table, "BillingMode is not PAY_PER_REQUEST");
    }
}
