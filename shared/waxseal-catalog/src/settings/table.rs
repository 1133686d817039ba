//! The table itself: each variable once.

use super::{
    setting::{
        FunctionKind::{self, ClaimCheck, Publisher, Relay, Service},
        Setting, Unset,
    },
    value::{self, Values},
};

/// Declares each setting as a constant, and all of them as [`SETTINGS`].
macro_rules! settings {
    ($($constant:ident = $name:literal $(was $former:literal)? {
        purpose: $purpose:literal,
        values: $values:expr,
        unset: $unset:expr,
        example: $example:literal,
        read_by: $read_by:expr,
    })*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $purpose, ".")]
            pub static $constant: Setting = Setting {
                name: $name,
                purpose: $purpose,
                values: $values,
                unset: $unset,
                example: $example,
                read_by: &$read_by,
                former_names: &[$($former)?],
            };
        )*

        /// Every setting, in the order of the documentation.
        pub static SETTINGS: &[&Setting] = &[$(&$constant),*];
    };
}

settings! {
    TABLE = "WAXSEAL_TABLE" {
        purpose: "the service's own DynamoDB table, name or ARN",
        values: Values::Text { what: "a table's name or ARN", check: value::table_name },
        unset: Unset::Refused,
        example: "orders",
        read_by: [Service, Relay],
    }
    DEAD_LETTERS = "WAXSEAL_DLQ_URL" {
        purpose: "the URL of the standard queue that dead letters go to",
        values: Values::Text { what: "the URL of a standard queue", check: value::queue_url },
        unset: Unset::Refused,
        example: "https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dlq",
        read_by: [Service, Relay],
    }
    BUS = "WAXSEAL_BUS" {
        purpose: "the EventBridge bus that events are published to, name or ARN",
        values: Values::Text { what: "an event bus's name or ARN", check: value::bus_name },
        unset: Unset::Refused,
        example: "shop",
        read_by: [Relay, Publisher],
    }
    TOPICS = "WAXSEAL_TOPIC_" {
        purpose: "the ARN of the SNS topic of that name",
        values: Values::Text { what: "the ARN of a standard topic", check: value::topic_arn },
        unset: Unset::Means("messages to the topic wait in the stream, and a publisher's fail"),
        example: "arn:aws:sns:eu-west-1:123456789012:stock-level-changed",
        read_by: [Relay, Publisher],
    }
    QUEUES = "WAXSEAL_QUEUE_" {
        purpose: "the URL of the queue that takes the commands for that service",
        values: Values::Text { what: "the URL of a standard queue", check: value::queue_url },
        unset: Unset::Means("commands for the service wait in the stream, and a publisher's fail"),
        example: "https://sqs.eu-west-1.amazonaws.com/123456789012/inventory",
        read_by: [Relay, Publisher],
    }
    MAX_RECEIVES = "WAXSEAL_MAX_RECEIVES" {
        purpose: "the source queue's maxReceiveCount: on the last receive the record is dead-lettered with its reason",
        values: Values::Number { least: 1, most: 1000 },
        unset: Unset::Means("SQS moves the message by itself, without a reason"),
        example: "5",
        read_by: [Service],
    }
    MAX_AGE = "WAXSEAL_MAX_RECORD_AGE_SECONDS" {
        purpose: "the MaximumRecordAgeInSeconds of the mappings of streams and topics: in its last quarter a failed record is dead-lettered",
        values: Values::Number { least: 60, most: 604_800 },
        unset: Unset::Means("the mapping gives such a record up, and no dead letter holds it"),
        example: "7200",
        read_by: [Service],
    }
    KAFKA_RESPONSES = "WAXSEAL_KAFKA_RESPONSES" {
        purpose: "the answer to a batch of Kafka with failed records, whole or partial; partial in provisioned mode alone",
        values: Values::Choice(&["whole", "partial"]),
        unset: Unset::Default("whole"),
        example: "partial",
        read_by: [Service],
    }
    CONCURRENCY = "WAXSEAL_CONCURRENCY" {
        purpose: "the number of handlers that run at once",
        values: Values::Number { least: 1, most: 10_000 },
        unset: Unset::Default("10"),
        example: "10",
        read_by: [Service],
    }
    BACKOFF = "WAXSEAL_BACKOFF_SECONDS" {
        purpose: "the longest wait before the first retry of a record, in seconds",
        values: Values::Number { least: 1, most: 3600 },
        unset: Unset::Default("30"),
        example: "30",
        read_by: [Service],
    }
    MALFORMED = "WAXSEAL_MALFORMED" {
        purpose: "the fate of records that cannot be read, dead-letter or retry",
        values: Values::Choice(&["dead-letter", "retry"]),
        unset: Unset::Default("dead-letter"),
        example: "dead-letter",
        read_by: [Service],
    }
    COMMIT_GROUPING = "WAXSEAL_COMMIT_GROUPING" was "WAXSEAL_GROUPING" {
        purpose: "the way in which commits share requests, cheapest, fewest-requests or apart",
        values: Values::Choice(&["cheapest", "fewest-requests", "apart"]),
        unset: Unset::Default("cheapest"),
        example: "cheapest",
        read_by: [Service],
    }
    ISOLATION = "WAXSEAL_ISOLATION" {
        purpose: "whether records that were received before run alone and behind a marker, on or off",
        values: Values::Choice(&["off", "on"]),
        unset: Unset::Default("off"),
        example: "on",
        read_by: [Service],
    }
    FIFO_GROUPS = "WAXSEAL_FIFO_GROUPS" was "WAXSEAL_GROUPS" {
        purpose: "the fate of a FIFO group after a dead letter, skip or block",
        values: Values::Choice(&["skip", "block"]),
        unset: Unset::Default("skip"),
        example: "skip",
        read_by: [Service],
    }
    FIFO_DEAD_LETTERS = "WAXSEAL_FIFO_DLQ_SUFFIX" {
        purpose: "the suffix of FIFO dead-letter queues: the dead letters of `<name>.fifo` go to `<name><suffix>.fifo`",
        values: Values::Text { what: "the end of a queue's name without `.fifo`", check: value::queue_suffix },
        unset: Unset::Means("dead letters of FIFO queues go to `WAXSEAL_DLQ_URL` too"),
        example: "-dlq",
        read_by: [Service],
    }
    TOTAL_FAILURE = "WAXSEAL_TOTAL_FAILURE" {
        purpose: "the answer to a batch of which every record failed, report or raise",
        values: Values::Choice(&["report", "raise"]),
        unset: Unset::Default("report"),
        example: "report",
        read_by: [Service],
    }
    HORIZON = "WAXSEAL_HORIZON_DAYS" {
        purpose: "the days for which receipts are kept: queue retention + dead-letter retention + archive window + sweeps",
        values: Values::Number { least: 1, most: 3650 },
        unset: Unset::Default("42"),
        example: "42",
        read_by: [Service],
    }
    LEASE = "WAXSEAL_LEASE_SECONDS" {
        purpose: "the least lease of an effect that names none",
        values: Values::Number { least: 1, most: 43_200 },
        unset: Unset::Default("60"),
        example: "60",
        read_by: [Service],
    }
    SWEEP = "WAXSEAL_SWEEP_DAYS" {
        purpose: "the days that a relay's sweep may reach back: consumers keep their receipts for that much longer",
        values: Values::Number { least: 1, most: 3650 },
        unset: Unset::Default("7"),
        example: "7",
        read_by: [Relay],
    }
    TIMERS_OF = "WAXSEAL_TIMERS_OF" {
        purpose: "the service whose table has the index of timers: a tick sends its hints to the service's queue",
        values: Values::Text { what: "a service's name", check: value::service_name },
        unset: Unset::Means("the relay takes no ticks"),
        example: "fulfilment",
        read_by: [Relay],
    }
    CLAIMS = "WAXSEAL_CLAIMS" {
        purpose: "the place where payloads are checked in, a bucket and perhaps a prefix",
        values: Values::Text { what: "s3://bucket or s3://bucket/prefix", check: value::claim_location },
        unset: Unset::Refused,
        example: "s3://shop-claims/orders",
        read_by: [ClaimCheck],
    }
    CLAIMS_FROM = "WAXSEAL_CLAIMS_FROM" {
        purpose: "other buckets that payloads may be fetched from, comma-separated",
        values: Values::Text { what: "names of buckets", check: value::bucket_names },
        unset: Unset::Means("payloads are fetched from the function's own bucket alone"),
        example: "catalog-claims,partner-claims",
        read_by: [ClaimCheck],
    }
    CLAIM_BYTES = "WAXSEAL_CLAIM_BYTES" {
        purpose: "the largest payload that is checked in or fetched; times WAXSEAL_CONCURRENCY, it is memory",
        values: Values::Number { least: 1, most: 1024 * 1024 * 1024 },
        unset: Unset::Default("10485760"),
        example: "10485760",
        read_by: [ClaimCheck],
    }
    SECRETS = "WAXSEAL_SECRET_" {
        purpose: "the place of the secret of that name: its store and its name there",
        values: Values::Text { what: "secretsmanager:NAME or ssm:NAME", check: value::secret_place },
        unset: Unset::Means("the function has no secret of that name"),
        example: "secretsmanager:shop/prod/gateway",
        read_by: [Service],
    }
    METRICS = "WAXSEAL_METRICS" {
        purpose: "the CloudWatch namespace in which each batch counts its records, by a line in the log; Deployed::without_metrics leaves it out",
        values: Values::Text { what: "a namespace of at most 255 characters", check: value::namespace },
        unset: Unset::Means("nothing is counted"),
        example: "shop-prod",
        read_by: [Service],
    }
    LOG_HANDLED = "WAXSEAL_LOG_HANDLED" {
        purpose: "whether each handled record writes a line at the level INFO, on or off",
        values: Values::Choice(&["off", "on"]),
        unset: Unset::Default("off"),
        example: "on",
        read_by: [Service],
    }
    TIMEOUT = "WAXSEAL_TIMEOUT_SECONDS" {
        purpose: "the function's own time-out, as the template has it",
        values: Values::Number { least: 1, most: 900 },
        unset: Unset::Means("a time-out that is too short for one retried call is not noticed"),
        example: "30",
        read_by: [Service, Relay],
    }
    AWS_REGION = "AWS_REGION" {
        purpose: "the region of the table and the queues; Lambda sets it",
        values: Values::Text { what: "a region's name", check: value::region },
        unset: Unset::Refused,
        example: "eu-west-1",
        read_by: [Service, ClaimCheck, Relay, Publisher],
    }
    AWS_ENDPOINT = "AWS_ENDPOINT_URL" {
        purpose: "the endpoint that requests go to instead of AWS's own",
        values: Values::Text { what: "a URL of http or https with a host", check: value::endpoint_url },
        unset: Unset::Means("requests go to AWS"),
        example: "http://127.0.0.1:4566",
        read_by: [Service, ClaimCheck, Relay, Publisher],
    }
    SERVICE_ENDPOINTS = "AWS_ENDPOINT_URL_" {
        purpose: "the endpoint that requests go to instead of AWS's own",
        values: Values::Text { what: "a URL of http or https with a host", check: value::endpoint_url },
        unset: Unset::Means("`AWS_ENDPOINT_URL` holds for that service too"),
        example: "http://127.0.0.1:4566",
        read_by: [Service, ClaimCheck, Relay, Publisher],
    }
    AWS_ENDPOINTS_IGNORED = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" {
        purpose: "whether the variables for endpoints have no effect, true or false",
        values: Values::Text { what: "true or anything else", check: value::anything },
        unset: Unset::Default("false"),
        example: "true",
        read_by: [Service, ClaimCheck, Relay, Publisher],
    }
}

impl FunctionKind {
    /// Its name in the documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::ClaimCheck => "claim check",
            Self::Relay => "relay",
            Self::Publisher => "publisher",
        }
    }

    /// The settings that a function of this kind reads.
    pub fn settings(self) -> impl Iterator<Item = &'static Setting> {
        SETTINGS.iter().copied().filter(move |setting| setting.read_by.contains(&self))
    }
}
