//! The decisions about an order: given, when, then.

use orders::{Order, Orders, PlaceOrder, Refused, Status};
use waxseal_testing::given;
use {{app_module}}_events::{OrderPlaced, ParcelShipped};

fn place() -> PlaceOrder {
    PlaceOrder { order: "o-1".into(), article: "hat".into(), pieces: 2 }
}

fn order(status: Status) -> Order {
    Order { article: "hat".into(), pieces: 2, status }
}

#[test]
fn an_order_is_placed_once_and_shipped() {
    given(Orders, None)
        .when(place())
        .then(order(Status::Placed), (OrderPlaced::sample(),))
        .when(place())
        .then_refused(Refused::Exists("o-1".into()))
        .when(ParcelShipped::sample())
        .then(order(Status::Shipped), ());
}

#[test]
fn an_order_of_nothing_and_a_parcel_of_no_order_are_refused() {
    given(Orders, None)
        .when(PlaceOrder { pieces: 0, ..place() })
        .then_refused(Refused::NoPieces)
        .when(ParcelShipped::sample())
        .then_refused(Refused::NoOrder("o-1".into()));
}
