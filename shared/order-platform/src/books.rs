//! The books: the totals of the services' own tables, of the gateway and of the mailbox at the end,
//! and whether they agree.

use std::collections::BTreeMap;

use inventory::Stock;
use order_events::{CancelReason, Currency};
use orders::{Order, Status};
use serde::Serialize;
use shipping::{Shipment, Whereabouts};

use crate::gateway::Gateway;

/// The truth at the end of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Books {
    /// Orders accepted.
    pub placed: u64,
    /// Orders that stand.
    pub confirmed: u64,
    /// Orders that ended otherwise.
    pub cancelled: Cancelled,
    /// Orders that were confirmed, and came back.
    pub returned: u64,
    /// Parcels that were not called back; absent where nobody has counted them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parcels: Option<u64>,
    /// Net of refunds, per currency, in minor units.
    pub captured: BTreeMap<String, u64>,
    /// Given back, per currency.
    pub refunded: BTreeMap<String, u64>,
    /// Pieces set aside, per SKU.
    pub reserved: BTreeMap<String, u64>,
    /// Pieces left, per SKU.
    pub on_hand: BTreeMap<String, u64>,
    /// Mails sent.
    pub mails: u64,
}

/// Cancelled orders by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cancelled {
    /// Too little stock.
    pub short: u64,
    /// The card was declined.
    pub declined: u64,
    /// The customer changed their mind.
    pub customer: u64,
    /// A step was not answered in time.
    pub late: u64,
}

impl Cancelled {
    /// All of them.
    #[must_use]
    pub fn total(self) -> u64 {
        self.short + self.declined + self.customer + self.late
    }

    fn count(&mut self, reason: CancelReason) {
        match reason {
            CancelReason::Short => self.short += 1,
            CancelReason::Declined => self.declined += 1,
            CancelReason::Customer => self.customer += 1,
            CancelReason::Late => self.late += 1,
        }
    }
}

impl Books {
    /// The books of these orders and this stock, of the gateway and of a number of mails.
    #[must_use]
    pub fn of(
        orders: &[Order],
        stock: impl IntoIterator<Item = (String, Stock)>,
        gateway: &Gateway,
        mails: u64,
    ) -> Self {
        let amounts = |of: BTreeMap<Currency, u64>| {
            of.into_iter().map(|(currency, amount)| (currency.to_string(), amount)).collect()
        };
        let mut books = Self {
            captured: amounts(gateway.captured()),
            refunded: amounts(gateway.refunded()),
            mails,
            ..Self::default()
        };
        for order in orders {
            books.placed += 1;
            match order.status {
                Status::Confirmed => books.confirmed += 1,
                Status::Cancelled(reason) => books.cancelled.count(reason),
                Status::Returned => books.returned += 1,
                Status::Placed | Status::Reserved => {}
            }
        }
        for (sku, stock) in stock {
            books.reserved.insert(sku.clone(), stock.reserved);
            books.on_hand.insert(sku, stock.on_hand);
        }
        books
    }

    /// The same books, with the parcels of these shipments.
    #[must_use]
    pub fn with_parcels(mut self, shipments: &[Shipment]) -> Self {
        let sent = shipments.iter().filter(|shipment| shipment.whereabouts != Whereabouts::Cancelled);
        self.parcels = Some(sent.count() as u64);
        self
    }

    /// Every difference between the books; empty when they balance.
    #[must_use]
    pub fn imbalances(&self, orders: &[Order], initial: &BTreeMap<String, u64>) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut same = |what: String, left: u64, right: u64| {
            if left != right {
                wrong.push(format!("{what}: {left} against {right}"));
            }
        };
        let (shipped, cancelled) = (self.confirmed + self.returned, self.cancelled.total());
        same("placed = confirmed + returned + cancelled".into(), self.placed, shipped + cancelled);
        same("mails = confirmed + returned + cancelled".into(), self.mails, shipped + cancelled);
        if let Some(parcels) = self.parcels {
            same("parcels = confirmed + returned".into(), parcels, shipped);
        }
        let (mut totals, mut quantities) = (BTreeMap::new(), BTreeMap::new());
        for order in orders.iter().filter(|order| order.status == Status::Confirmed) {
            *totals.entry(order.currency.to_string()).or_default() += order.total;
            for line in &order.lines {
                *quantities.entry(line.sku.clone()).or_default() += u64::from(line.quantity);
            }
        }
        for (what, left, right) in [
            ("captured = totals of confirmed orders", &self.captured, &totals),
            ("reserved = quantities of confirmed orders", &self.reserved, &quantities),
        ] {
            for key in left.keys().chain(right.keys()) {
                let of = |side: &BTreeMap<String, u64>| side.get(key).copied().unwrap_or_default();
                same(format!("{what}, {key}"), of(left), of(right));
            }
        }
        for (sku, initial) in initial {
            let of = |side: &BTreeMap<String, u64>| side.get(sku).copied().unwrap_or_default();
            same(
                format!("onHand + reserved = initial, {sku}"),
                of(&self.on_hand) + of(&self.reserved),
                *initial,
            );
        }
        wrong.dedup();
        wrong
    }
}
