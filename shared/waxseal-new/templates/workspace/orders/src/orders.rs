//! The decisions about an order: plain functions of its state and a message.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use waxseal::{Aggregate, Decide, Envelope, Out, Refusal};
use {{app_module}}_events::{OrderPlaced, ParcelShipped};

use crate::order::{Order, Status};

/// Place an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceOrder {
    /// Its id.
    pub order: String,
    /// The article.
    pub article: String,
    /// The number of pieces.
    pub pieces: u32,
}
waxseal::command!(PlaceOrder { name: "place-order", version: 1, recipient: "orders" });

/// Why a message about an order was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The id is taken.
    #[error("there is an order {0} already")]
    Exists(String),
    /// There is no such order.
    #[error("there is no order {0}")]
    NoOrder(String),
    /// It asks for nothing.
    #[error("an order has one piece or more")]
    NoPieces,
}

/// An order, and every message that may change it.
#[derive(Debug, Clone, Copy)]
pub struct Orders;

impl Aggregate for Orders {
    const NAME: &str = "orders";
    type State = Order;
    type Decides = (PlaceOrder, ParcelShipped);
    type Emits = (OrderPlaced,);
    type Refusal = Refused;
}

impl Decide<PlaceOrder> for Orders {
    fn key(place: &PlaceOrder) -> Cow<'_, str> {
        place.order.as_str().into()
    }

    fn decide(
        &self,
        order: &mut Option<Order>,
        place: &Envelope<PlaceOrder>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let PlaceOrder { order: id, article, pieces } = &place.data;
        if order.is_some() {
            return Err(Refused::Exists(id.clone()).into());
        }
        if *pieces == 0 {
            return Err(Refused::NoPieces.into());
        }
        *order = Some(Order { article: article.clone(), pieces: *pieces, status: Status::Placed });
        out.emit(OrderPlaced { order: id.clone(), article: article.clone(), pieces: *pieces });
        Ok(())
    }
}

impl Decide<ParcelShipped> for Orders {
    fn key(shipped: &ParcelShipped) -> Cow<'_, str> {
        shipped.order.as_str().into()
    }

    fn decide(
        &self,
        order: &mut Option<Order>,
        shipped: &Envelope<ParcelShipped>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let order = order.as_mut().ok_or_else(|| Refused::NoOrder(shipped.data.order.clone()))?;
        order.status = Status::Shipped;
        Ok(())
    }
}
