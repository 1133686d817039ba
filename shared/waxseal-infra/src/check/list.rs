//! The list of checks.

use waxseal_catalog::App;

use crate::{
    check::{
        alarms, catalog, claims, fifo, finding::Finding, functions, index::TemplateIndex, permissions,
        queues, references, relay, report::Report, rules, settings, sources, table, timers, topics,
    },
    stack::Stack,
};

/// One rule.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Check {
    /// Its name, for mutations and acknowledgements.
    pub id: &'static str,
    /// The rule, and its reason.
    pub about: &'static str,
    run: fn(&TemplateIndex<'_>, &mut Report),
}

/// Every finding of every check.
#[must_use]
pub fn check(app: &App, stacks: &[Stack]) -> Vec<Finding> {
    let index = TemplateIndex::new(app, stacks);
    let all = CHECKS.iter().flat_map(|check| {
        let mut report = Report { check: check.id, about: check.about, findings: Vec::new() };
        (check.run)(&index, &mut report);
        report.findings
    });
    all.collect()
}

macro_rules! checks {
    ($($module:ident { $($id:literal $about:literal $run:ident)* })*) => {
        /// Every check.
        pub const CHECKS: &[Check] = &[
            $($(Check { id: $id, about: $about, run: $module::$run },)*)*
        ];
    };
}

