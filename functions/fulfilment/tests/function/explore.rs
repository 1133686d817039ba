//! Every state of the process: nothing is swallowed, left behind or waited for without an end. The
//! drawing beside the process shows them.

use fulfilment::{At, Deadlines, Fulfilment, Wait};
use order_events::{
    CancelReason, CancelShipment, ChargeCard, ConfirmOrder, Currency, OrderCancelled, OrderSettled,
    PackageShipped, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentVoided, RefundCard,
    ReleaseStock, ReserveStock, ShipOrder, ShipmentCancelled, ShortLine, StockReleased, StockReserved,
    StockShort,
    testing::{customer, placed},
};
use waxseal::Timestamp;
use waxseal_testing::explore::{Exploration, Explored};

use super::shop::ORDER;

fn explored() -> Explored {
    let id = || ORDER.to_owned();
    let currency = Currency::EUR;
    let short = vec![ShortLine { sku: "größe-m".to_owned(), wanted: 2, on_hand: 1 }];
    let cancelled = OrderCancelled {
        order_id: id(),
        reason: CancelReason::Customer,
        customer: customer(),
        total: 2500,
        currency,
        cancelled_at: Timestamp::UNIX_EPOCH,
    };
    Exploration::of(Fulfilment::new(Deadlines::default()))
        .begins(placed(ORDER, &[("größe-m", 2, 1250)]))
        .input(StockReserved { order_id: id(), total: 2500, currency, payment_token: "tok_visa".to_owned() })
        .answers::<ReserveStock>()
        .input(StockShort { order_id: id(), short })
        .refuses::<ReserveStock>()
        .input(StockReleased { order_id: id() })
        .answers::<ReleaseStock>()
        .input(PaymentCaptured { order_id: id(), amount: 2500, currency, charge_id: Some("ch_1".to_owned()) })
        .answers::<ChargeCard>()
        .input(PaymentDeclined { order_id: id(), reason: "insufficient funds".to_owned() })
        .refuses::<ChargeCard>()
        .input(PaymentRefunded { order_id: id(), amount: 2500, currency, refund_id: Some("re_1".to_owned()) })
        .answers::<RefundCard>()
        .input(PaymentVoided { order_id: id() })
        .answers::<RefundCard>()
        .input(PackageShipped { order_id: id(), package_id: "WX1".to_owned() })
        .answers::<ShipOrder>()
        .input(ShipmentCancelled { order_id: id(), package_id: Some("WX1".to_owned()) })
        .answers::<CancelShipment>()
        .input(OrderSettled { order_id: id(), cancelled: None })
        .answers::<ConfirmOrder>()
        .input(OrderSettled { order_id: id(), cancelled: Some(CancelReason::Customer) })
        .answers::<ConfirmOrder>()
        .input(cancelled)
        .at_any_time()
        // `orders` has the last word, so a question about it has no undo.
        .harmless::<ConfirmOrder>()
        // So the question is asked until it is answered.
        .asks_again(Wait::Confirmation)
        .reaches([At::Reserving, At::Charging, At::Shipping, At::Confirming, At::Confirmed])
        .explore()
}

#[test]
fn no_state_of_the_process_has_a_finding() {
    explored().assert_sound();
}

#[test]
fn the_drawing_beside_the_process_is_fresh() {
    explored().assert_fresh("PROCESS.md");
}
