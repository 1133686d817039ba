//! Changes that break several rules at once.

use serde_json::{Value, json};

use crate::alone::Mutation;

/// Rules that cannot be broken alone, with the other findings of the change.
pub(crate) fn together() -> Vec<(Mutation, &'static [&'static str])> {
    vec![
        (
            (
                "catalog-commands",
                "orders",
                "Commands/Properties/QueueName",
                json!({ "Fn::Sub": "shop-${Stage}-orders-requests" }),
            ),
            &["queue-redrive-allow"],
        ),
        (
            ("rule-pattern", "orders", "OnStockShort/Properties/EventPattern/source", Value::Null),
            &["catalog-routes"],
        ),
        (("queue-mapping", "orders", "EventsMapping", Value::Null), &["iam-own-queues"]),
        (
            (
                "queue-senders",
                "orders",
                "EventsPolicy/Properties/PolicyDocument/Statement/@Rules/Condition",
                Value::Null,
            ),
            &["rule-admitted"],
        ),
        (
            (
                "queue-visibility",
                "orders",
                "EventsMapping/Properties/MaximumBatchingWindowInSeconds",
                json!(5),
            ),
            &["mapping-polling"],
        ),
        (("rule-target", "orders", "OnStockShort/Properties/Targets", Value::Null), &[]),
        (("table-stream", "orders", "Table/Properties/StreamSpecification", Value::Null), &[]),
        (
            ("function-role", "orders", "Relay/Properties/Role/Fn::GetAtt/0", json!("FunctionRole")),
            &[
                "catalog-commands",
                "function-logs",
                "iam-dead-letters",
                "iam-own-queues",
                "iam-own-table",
                "iam-put-events",
                "iam-stream",
            ],
        ),
        (("relay-dead-letters", "orders", "RelayDeadLetters", Value::Null), &["references", "settings"]),
        (
            (
                "relay-dead-letters",
                "orders",
                "Relay/Properties/Environment/Variables/WAXSEAL_DLQ_URL/Ref",
                json!("DeadLetters"),
            ),
            &["iam-dead-letters"],
        ),
    ]
}
