//! A parcel is handed to the carrier: in choreography for each confirmed order, in orchestration at
//! the command of `fulfilment`.

use std::{borrow::Cow, convert::Infallible};

use order_events::{CancelShipment, OrderConfirmed, PackageShipped, ShipOrder, ShipmentCancelled};
use waxseal::{Aggregate, Decide, Envelope, Out, Refusal};

use crate::shipment::{Refused, Shipment};

/// Choreography: what is confirmed is shipped.
#[derive(Debug, Clone, Copy)]
pub struct ConfirmedOrders;

impl Aggregate for ConfirmedOrders {
    const NAME: &str = "confirmed-orders";
    type State = Shipment;
    type Decides = (OrderConfirmed,);
    type Emits = (PackageShipped,);
    type Refusal = Infallible;
}

impl Decide<OrderConfirmed> for ConfirmedOrders {
    fn key(order: &OrderConfirmed) -> Cow<'_, str> {
        Cow::Borrowed(&order.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Shipment>,
        event: &Envelope<OrderConfirmed>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let OrderConfirmed { order_id, customer, ship_to, .. } = &event.data;
        let shipped = Shipment::hand_over(state, order_id, &customer.name, ship_to.as_ref(), &event.id);
        if let Some(shipped) = shipped {
            out.emit(shipped);
        }
        Ok(())
    }
}

/// Orchestration: the parcels of `fulfilment`, and their way back.
#[derive(Debug, Clone, Copy)]
pub struct Parcels;

impl Aggregate for Parcels {
    const NAME: &str = "parcels";
    type State = Shipment;
    type Decides = (ShipOrder, CancelShipment);
    type Emits = (PackageShipped, ShipmentCancelled);
    type Refusal = Refused;
}

impl Decide<ShipOrder> for Parcels {
    fn key(command: &ShipOrder) -> Cow<'_, str> {
        Cow::Borrowed(&command.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Shipment>,
        command: &Envelope<ShipOrder>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let ShipOrder { order_id, customer, ship_to } = &command.data;
        let shipped = Shipment::hand_over(state, order_id, &customer.name, ship_to.as_ref(), &command.id);
        if let Some(shipped) = shipped {
            out.emit(shipped);
        }
        Ok(())
    }
}

impl Decide<CancelShipment> for Parcels {
    fn key(command: &CancelShipment) -> Cow<'_, str> {
        Cow::Borrowed(&command.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Shipment>,
        command: &Envelope<CancelShipment>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        out.emit(Shipment::call_back(state, &command.data.order_id)?);
        Ok(())
    }
}
