//! The decisions about a parcel: given, when, then.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use order_events::{
    CancelShipment, Currency, OrderConfirmed, PackageScanned, PackageShipped, ShipOrder, ShipmentCancelled,
    testing::{address, customer},
};
use shipping::{ConfirmedOrders, Parcels, Refused, ScanPackage, Scans, Shipment, Whereabouts};
use waxseal::Timestamp;
use waxseal_testing::given;

const ORDER: &str = "ørdre-1";

/// The number that the test kit's first message gives a parcel.
const PACKAGE: &str = "WXMESSAGE1";

fn parcel(whereabouts: Whereabouts, last_scan: Option<&str>) -> Shipment {
    Shipment {
        order_id: ORDER.to_owned(),
        package_id: PACKAGE.to_owned(),
        recipient: customer().name,
        ship_to: Some(address()),
        whereabouts,
        last_scan: last_scan.map(str::to_owned),
    }
}

fn shipped() -> PackageShipped {
    PackageShipped { order_id: ORDER.to_owned(), package_id: PACKAGE.to_owned() }
}

fn ship() -> ShipOrder {
    ShipOrder { order_id: ORDER.to_owned(), customer: customer(), ship_to: Some(address()) }
}

fn call_back() -> CancelShipment {
    CancelShipment::from(&ship())
}

fn scan(place: &str, is_delivered: bool) -> ScanPackage {
    ScanPackage { order_id: ORDER.to_owned(), place: place.to_owned(), is_delivered }
}

#[test]
fn a_parcel_is_shipped_once_and_called_back_once() {
    let cancelled = || ShipmentCancelled { order_id: ORDER.to_owned(), package_id: Some(PACKAGE.to_owned()) };
    given(Parcels, None)
        .when(ship())
        .then(parcel(Whereabouts::OnItsWay, None), (shipped(),))
        .when(ship())
        .then(parcel(Whereabouts::OnItsWay, None), ())
        .when(call_back())
        .then(parcel(Whereabouts::Cancelled, None), (cancelled(),))
        .when(call_back())
        .then(parcel(Whereabouts::Cancelled, None), (cancelled(),));
}

#[test]
fn a_parcel_that_was_never_shipped_is_called_back_with_an_answer() {
    let none = ShipmentCancelled { order_id: ORDER.to_owned(), package_id: None };
    given(Parcels, None).when(call_back()).then(None, (none,));
}

#[test]
fn a_delivered_parcel_stays_with_its_customer() {
    given(Parcels, parcel(Whereabouts::Delivered, Some("玄関")))
        .when(call_back())
        .then_refused(Refused::Delivered(ORDER.to_owned()));
}

#[test]
fn a_confirmed_order_is_shipped() {
    let confirmed = OrderConfirmed {
        order_id: ORDER.to_owned(),
        customer: customer(),
        total: 2500,
        currency: Currency::EUR,
        confirmed_at: Timestamp::UNIX_EPOCH,
        ship_to: Some(address()),
    };
    given(ConfirmedOrders, None)
        .when(confirmed.clone())
        .then(parcel(Whereabouts::OnItsWay, None), (shipped(),))
        .when(confirmed)
        .then(parcel(Whereabouts::OnItsWay, None), ());
}

#[test]
fn each_scan_is_told_and_the_last_one_says_where_it_is() {
    let told = |place: &str, is_delivered| PackageScanned {
        order_id: ORDER.to_owned(),
        package_id: PACKAGE.to_owned(),
        place: place.to_owned(),
        is_delivered,
    };
    given(Scans, parcel(Whereabouts::OnItsWay, None))
        .when(scan("Köln-Süd", false))
        .then(parcel(Whereabouts::OnItsWay, Some("Köln-Süd")), (told("Köln-Süd", false),))
        .when(scan("玄関", true))
        .then(parcel(Whereabouts::Delivered, Some("玄関")), (told("玄関", true),));
    // One that was called back is scanned on its way back, and delivered to nobody.
    given(Scans, parcel(Whereabouts::Cancelled, None))
        .when(scan("depot", true))
        .then(parcel(Whereabouts::Cancelled, Some("depot")), (told("depot", false),));
    given(Scans, None).when(scan("depot", false)).then_refused(Refused::NoParcel(ORDER.to_owned()));
}
