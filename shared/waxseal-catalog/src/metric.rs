//! The metrics of a service's function, once: `waxseal-aws` writes them, and dashboards and alarms name them.

use crate::deployed::Deployed;

/// A metric of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name in CloudWatch.
    pub name: &'static str,
    /// Its unit in CloudWatch.
    pub unit: &'static str,
}

const fn metric(name: &'static str, unit: &'static str) -> Metric {
    Metric { name, unit }
}

/// Records that took effect. Each record of a batch counts in one of the metrics that count records.
pub const HANDLED: Metric = metric("Handled", "Count");
/// Records whose effect, or a later one, was there before.
pub const DUPLICATES: Metric = metric("Duplicates", "Count");
/// Records that come again.
pub const RETRIED: Metric = metric("Retried", "Count");
/// Records that went to the dead-letter queue.
pub const DEAD_LETTERED: Metric = metric("DeadLettered", "Count");
/// Records that hold nothing for a handler.
pub const IGNORED: Metric = metric("Ignored", "Count");
/// The time from the oldest event of a batch to the end of the batch. It is absent where no record held an event.
pub const AGE: Metric = metric("Age", "Milliseconds");
/// Requests that a batch sent to its table.
pub const REQUESTS: Metric = metric("Requests", "Count");

/// Instances of processes whose compensation has failed, so that a person is awaited (G-2). It is written where there are some,
/// so that a service without any pays for no metric.
pub const COMPENSATIONS_FAILED: Metric = metric("CompensationsFailed", "Count");

/// The dimension of each metric. Its value is the name of the service.
pub const DIMENSION: &str = "Service";

impl Deployed {
    /// Its function counts nothing: its template has no `WAXSEAL_METRICS`, and the dashboard no metric of it. Each metric
    /// of a service is a custom metric on AWS's bill.
    ///
    /// ```
    /// use waxseal::Service;
    /// use waxseal_catalog::Deployed;
    /// assert!(!Deployed::new(Service::new("audit")).without_metrics().metrics);
    /// ```
    #[must_use]
    pub fn without_metrics(mut self) -> Self {
        self.metrics = false;
        self
    }
}
