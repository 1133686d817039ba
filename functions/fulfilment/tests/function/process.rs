//! An order's way through the process.

use order_events::{
    CancelReason, ChargeCard, ConfirmOrder, Currency, FulfilmentFailed, FulfilmentStuck, OrderCancelled,
    OrderSettled, PackageShipped, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentVoided,
    RefundCard, ReserveStock, ShipOrder, ShipmentCancelled, ShortLine, StockReleased, StockReserved,
    StockShort,
    testing::{address, customer, placed},
};
use waxseal::{
    Outcome, Raw, Timestamp,
    handler::{Decision, Phase},
};
use waxseal_testing::raw;

use super::shop::{ORDER, Shop};

fn id() -> String {
    ORDER.to_owned()
}

fn reserved() -> StockReserved {
    let (currency, payment_token) = (Currency::EUR, "tok_visa".to_owned());
    StockReserved { order_id: id(), total: 2500, currency, payment_token }
}

fn captured() -> PaymentCaptured {
    let charge_id = Some("ch_1".to_owned());
    PaymentCaptured { order_id: id(), amount: 2500, currency: Currency::EUR, charge_id }
}

fn refunded() -> PaymentRefunded {
    let refund_id = Some("re_1".to_owned());
    PaymentRefunded { order_id: id(), amount: 2500, currency: Currency::EUR, refund_id }
}

fn shipped() -> PackageShipped {
    PackageShipped { order_id: id(), package_id: "WX1".to_owned() }
}

fn called_back() -> ShipmentCancelled {
    ShipmentCancelled { order_id: id(), package_id: Some("WX1".to_owned()) }
}

fn settled(cancelled: Option<CancelReason>) -> OrderSettled {
    OrderSettled { order_id: id(), cancelled }
}

fn cancelled(message: &str) -> Raw {
    let (customer, currency) = (customer(), Currency::EUR);
    let (reason, cancelled_at) = (CancelReason::Customer, Timestamp::UNIX_EPOCH);
    raw(message, OrderCancelled { order_id: id(), reason, customer, total: 2500, currency, cancelled_at })
}

fn commands(states: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    states.iter().map(|(command, state)| ((*command).to_owned(), *state)).collect()
}

/// An order of which so many commands were answered well.
async fn after(answers: usize) -> Shop {
    let mut shop = Shop::with_an_order().await;
    if answers > 0 {
        shop.hears("reserve-stock", reserved()).await;
    }
    if answers > 1 {
        shop.hears("charge-card", captured()).await;
    }
    if answers > 2 {
        shop.hears("ship-order", shipped()).await;
    }
    shop
}

#[tokio::test]
async fn an_order_is_reserved_charged_shipped_and_confirmed() {
    let mut shop = Shop::with_an_order().await;
    let lines = placed(ORDER, &[("größe-m", 2, 1250)]).lines;
    assert_eq!(shop.newest::<ReserveStock>().data.lines, lines);
    shop.hears("reserve-stock", reserved()).await;
    let charge = shop.newest::<ChargeCard>().data;
    assert_eq!((charge.amount, charge.currency, &*charge.payment_token), (2500, Currency::EUR, "tok_visa"));
    shop.hears("charge-card", captured()).await;
    let parcel = shop.newest::<ShipOrder>().data;
    assert_eq!((parcel.customer, parcel.ship_to), (customer(), Some(address())));
    shop.hears("ship-order", shipped()).await;
    shop.hears("confirm-order", settled(None)).await;
    assert_eq!(shop.outcome().await.as_deref(), Some("confirmed"));
    assert_eq!(shop.names, ["reserve-stock", "charge-card", "ship-order", "confirm-order"]);
    let done = ["reserve-stock", "charge-card", "ship-order", "confirm-order"];
    assert_eq!(shop.calls().await, commands(&done.map(|command| (command, "acknowledged"))));
    assert_eq!(shop.waits_until().await, None);
}

#[tokio::test]
async fn too_little_stock_ends_an_order_at_once() {
    let mut shop = after(0).await;
    let short = vec![ShortLine { sku: "größe-m".into(), wanted: 2, on_hand: 1 }];
    shop.hears("reserve-stock", StockShort { order_id: id(), short }).await;
    assert_eq!(shop.outcome().await.as_deref(), Some("cancelled: short"));
    assert_eq!(shop.newest::<FulfilmentFailed>().data.reason, CancelReason::Short);
    assert_eq!(shop.names, ["reserve-stock", "fulfilment.failed"]);
}

#[tokio::test]
async fn g2_a_declined_card_releases_the_stock_before_the_order_ends() {
    let mut shop = after(1).await;
    shop.hears("charge-card", PaymentDeclined { order_id: id(), reason: "無効".into() }).await;
    assert_eq!(shop.calls().await, commands(&[("reserve-stock", "undoing"), ("charge-card", "refused")]));
    shop.hears("release-stock", StockReleased { order_id: id() }).await;
    assert_eq!(shop.outcome().await.as_deref(), Some("cancelled: declined"));
    assert_eq!(shop.names, ["reserve-stock", "charge-card", "release-stock", "fulfilment.failed"]);
    assert_eq!(shop.newest::<FulfilmentFailed>().data.reason, CancelReason::Declined);
}

