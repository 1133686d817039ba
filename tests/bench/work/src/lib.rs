//! The work that every stack is measured with: the event, what is done with it, and deliveries of it.

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
    /// The order that it is for.
    pub order_id: String,
    /// Who paid.
    pub customer: Customer,
    /// What for.
    pub lines: Vec<Line>,
}

/// Who paid.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Unique.
    pub id: String,
    /// In full.
    pub name: String,
    /// Where mail goes.
    pub email: String,
    /// In lines.
    pub address: Vec<String>,
}

/// One line of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// What.
    pub sku: String,
    /// As printed on the bill.
    pub title: String,
    /// How many.
    pub quantity: i64,
    /// In minor units.
    pub unit_price: i64,
}

impl PaymentCaptured {
    /// The work that every peer does with an event before it books it: the lines add up to the amount.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.lines.iter().map(|line| line.quantity * line.unit_price).sum::<i64>() == self.amount
    }
}

/// The work that a run asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Workload {
    /// Every event is remembered; nothing else is written.
    Receipt,
    /// Every event leaves one small event behind, which somebody is to publish later: the outbox.
    Emit,
    /// Every event changes its account's ledger.
    Ledger,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Receipt, Self::Emit, Self::Ledger];

    /// As `BENCH_WORKLOAD` names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Emit => "emit",
            Self::Ledger => "ledger",
        }
    }

    /// As tables name it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Receipt => "without state",
            Self::Emit => "emitting",
            Self::Ledger => "with state",
        }
    }

    /// As `BENCH_WORKLOAD` says.
    ///
    /// # Errors
    /// Where it names none.
    pub fn from_env() -> Result<Self, String> {
        let name = std::env::var("BENCH_WORKLOAD").unwrap_or_default();
        let known = Self::ALL.into_iter().find(|workload| workload.name() == name);
        known.ok_or_else(|| format!("BENCH_WORKLOAD is {name:?}: it must be receipt, emit or ledger"))
    }
}
