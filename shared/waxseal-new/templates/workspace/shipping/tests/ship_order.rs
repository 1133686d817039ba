//! `ship-order`, alone on a table in memory.

use shipping::{Parcel, ShipOrder};
use waxseal::Outcome;
use waxseal_testing::{Alone, block_on, raw};
use {{app_module}}_events::{OrderPlaced, ParcelShipped};

#[test]
fn an_order_is_shipped_once() {
    let alone = Alone::handler(ShipOrder);
    let placed = raw("event-1", OrderPlaced::sample());
    let ran = block_on(alone.run_raw(&placed));
    assert!(matches!(ran.result, Ok(Outcome::Applied)), "{:?}", ran.result);
    assert_eq!(ran.emitted_of::<ParcelShipped>(), [ParcelShipped::sample()]);
    assert_eq!(alone.state("o-1"), Some(Parcel { pieces: 2 }));

    let again = block_on(alone.run_raw(&placed));
    assert!(again.emitted.is_empty(), "a duplicate changes nothing: {:?}", again.emitted);
}
