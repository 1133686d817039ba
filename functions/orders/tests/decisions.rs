//! The decisions about an order: given, when, then.

use order_events::{
    CancelReason, ConfirmOrder, Currency, FulfilmentFailed, OrderCancelled, OrderConfirmed, OrderPlaced,
    OrderRefundDue, OrderReturned, OrderSettled, PaymentCaptured, PaymentDeclined, StockReserved, StockShort,
    testing::{address, customer},
};
use orders::{CancelOrder, OrchestratedOrders, Order, Orders, PlaceOrder, Refused, ReturnOrder, Status};
use waxseal::Timestamp;
use waxseal_testing::given;

const AT: Timestamp = Timestamp::UNIX_EPOCH;

fn place() -> PlaceOrder {
    let lines = order_events::testing::placed("o-1", &[("tee", 2, 1250)]).lines;
    PlaceOrder {
        order_id: "o-1".into(),
        customer: customer(),
        lines,
        currency: Currency::EUR,
        payment_token: "tok_visa".into(),
        ship_to: Some(address()),
    }
}

fn order(status: Status, version: u64) -> Order {
    let PlaceOrder { order_id, customer, lines, currency, ship_to, .. } = place();
    Order {
        order_id,
        customer,
        lines,
        total: 2500,
        currency,
        status,
        refund_due: false,
        placed_at: AT,
        updated_at: AT,
        version,
        correlation_id: "message-1".into(),
        ship_to,
    }
}

fn cancelled(reason: CancelReason) -> OrderCancelled {
    OrderCancelled {
        order_id: "o-1".into(),
        reason,
        customer: customer(),
        total: 2500,
        currency: Currency::EUR,
        cancelled_at: AT,
    }
}

fn confirmed() -> OrderConfirmed {
    OrderConfirmed {
        order_id: "o-1".into(),
        customer: customer(),
        total: 2500,
        currency: Currency::EUR,
        confirmed_at: AT,
        ship_to: Some(address()),
    }
}

fn reserved() -> StockReserved {
    StockReserved {
        order_id: "o-1".into(),
        total: 2500,
        currency: Currency::EUR,
        payment_token: "tok_visa".into(),
    }
}

fn captured() -> PaymentCaptured {
    PaymentCaptured { order_id: "o-1".into(), amount: 2500, currency: Currency::EUR, charge_id: None }
}

fn placed() -> OrderPlaced {
    let PlaceOrder { order_id, customer, lines, currency, payment_token, ship_to } = place();
    OrderPlaced { order_id, customer, lines, currency, payment_token, placed_at: Some(AT), ship_to }
}

fn returned() -> OrderReturned {
    OrderReturned {
        order_id: "o-1".into(),
        customer: customer(),
        total: 2500,
        currency: Currency::EUR,
        returned_at: AT,
    }
}

fn settled(cancelled: Option<CancelReason>) -> OrderSettled {
    OrderSettled { order_id: "o-1".into(), cancelled }
}

fn cancel() -> CancelOrder {
    CancelOrder { order_id: "o-1".into() }
}

#[test]
fn an_order_is_placed_reserved_and_confirmed() {
    let placed = placed();
    given(Orders, None)
        .when(place())
        .then(order(Status::Placed, 1), (placed,))
        .when(place())
        .then_refused(Refused::Exists("o-1".into()))
        .when(reserved())
        .then(order(Status::Reserved, 2), ())
        .when(captured())
        .then(order(Status::Confirmed, 3), (confirmed(),))
        .when(captured())
        .then(order(Status::Confirmed, 3), ())
        .when(cancel())
        .then_refused(Refused::Confirmed("o-1".into()));
}

#[test]
fn money_is_what_counts_also_before_the_reservation_is_heard_of() {
    given(Orders, order(Status::Placed, 1))
        .when(captured())
        .then(order(Status::Confirmed, 2), (confirmed(),))
        .when(reserved())
        .then(order(Status::Confirmed, 2), ());
}

