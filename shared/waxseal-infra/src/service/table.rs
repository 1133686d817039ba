//! The service's own table: receipts and state. Its stream is what the relay reads.

use serde_json::json;
use waxseal::table::attribute;

use super::Parts;
use crate::names::{arn, reference, sub};

pub(super) fn add(parts: &mut Parts<'_>) {
    let table = json!({
        "Type": "AWS::DynamoDB::Table",
        // State outlives its stack: deleting a table is a decision of its own.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "TableName": sub(parts.named("")),
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
            "Tags": parts.tags(),
        },
    });
    parts.add("Table", table);
    parts.output("TableName", reference("Table"));
    parts.output("TableArn", arn("Table"));
}
