//! The service's own table: receipts and state. The relay reads its stream.

use serde_json::json;
use waxseal::table::attribute;

use crate::{
    names::{arn, reference, sub},
    service::{builder::StackBuilder, timers},
};

pub(super) fn add(builder: &mut StackBuilder<'_>) {
    let mut table = json!({
        "Type": "AWS::DynamoDB::Table",
        // State outlives its stack: deleting a table is a decision of its own.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "TableName": sub(builder.named("")),
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                { "AttributeName": attribute::PARTITION, "AttributeType": "S" },
                { "AttributeName": attribute::SORT, "AttributeType": "S" },
            ],
            "KeySchema": [
                { "AttributeName": attribute::PARTITION, "KeyType": "HASH" },
                { "AttributeName": attribute::SORT, "KeyType": "RANGE" },
            ],
            "TimeToLiveSpecification": { "AttributeName": attribute::EXPIRES, "Enabled": true },
            "StreamSpecification": { "StreamViewType": "NEW_AND_OLD_IMAGES" },
            "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
            "DeletionProtectionEnabled": reference("DeletionProtection"),
            "SSESpecification": { "SSEEnabled": true },
            "Tags": builder.tags(),
        },
    });
    if builder.routes.has_timers {
        let properties = &mut table["Properties"];
        if let Some(attributes) = properties["AttributeDefinitions"].as_array_mut() {
            attributes.extend(timers::attributes());
        }
        properties["GlobalSecondaryIndexes"] = timers::indexes();
    }
    builder.add("Table", table);
    builder.output("TableName", reference("Table"));
    builder.output("TableArn", arn("Table"));
}