#[test]
fn an_order_ends_once_and_the_first_reason_stands() {
    let short = StockShort { order_id: "o-1".into(), short: vec![] };
    let declined = PaymentDeclined { order_id: "o-1".into(), reason: "insufficient_funds".into() };
    given(Orders, order(Status::Placed, 1))
        .when(short)
        .then(order(Status::Cancelled(CancelReason::Short), 2), (cancelled(CancelReason::Short),))
        .when(declined)
        .then(order(Status::Cancelled(CancelReason::Short), 2), ())
        .when(cancel())
        .then_refused(Refused::CancelledOtherwise("o-1".into(), CancelReason::Short));
}

#[test]
fn money_for_a_cancelled_order_goes_back_once() {
    let by_customer = Status::Cancelled(CancelReason::Customer);
    let due = OrderRefundDue { order_id: "o-1".into(), amount: 2500, currency: Currency::EUR };
    let refunding = || Order { refund_due: true, ..order(by_customer, 3) };
    given(Orders, order(Status::Placed, 1))
        .when(cancel())
        .then(order(by_customer, 2), (cancelled(CancelReason::Customer),))
        .when(cancel())
        .then(order(by_customer, 2), ())
        .when(captured())
        .then(refunding(), (due,))
        .when(captured())
        .then(refunding(), ());
}

#[test]
fn a_message_about_an_order_that_is_not_there_is_refused() {
    given(Orders, None)
        .when(captured())
        .then_refused(Refused::NoSuchOrder("o-1".into()))
        .when(cancel())
        .then_refused(Refused::NoSuchOrder("o-1".into()));
}

#[test]
fn a_confirmed_order_goes_back_once_and_no_other_does() {
    let give_back = || ReturnOrder { order_id: "o-1".into() };
    given(Orders, order(Status::Placed, 1))
        .when(give_back())
        .then_refused(Refused::NotConfirmed("o-1".into()))
        .when(captured())
        .then(order(Status::Confirmed, 2), (confirmed(),))
        .when(give_back())
        .then(order(Status::Returned, 3), (returned(),))
        .when(give_back())
        .then(order(Status::Returned, 3), ())
        .when(cancel())
        .then_refused(Refused::Returned("o-1".into()));
}

#[test]
fn fulfilment_asks_for_the_confirmation_and_each_question_has_an_answer() {
    let confirm = || ConfirmOrder { order_id: "o-1".into() };
    given(OrchestratedOrders, None)
        .when(place())
        .then(order(Status::Placed, 1), (placed(),))
        .when(confirm())
        .then(order(Status::Confirmed, 2), (confirmed(), settled(None)))
        .when(confirm())
        .then(order(Status::Confirmed, 2), (settled(None),))
        .when(cancel())
        .then_refused(Refused::Confirmed("o-1".into()));
    let by_customer = Status::Cancelled(CancelReason::Customer);
    given(OrchestratedOrders, order(Status::Placed, 1))
        .when(cancel())
        .then(order(by_customer, 2), (cancelled(CancelReason::Customer),))
        .when(confirm())
        .then(order(by_customer, 2), (settled(Some(CancelReason::Customer)),));
}

#[test]
fn a_failed_fulfilment_ends_the_order_unless_its_customer_has() {
    let failed = || FulfilmentFailed { order_id: "o-1".into(), reason: CancelReason::Late };
    let late = Status::Cancelled(CancelReason::Late);
    given(OrchestratedOrders, order(Status::Placed, 1))
        .when(failed())
        .then(order(late, 2), (cancelled(CancelReason::Late),))
        .when(failed())
        .then(order(late, 2), ());
    let by_customer = Status::Cancelled(CancelReason::Customer);
    given(OrchestratedOrders, order(by_customer, 2)).when(failed()).then(order(by_customer, 2), ());
}
