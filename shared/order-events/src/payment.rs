//! The commands and the events of `payment`.

use serde::{Deserialize, Serialize};

use crate::currency::Currency;

/// Charges the card of an order. [`PaymentCaptured`] or [`PaymentDeclined`] is the reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargeCard {
    /// The order.
    pub order_id: String,
    /// How much, in minor units.
    pub amount: u64,
    /// The amount's currency.
    pub currency: Currency,
    /// The token that the payment gateway charges.
    pub payment_token: String,
}
waxseal_message::command!(ChargeCard {
    name: "charge-card",
    version: 1,
    recipient: "payment",
    undo: RefundCard
});

/// Gives back what was captured for an order, also where the answer of the charge was lost. It
/// undoes [`ChargeCard`]; [`PaymentRefunded`] or [`PaymentVoided`] is the reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundCard {
    /// The order.
    pub order_id: String,
    /// How much was to be charged, in minor units.
    pub amount: u64,
    /// The amount's currency.
    pub currency: Currency,
}
waxseal_message::command!(RefundCard { name: "refund-card", version: 1, recipient: "payment" });

impl From<&ChargeCard> for RefundCard {
    fn from(charge: &ChargeCard) -> Self {
        Self { order_id: charge.order_id.clone(), amount: charge.amount, currency: charge.currency }
    }
}

/// The gateway has taken the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCaptured {
    /// The order.
    pub order_id: String,
    /// How much, in minor units.
    pub amount: u64,
    /// The amount's currency.
    pub currency: Currency,
    /// The gateway's id of the charge; absent where there was nothing to charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_id: Option<String>,
}
waxseal_message::event!(PaymentCaptured { name: "payment.captured", version: 1, owner: "payment" });

/// The gateway will not take the money, and took none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDeclined {
    /// The order.
    pub order_id: String,
    /// The gateway's word for why.
    pub reason: String,
}
waxseal_message::event!(PaymentDeclined { name: "payment.declined", version: 1, owner: "payment" });

/// The gateway has given the money back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    /// The order.
    pub order_id: String,
    /// How much, in minor units.
    pub amount: u64,
    /// The amount's currency.
    pub currency: Currency,
    /// The gateway's id of the refund; absent where there was nothing to give back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
}
waxseal_message::event!(PaymentRefunded { name: "payment.refunded", version: 1, owner: "payment" });

/// No money of the order is captured, and none will be: the answer to a [`RefundCard`] that found
/// nothing to give back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentVoided {
    /// The order.
    pub order_id: String,
}
waxseal_message::event!(PaymentVoided { name: "payment.voided", version: 1, owner: "payment" });

#[cfg(test)]
mod tests {
    use waxseal_message::{Command as _, Message as _};

    use super::*;
    use crate::{ReserveStock, ShipOrder};

    #[test]
    fn an_undo_carries_what_its_command_did() {
        let charge = ChargeCard {
            order_id: "ørdre-1 大岩".into(),
            amount: 98_050,
            currency: "JPY".parse().unwrap(),
            payment_token: "tok_visa".into(),
        };
        let undo = charge.undo().unwrap().unwrap();
        assert_eq!(undo.get(), r#"{"orderId":"ørdre-1 大岩","amount":98050,"currency":"JPY"}"#);
        let undos = [ReserveStock::UNDO, ChargeCard::UNDO, ShipOrder::UNDO, RefundCard::UNDO];
        assert_eq!(undos, [Some("release-stock"), Some("refund-card"), Some("cancel-shipment"), None]);
    }
}
