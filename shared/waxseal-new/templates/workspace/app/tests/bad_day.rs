//! The whole application on a bad day: duplicates, reordering, crashes and lost answers.

use orders::{Order, PlaceOrder, Status};
use shipping::Parcel;
use waxseal::{Envelope, Raw, Timestamp};
use waxseal_local::Local;
use waxseal_testing::simulation::simulate_app;

const ORDERS: u32 = 10;

fn id(number: u32) -> String {
    format!("o-{number}")
}

/// A command for each order.
fn commands(_seed: u64) -> Vec<Raw> {
    let command = |number| {
        let place = PlaceOrder { order: id(number), article: "hat".into(), pieces: 2 };
        Envelope::starting(format!("place-{number}"), "customer", Timestamp::UNIX_EPOCH, place).into_raw()
    };
    (0..ORDERS).filter_map(|number| command(number).ok()).collect()
}

fn every_order_is_shipped(local: &Local) -> Result<(), String> {
    let status = |number| local.read::<Order>("orders", &id(number)).map(|order| order.status);
    match (0..ORDERS).find(|number| status(*number) != Some(Status::Shipped)) {
        Some(number) => Err(format!("{} is {:?}", id(number), status(number))),
        None => Ok(()),
    }
}

fn every_parcel_has_its_pieces(local: &Local) -> Result<(), String> {
    let pieces = (0..ORDERS).filter_map(|number| local.read::<Parcel>("shipping", &id(number)));
    match pieces.map(|parcel| parcel.pieces).sum::<u32>() {
        pieces if pieces == 2 * ORDERS => Ok(()),
        pieces => Err(format!("{pieces} pieces")),
    }
}

#[test]
fn every_order_is_shipped_once_whatever_happens() {
    let invariants: [(&str, &(dyn Fn(&Local) -> Result<(), String> + Sync)); 2] = [
        ("every order is shipped", &every_order_is_shipped),
        ("every parcel has its pieces", &every_parcel_has_its_pieces),
    ];
    let runs = simulate_app({{app_module}}::app, 0..30, commands, &invariants);
    assert!(runs.iter().any(|(_, duplicates)| *duplicates > 0), "a bad day has duplicates");
}

#[test]
fn the_application_has_no_finding() {
    let findings: Vec<String> = {{app_module}}::app().check().iter().map(ToString::to_string).collect();
    assert_eq!(findings, [] as [String; 0]);
}
