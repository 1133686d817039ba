//! The order: a small state machine. It ends the same for every order and number of its events.
//!
//! ```text
//! placed ──reserved──▶ reserved ──captured──▶ confirmed ──the customer asks──▶ returned
//!   └───────┴─ short, declined, or the customer asks ──▶ cancelled ──captured──▶ cancelled, refund due
//! ```
//! `captured` may arrive before `reserved`: the money decides. Money that is captured for a
//! cancelled order goes back, once. In orchestration `fulfilment` has the money and the stock, and
//! asks for the confirmation: an order is placed, then confirmed or cancelled.

use order_events::{
    Address, CancelReason, Currency, Customer, Line, OrderCancelled, OrderConfirmed, OrderRefundDue,
    OrderReturned, TotalTooLarge,
};
use serde::{Deserialize, Serialize};
use waxseal::{Entity, Timestamp};

use crate::commands::PlaceOrder;

/// The status of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", content = "reason", rename_all = "lowercase")]
pub enum Status {
    /// Accepted; stock and payment have not answered yet.
    Placed,
    /// Stock is reserved.
    Reserved,
    /// The money is captured, and the order is confirmed.
    Confirmed,
    /// It ended, with this reason.
    Cancelled(CancelReason),
    /// It was confirmed, and its customer sent it back.
    Returned,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Its id, chosen by its customer.
    pub order_id: String,
    /// The customer.
    pub customer: Customer,
    /// The articles, with quantities and prices.
    pub lines: Vec<Line>,
    /// The total in minor units.
    pub total: u64,
    /// The total's currency.
    pub currency: Currency,
    /// The status.
    #[serde(flatten)]
    pub status: Status,
    /// Whether money was captured after the cancellation.
    pub refund_due: bool,
    /// The time at which it was placed.
    pub placed_at: Timestamp,
    /// The time of its last change.
    pub updated_at: Timestamp,
    /// The number of its writes: 1 when placed.
    pub version: u64,
    /// The flow of its placement, which a later cancellation joins.
    pub correlation_id: String,
    /// The address of the parcel; where it is absent, the one that the shop has of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
}

impl Entity for Order {
    const KIND: &'static str = "order";
}

/// The effect of captured money on an order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Captured {
    /// The order is confirmed now.
    Confirmed(OrderConfirmed),
    /// The order was cancelled, so the money goes back.
    RefundDue(OrderRefundDue),
    /// The capture was known.
    Known,
}

impl Order {
    /// A new order.
    pub(crate) fn place(
        order: &PlaceOrder,
        at: Timestamp,
        correlation_id: &str,
    ) -> Result<Self, TotalTooLarge> {
        Ok(Self {
            order_id: order.order_id.clone(),
            customer: order.customer.clone(),
            total: order_events::total(&order.lines)?,
            lines: order.lines.clone(),
            currency: order.currency,
            status: Status::Placed,
            refund_due: false,
            placed_at: at,
            updated_at: at,
            version: 1,
            correlation_id: correlation_id.to_owned(),
            ship_to: order.ship_to.clone(),
        })
    }

    fn change(&mut self, status: Status, at: Timestamp) {
        self.status = status;
        self.version += 1;
        // The clocks of several machines differ, so the time of a change never goes back.
        self.updated_at = self.updated_at.max(at);
    }

    fn is_open(&self) -> bool {
        matches!(self.status, Status::Placed | Status::Reserved)
    }

    pub(crate) fn reserve(&mut self, at: Timestamp) {
        if self.status == Status::Placed {
            self.change(Status::Reserved, at);
        }
    }

    /// Confirms it, unless it has ended.
    pub(crate) fn confirm(&mut self, at: Timestamp) -> Option<OrderConfirmed> {
        self.is_open().then(|| {
            self.change(Status::Confirmed, at);
            OrderConfirmed {
                order_id: self.order_id.clone(),
                customer: self.customer.clone(),
                total: self.total,
                currency: self.currency,
                confirmed_at: at,
                ship_to: self.ship_to.clone(),
            }
        })
    }

    pub(crate) fn capture(&mut self, at: Timestamp) -> Captured {
        if let Some(confirmed) = self.confirm(at) {
            return Captured::Confirmed(confirmed);
        }
        match self.status {
            Status::Cancelled(_) if !self.refund_due => {
                self.refund_due = true;
                self.change(self.status, at);
                Captured::RefundDue(OrderRefundDue {
                    order_id: self.order_id.clone(),
                    amount: self.total,
                    currency: self.currency,
                })
            }
            Status::Placed
            | Status::Reserved
            | Status::Confirmed
            | Status::Cancelled(_)
            | Status::Returned => Captured::Known,
        }
    }

    /// Takes it back, where it is confirmed.
    pub(crate) fn give_back(&mut self, at: Timestamp) -> Option<OrderReturned> {
        (self.status == Status::Confirmed).then(|| {
            self.change(Status::Returned, at);
            OrderReturned {
                order_id: self.order_id.clone(),
                customer: self.customer.clone(),
                total: self.total,
                currency: self.currency,
                returned_at: at,
            }
        })
    }

    /// Cancels it, unless it has ended.
    pub(crate) fn cancel(&mut self, reason: CancelReason, at: Timestamp) -> Option<OrderCancelled> {
        self.is_open().then(|| {
            self.change(Status::Cancelled(reason), at);
            OrderCancelled {
                order_id: self.order_id.clone(),
                reason,
                customer: self.customer.clone(),
                total: self.total,
                currency: self.currency,
                cancelled_at: at,
            }
        })
    }
}