checks! {
    references {
        "references" "every reference leads to something of the stack, every import to an export" lead_somewhere
        "names" "a resource that is found by its name is named after application and stage" names
    }
    catalog {
        "catalog-stacks" "every service and every program has its stack, and no other stack is there" stacks
        "catalog-routes" "a service's rules and filters name the events that it handles, no more and no less" routes
        "catalog-owner" "a type of event has one owner, and only the owner's stack may publish it" owner
        "catalog-commands" "a service that handles commands has a queue for them, and a sender may send to it" commands
        "catalog-binary" "every function is a binary that exists" binary
    }
    queues {
        "queue-redrive" "a queue moves failing messages to a dead-letter queue of its stack" redrive
        "queue-receives" "five receives at least, since throttling and deploys cost some" receives
        "queue-encrypted" "SSE-SQS: EventBridge and SNS cannot use AWS's own key" encrypted
        "queue-retention" "a dead-letter queue keeps for 14 days, and longer than the queue, since a moved message keeps its age" retention
        "queue-redrive-allow" "a dead-letter queue says which queues may move to it: none to a relay's" redrive_allow
        "queue-visibility" "six runs of the function and the window: a batch in work is not given to another invocation" visibility
        "queue-mapping" "a queue has one mapping: two would share its messages at random" mapping
        "queue-senders" "a service may send only for a rule or topic that is named" senders
        "queue-tls" "no request without TLS is allowed" tls
        "queue-retained" "a dead letter is the last copy of an event, so its queue outlives the stack" retained
    }
    fifo {
        "queue-fifo" "S-68: a FIFO queue has a FIFO dead-letter queue beside it, where its function sends dead letters, and no window" queues
    }
    rules {
        "rule-bus" "a rule is on the bus of its event: the application's, or that of a foreign event" bus
        "rule-pattern" "a rule names source and detail-type" pattern
        "rule-enabled" "a rule that is off loses events" enabled
        "rule-target" "a rule has one target, a queue: two fail and retry apart, under one name" target
        "rule-retry" "retries are stated, so that the receipts' horizon can count them" retry
        "rule-dead-letters" "undeliverable events of a rule go to the stack's dead-letter queue" dead_letters
        "rule-admitted" "the queue and the dead-letter queue let the rule in" admitted
        "archive-retention" "the bus has an archive, and it ends" archive
    }
    topics {
        "subscription-redrive" "undeliverable messages of a topic go to the stack's dead-letter queue" redrive
        "subscription-scope" "a filter looks into the body: there are no attributes" scope
        "subscription-raw" "raw delivery: the body is the envelope" raw
        "subscription-admitted" "the queue and the dead-letter queue let the topic in" admitted
        "topic-encrypted" "a topic is encrypted with a key of our own, since CloudWatch cannot use AWS's" encrypted
        "topic-key" "CloudWatch may use the key of the alarms' topic and publish to it, for this account's alarms" alarms
        "topic-tls" "no publication without TLS is allowed" tls
    }
    functions {
        "mapping-partial-responses" "S-8: without ReportBatchItemFailures one failed record repeats its whole batch" partial_responses
        "mapping-concurrency" "MaximumConcurrency of 2 at least on a queue" concurrency
        "mapping-polling" "a queue is polled with the batch, the window and the concurrency of the application" polling
        "function-limits" "time-out and memory are stated: Lambda's own are 3 s and 128 MB" limits
        "function-reserved" "no reserved concurrency: throttled receives count towards the dead-letter queue" reserved
        "function-runtime" "provided.al2023" runtime
        "function-architecture" "arm64 unless a stage says otherwise" architecture
        "function-tracing" "traces are on" tracing
        "function-logs" "JSON lines in a log group of the stack, which the function's role may write" logs
        "log-retention" "log lines end" log_retention
        "function-role" "a function has a role of its own, which only Lambda takes on" role
        "function-url" "a function URL asks for signed requests unless a stage says otherwise" url
    }
    relay {
        "relay-mapping" "a service that emits has a relay on the table's stream" mapping
        "relay-from-the-start" "O-1: the relay starts at TRIM_HORIZON" from_the_start
        "relay-never-gives-up" "O-1: no record is passed over by age or retries" never_gives_up
        "relay-bisect" "a record that fails the relay as a whole holds up as few others as can be" bisect
        "relay-dead-letters" "O-6: unpublishable messages of a relay go to a queue of its own, to which no queue moves messages and whose alarm says the way back" dead_letters
        "relay-filter" "O-5: only new receipts that emitted something wake the relay" filter
    }
    sources {
        "source-mapping" "a source that others fill has one mapping, with the numbers of the application" mapping
        "source-limits" "an age and a number of batches that Lambda takes" limits
        "source-age" "S-60: the function knows the age at which its mapping gives up, and no number of tries comes before" age
        "source-bisect" "a record that crashes the function holds up as few others as can be" bisect
        "source-discarded" "what a mapping gives up is kept with its payload, which a bucket alone does" discarded
    }
    timers {
        "timer-tick" "S-69: a rule of the default bus asks the relay of a service with timers once a minute" rule
        "timer-admitted" "the relay lets the rule in, and a tick that failed is not repeated: the next one finds what is left" admitted
    }
    alarms {
        "alarm-actions" "an alarm tells the alarms' topic" actions
        "alarm-mail" "a stage can have its alarms mailed" mail
        "alarm-missing-data" "an alarm states the meaning of missing data" missing_data
        "alarm-dead-letters" "the first visible dead letter is an alarm; NumberOfMessagesSent would miss redriven ones" dead_letters
        "alarm-age" "old messages in a queue are an alarm" age
        "alarm-errors" "failing invocations are an alarm" errors
        "alarm-relay" "O-1: a relay that is 5 minutes and one that is 6 hours behind are alarms" relay
        "dashboard" "there is a dashboard, with every function on it" dashboard
    }
    permissions {
        "iam-version" "policies are of the language of 2012: the older one takes ${…} for text" version
        "iam-managed" "no managed policy, but that of a program, which runs under a role that is not ours" managed
        "iam-publishers" "S-64: a program publishes its own messages and nothing else, under its own name" publishers
        "iam-wildcard-action" "no wildcard in an action that is allowed; an account's own hold on its key aside" wildcard_action
        "iam-wildcard-resource" "`*` for X-Ray and the network of a Kafka mapping alone" wildcard_resource
        "iam-put-events" "PutEvents only under the owner's name and for its types, by StringEquals" put_events
        "iam-own-queues" "a function reads the queues that feed it and no others" own_queues
        "iam-own-table" "a function may do the requests of waxseal-aws on its own table, a relay may scan it and query its index of timers, and neither touches another" own_table
        "iam-dead-letters" "a function may send to its dead-letter queue" dead_letters
        "iam-stream" "a relay reads its own table's stream" stream
        "iam-topics" "a relay publishes to the topics of its catalog, with their key" topics
    }
    table {
        "table-keys" "pk and sk, both text; the index of timers where the service has some, keys alone, and no other index" keys
        "table-billing" "on demand: a burst of events is not throttled" billing
        "table-recovery" "point-in-time recovery is on" recovery
        "table-deletion" "a table refuses to be deleted unless a stage says otherwise" deletion
        "table-retained" "a table outlives its stack" retained
        "table-encrypted" "encryption with a key that its use is recorded of" encrypted
        "table-ttl" "receipts leave by TTL" ttl
        "table-stream" "the stream holds new and old images" stream
    }
    claims {
        "claims-bucket" "S-42: there is a bucket where payloads are checked in, and the functions that store or fetch them are told of it" bucket
        "claims-private" "no principal outside the application reaches the payloads" private
        "claims-encrypted" "SSE-S3" encrypted
        "claims-tls" "no request without TLS is allowed" tls
        "claims-expire" "a payload outlives every receipt and the stream before it, and then leaves, no version of it staying" expire
        "claims-retained" "a claim that is under way names an object of the bucket, so the bucket outlives its stack" retained
        "iam-claims" "a function stores payloads under its own name and fetches those of messages that it handles, nothing else" permissions
    }
    settings {
        "settings" "a function is told its table, its dead-letter queue, and where it publishes" places
        "settings-receives" "the function knows its queues' maxReceiveCount, so that the last receive gives a reason" receives
        "receipts-outlive" "Q-3: receipts outlive delivery, queue, dead-letter queue, and archive and sweep" horizon
        "tags" "every resource that can have tags has application, stage and service" tags
    }
}