#[tokio::test]
async fn g2_a_customer_may_cancel_at_any_step_and_all_is_undone_the_last_first() {
    let undos = ["release-stock", "refund-card", "cancel-shipment"];
    for answers in 0..=3 {
        let mut shop = after(answers).await;
        shop.take(&cancelled("c-1")).await;
        let undone: Vec<&str> = undos.into_iter().take(answers + 1).rev().collect();
        for undo in &undone {
            assert_eq!(shop.names.last().map(String::as_str), Some(*undo), "after {answers} answers");
            match *undo {
                "cancel-shipment" => shop.hears(undo, called_back()).await,
                "refund-card" => shop.hears(undo, refunded()).await,
                _ => shop.hears(undo, StockReleased { order_id: id() }).await,
            }
        }
        assert_eq!(shop.outcome().await.as_deref(), Some("cancelled: customer"), "after {answers} answers");
        assert_eq!(shop.newest::<FulfilmentFailed>().data.reason, CancelReason::Customer);
        let calls = shop.calls().await;
        assert!(calls.iter().take(3).all(|(_, state)| *state == "undone"), "{calls:?}");
    }
}

/// The cancellation overtakes the order, so no instance hears it. `orders` has the last word.
#[tokio::test]
async fn g3_a_cancellation_that_overtakes_its_order_is_not_lost() {
    let mut shop = Shop::closed();
    shop.take(&cancelled("c-1")).await;
    shop.take(&raw("placed-1", placed(ORDER, &[("größe-m", 2, 1250)]))).await;
    shop.hears("reserve-stock", reserved()).await;
    shop.hears("charge-card", captured()).await;
    shop.hears("ship-order", shipped()).await;
    shop.hears("confirm-order", settled(Some(CancelReason::Customer))).await;
    shop.hears("cancel-shipment", called_back()).await;
    shop.hears("refund-card", refunded()).await;
    shop.hears("release-stock", StockReleased { order_id: id() }).await;
    assert_eq!(shop.outcome().await.as_deref(), Some("cancelled: customer"));
}

#[tokio::test]
async fn g1_a_step_that_is_not_answered_in_time_undoes_all() {
    for (answers, seconds, reason) in [
        (0, 600, "inventory has not answered in time"),
        (1, 840, "payment has not answered in time"),
        (2, 48 * 3600, "shipping has not answered in time"),
    ] {
        let mut shop = after(answers).await;
        assert_eq!(shop.pass(seconds - 1).await, Outcome::Stale, "{reason}");
        assert_eq!(shop.pass(1).await, Outcome::Applied, "{reason}");
        assert_eq!(shop.instance().await.phase, Phase::Compensating { reason: reason.to_owned() });
        // What was sent may have been done, so it is undone too.
        let calls = shop.calls().await;
        assert_eq!(calls.last().unwrap().1, "undoing", "{calls:?}");
    }
}

#[tokio::test]
async fn a_reply_that_comes_after_its_deadline_changes_nothing_about_the_undo() {
    let mut shop = after(1).await;
    shop.pass(840).await;
    let late = shop.reply("charge-card", captured());
    assert_eq!(shop.take(&late).await, Outcome::Applied);
    assert_eq!(shop.names, ["reserve-stock", "charge-card", "refund-card"]);
    shop.hears("refund-card", refunded()).await;
    shop.hears("release-stock", StockReleased { order_id: id() }).await;
    assert_eq!(shop.outcome().await.as_deref(), Some("cancelled: late"));
}

#[tokio::test]
async fn the_confirmation_is_asked_for_again_since_it_cannot_be_undone() {
    let mut shop = after(3).await;
    let first = shop.newest::<ConfirmOrder>().id;
    assert_eq!(shop.pass(600).await, Outcome::Applied);
    assert_ne!(shop.newest::<ConfirmOrder>().id, first);
    assert_eq!(shop.waits_until().await, Some(600 + 1200), "twice as long");
    assert_eq!(shop.instance().await.phase, Phase::Running);
    shop.hears("confirm-order", settled(None)).await;
    assert_eq!(shop.outcome().await.as_deref(), Some("confirmed"));
}

#[tokio::test]
async fn g2_a_refund_that_is_never_answered_is_stuck_and_a_person_skips_it() {
    let mut shop = after(1).await;
    shop.take(&cancelled("c-1")).await;
    for _ in 0..5 {
        assert_eq!(shop.pass(600).await, Outcome::Applied);
    }
    let stuck = shop.newest::<FulfilmentStuck>().data;
    assert_eq!((&*stuck.order_id, &*stuck.command), (ORDER, "charge-card"));
    assert_eq!(shop.names.iter().filter(|name| *name == "refund-card").count(), 5);
    let decided = shop.engine.decide(fulfilment::KIND, ORDER, Decision::Skip, None).await;
    assert_eq!(decided.unwrap(), Outcome::Applied);
    let skipped = shop.fixture.table.take_emitted();
    assert!(skipped.iter().any(|message| message.name == "release-stock"), "{skipped:?}");
}

#[tokio::test]
async fn a_voided_payment_is_an_answer_to_an_undo() {
    let mut shop = after(1).await;
    shop.pass(840).await;
    shop.hears("refund-card", PaymentVoided { order_id: id() }).await;
    assert_eq!(shop.newest::<RefundCard>().data.amount, 2500);
    assert_eq!(shop.calls().await[1], ("charge-card".to_owned(), "undone"));
}

#[test]
fn the_process_can_send_all_undos_of_its_commands() {
    fulfilment::service(fulfilment::Deadlines::default()).check().unwrap();
}
