//! The scans of the carrier. They come as commands on the queue of `shipping`: the carrier's program
//! has no bus.

use std::borrow::Cow;

use order_events::PackageScanned;
use serde::{Deserialize, Serialize};
use waxseal::{Aggregate, Decide, Envelope, Out, Refusal};

use crate::shipment::{Refused, Shipment};

/// Somebody has scanned a parcel. The label carries the order, so a scan finds its parcel by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanPackage {
    /// The order on the label.
    pub order_id: String,
    /// The place of the scan, in the carrier's words.
    pub place: String,
    /// Whether it is handed over to its customer.
    #[serde(default)]
    pub is_delivered: bool,
}
waxseal::command!(ScanPackage { name: "scan-package", version: 1, recipient: "shipping" });

/// Follows the parcels.
#[derive(Debug, Clone, Copy)]
pub struct Scans;

impl Aggregate for Scans {
    const NAME: &str = "scans";
    type State = Shipment;
    type Decides = (ScanPackage,);
    type Emits = (PackageScanned,);
    type Refusal = Refused;
}

impl Decide<ScanPackage> for Scans {
    fn key(command: &ScanPackage) -> Cow<'_, str> {
        Cow::Borrowed(&command.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Shipment>,
        command: &Envelope<ScanPackage>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let ScanPackage { order_id, place, is_delivered } = &command.data;
        let shipment = state.as_mut().ok_or_else(|| Refused::NoParcel(order_id.clone()))?;
        out.emit(shipment.scan(place, *is_delivered));
        Ok(())
    }
}
