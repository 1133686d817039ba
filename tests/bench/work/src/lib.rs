//! The work that measures every stack: the event, its handling, and its deliveries.

mod events;

use serde::{Deserialize, Serialize};

pub use events::{ACCOUNTS, Event, Feed, batch, envelope_of};

/// Money was taken for an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCaptured {
    /// The ledger that it is booked to.
    pub account: String,
    /// In minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// The order of the payment.
    pub order_id: String,
    /// The customer who paid.
    pub customer: Customer,
    /// The lines of the order.
    pub lines: Vec<Line>,
}

/// A customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Unique.
    pub id: String,
    /// The full name.
    pub name: String,
    /// The mail address.
    pub email: String,
    /// The lines of the address.
    pub address: Vec<String>,
}

/// One line of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The article.
    pub sku: String,
    /// The title on the bill.
    pub title: String,
    /// The number of pieces.
    pub quantity: i64,
    /// The price in minor units.
    pub unit_price: i64,
}

impl PaymentCaptured {
    /// The work of every peer before it books an event: it checks that the lines add up to the
    /// amount.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.lines.iter().map(|line| line.quantity * line.unit_price).sum::<i64>() == self.amount
    }
}

/// The workload of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Workload {
    /// Every event leaves a receipt and nothing else.
    Receipt,
    /// Every event emits one small event for later publication: the outbox.
    Emit,
    /// Every event changes its account's ledger.
    Ledger,
}

impl Workload {
    /// All workloads.
    pub const ALL: [Self; 3] = [Self::Receipt, Self::Emit, Self::Ledger];

    /// The name in `BENCH_WORKLOAD`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Emit => "emit",
            Self::Ledger => "ledger",
        }
    }

    /// The name in tables.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Receipt => "without state",
            Self::Emit => "emitting",
            Self::Ledger => "with state",
        }
    }

    /// The workload in `BENCH_WORKLOAD`.
    ///
    /// # Errors
    /// Where the variable names none.
    pub fn from_env() -> Result<Self, String> {
        let name = std::env::var("BENCH_WORKLOAD").unwrap_or_default();
        let known = Self::ALL.into_iter().find(|workload| workload.name() == name);
        known.ok_or_else(|| format!("BENCH_WORKLOAD is {name:?}: it must be receipt, emit or ledger"))
    }
}
