//! The metrics of a function: a line for each batch.

use std::{
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use serde_json::json;
use waxseal::{
    Timestamp,
    observe::{
        BatchEnded, CompensationFailed,
        HandledAs::{Applied, Blocked, DeadLettered, Duplicate, Failed, Ignored, Stale, Unstarted},
        Observer,
    },
};
use waxseal_catalog::metric::{
    AGE, COMPENSATIONS_FAILED, DEAD_LETTERED, DIMENSION, DUPLICATES, HANDLED, IGNORED, REQUESTS, RETRIED,
};

/// Writes one line in CloudWatch's embedded metric format for each batch. Lambda sends a function's standard output to
/// CloudWatch Logs, which makes metrics of such lines: no client, no request and no waiting is needed.
/// [`waxseal_catalog::metric`] lists them.
///
/// [`Environment::settings`](crate::Environment::settings) adds it where `WAXSEAL_METRICS` is set.
///
/// Source: CloudWatch user guide, "Specification: Embedded metric format".
///
/// ```
/// use std::sync::Arc;
/// use waxseal::{Settings, observe::Observers};
/// use waxseal_aws::Metrics;
/// let mut settings = Settings::default();
/// settings.observers = Observers::of(Arc::new(Metrics::in_namespace("shop-prod")));
/// ```
pub struct Metrics {
    namespace: String,
    write: Write,
    /// The compensations that have failed since the last line.
    failed: AtomicU64,
}

/// Takes one line, with its line break.
type Write = Arc<dyn Fn(&str) -> io::Result<()> + Send + Sync>;

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl Metrics {
    /// Metrics in this namespace of CloudWatch, written to standard output.
    #[must_use]
    pub fn in_namespace(namespace: impl Into<String>) -> Self {
        // In one write, so that lines of other threads do not get between.
        Self::to(namespace.into(), Arc::new(|line| io::stdout().write_all(line.as_bytes())))
    }

    fn to(namespace: String, write: Write) -> Self {
        Self { namespace, write, failed: AtomicU64::new(0) }
    }

    fn line(&self, batch: &BatchEnded<'_>, now: Timestamp) -> String {
        let age = batch.oldest.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        let count = |outcomes: &[_]| Some(batch.count(outcomes) as u64);
        let values = [
            (HANDLED, count(&[Applied])),
            (DUPLICATES, count(&[Duplicate, Stale])),
            (RETRIED, count(&[Failed, Blocked, Unstarted])),
            (DEAD_LETTERED, count(&[DeadLettered])),
            (IGNORED, count(&[Ignored])),
            (AGE, age),
            (REQUESTS, Some(batch.requests)),
            (COMPENSATIONS_FAILED, Some(self.failed.swap(0, Ordering::Relaxed)).filter(|count| *count > 0)),
        ];
        let known = || values.iter().filter_map(|(metric, value)| Some((metric, (*value)?)));
        let mut line = json!({
            "_aws": {
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": self.namespace,
                    "Dimensions": [[DIMENSION]],
                    "Metrics": known()
                        .map(|(metric, _)| json!({ "Name": metric.name, "Unit": metric.unit }))
                        .collect::<Vec<_>>(),
                }],
            },
            DIMENSION: batch.service,
        });
        for (metric, value) in known() {
            line[metric.name] = json!(value);
        }
        format!("{line}\n")
    }
}

impl Observer for Metrics {
    fn compensation_failed(&self, _: &CompensationFailed<'_>) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    fn batch_ended(&self, batch: &BatchEnded<'_>) {
        let line = self.line(batch, SystemTime::now().into());
        if let Err(error) = (self.write)(&line) {
            tracing::warn!(%error, "the metrics of a batch are lost");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, time::Duration};

    use serde::{Deserialize, Serialize};
    use serde_json::Value;
    use waxseal::{
        Envelope, Fault, Handler, Malformed, Service, Settings, Unit,
        batch::{Content, Policy, Record},
        observe::Observers,
    };
    use waxseal_testing::{Fixture, block_on, raw};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct ParcelScanned {
        weight: u32,
    }
    waxseal::event!(ParcelScanned { name: "parcel.scanned", version: 1, owner: "depot" });

    /// It refuses parcels without weight for good, and heavy ones for now.
    struct Weigh;
    impl Handler for Weigh {
        const NAME: &str = "weigh";
        type Event = ParcelScanned;
        type Emits = ();
        async fn handle(
            &self,
            scan: &Envelope<ParcelScanned>,
            _: &mut Unit<'_, Self::Emits>,
        ) -> Result<(), Fault> {
            match scan.data.weight {
                0 => Err(Fault::permanent("it has no weight")),
                100.. => Err(Fault::retry("the large scale is busy")),
                _ => Ok(()),
            }
        }
    }

    fn record(id: &str, weight: u32) -> Record {
        Record::new(id, Vec::new(), Content::Message(Box::new(raw(id, ParcelScanned { weight }))))
    }

    #[test]
    fn a_batch_is_one_line_in_which_each_record_counts_once() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let written = lines.clone();
        let metrics = Metrics::to(
            "shop-test".to_owned(),
            Arc::new(move |line: &str| {
                assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "{line}");
                written.lock().unwrap().push(serde_json::from_str::<Value>(line)?);
                Ok(())
            }),
        );
        let fixture = Fixture::default();
        let mut settings = Settings::default();
        settings.observers = Observers::of(Arc::new(metrics));
        let engine = fixture.engine_with(Service::new("depot").handler(Weigh), settings);
        let batches = fixture.batches(engine, Policy::default());
        let records = [
            record("a", 1),
            record("b", 2),
            record("b", 2),
            record("c", 0),
            record("d", 100),
            Record::new("e", Vec::new(), Content::Ignored("a test")),
            Record::new("f", Vec::new(), Content::Malformed(Malformed::new("no JSON"))),
        ];
        fixture.host.pass(Duration::from_secs(90));
        block_on(batches.run(&records, None));
        block_on(batches.run(&records[5..6], None));

        let lines = lines.lock().unwrap();
        assert_eq!(lines.len(), 2, "one line for each batch");
        let first = &lines[0];
        let counts =
            ["Handled", "Duplicates", "Retried", "DeadLettered", "Ignored"].map(|name| first[name].as_u64());
        assert_eq!(counts, [2, 1, 1, 2, 1].map(Some), "{first}");
        assert_eq!(first["Age"], 90_000);
        assert_eq!(first["Service"], "depot");
        assert!(first["Requests"].as_u64().unwrap() >= 1);
        let directive = &first["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "shop-test");
        assert_eq!(directive["Dimensions"], json!([["Service"]]));
        for line in lines.iter() {
            // CloudWatch drops a metric without a value, and the whole line where a dimension is absent.
            for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_u64(), "{line}");
            }
        }
        assert_eq!((lines[1].get("Age"), &lines[1]["Requests"]), (None, &json!(0)));
    }
}
