//! The templates of a new workspace. Its own command line would write the same: a test compares.

use waxseal::{Channel, Declared, catalog::Entry};
use waxseal_catalog::{App, Deployed};
use waxseal_infra::{AppError, Stack, templates};

const PLACE_ORDER: Declared = Declared::new("place-order", "orders", Channel::Queue("orders"));
const ORDER_PLACED: Declared = Declared::new("order.placed", "orders", Channel::Bus);
const PARCEL_SHIPPED: Declared = Declared::new("parcel.shipped", "shipping", Channel::Bus);

/// The templates of the application that `new` writes.
pub(crate) fn stacks(application: &str) -> Result<Vec<Stack>, AppError> {
    let decision = |message| Entry::new("orders", "orders", message, &[ORDER_PLACED]);
    let orders = vec![decision(PLACE_ORDER), decision(PARCEL_SHIPPED)];
    let shipping = vec![Entry::new("shipping", "ship-order", ORDER_PLACED, &[PARCEL_SHIPPED])];
    let mut orders = Deployed::of_catalog("orders", orders).max_receives(10);
    orders.answers_http = true;
    let shipping = Deployed::of_catalog("shipping", shipping).max_receives(10);
    templates(&App::new(application).service(orders).service(shipping))
}
