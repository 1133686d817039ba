//! `payment` as a whole, on a table in memory and with a gateway that honours keys.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use http::{Request, Response};
use order_events::{
    Currency, OrderRefundDue, PaymentCaptured, PaymentDeclined, PaymentRefunded, StockReserved, Style,
};
use payment::{Gateway, Payment};
use serde_json::{Value, json};
use waxseal::{BoxError, Failure, Outcome, Raw, Timestamp};
use waxseal_testing::{Fixture, MemoryTable, of_kind, raw};

/// A gateway with its effects and its next behaviour.
#[derive(Default, Clone)]
struct Stand {
    /// The answers by key: the effects.
    answers: Arc<Mutex<BTreeMap<String, (u16, Value)>>>,
    requests: Arc<Mutex<Vec<(String, String, Value)>>>,
    /// Whether the answers of the next calls are lost after the effect.
    losing: Arc<AtomicBool>,
    /// The status with which it answers instead of acting.
    failing_status: Arc<Mutex<Option<u16>>>,
    /// The table whose writes fail after the effect, as if the process died.
    crashing: Arc<Mutex<Option<MemoryTable>>>,
    /// Whether the first answer waits.
    holding: Arc<AtomicBool>,
}

impl Gateway for Stand {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, BoxError> {
        let key = request.headers()["idempotency-key"].to_str()?.to_owned();
        let path = request.uri().path().to_owned();
        let body: Value = serde_json::from_slice(request.body())?;
        self.requests.lock().unwrap().push((path.clone(), key.clone(), body.clone()));
        if let Some(status) = *self.failing_status.lock().unwrap() {
            return Ok(Response::builder().status(status).header("retry-after", "30").body(Bytes::new())?);
        }
        let (status, answer) = {
            let mut answers = self.answers.lock().unwrap();
            let number = answers.len() + 1;
            let act = || match (path.as_str(), body["token"].as_str()) {
                ("/charges", Some("tok_declined")) => (402, json!({"reason":"insufficient_funds"})),
                ("/charges", _) => (201, json!({"chargeId":format!("ch_{number}")})),
                (_, _) => (201, json!({"refundId":format!("re_{number}"),"of":body["chargeId"]})),
            };
            answers.entry(key).or_insert_with(act).clone()
        };
        if let Some(table) = self.crashing.lock().unwrap().take() {
            table.lose_writes(2);
        }
        // Only the first request is delayed.
        if self.holding.swap(false, Ordering::SeqCst) {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
        if self.losing.swap(false, Ordering::SeqCst) {
            return Err("connection reset by peer".into());
        }
        Ok(Response::builder().status(status).body(Bytes::from(answer.to_string()))?)
    }
}

fn reserved(id: &str, total: u64, token: &str) -> Raw {
    let currency = Currency::EUR;
    raw(id, StockReserved { order_id: "o-1".into(), total, currency, payment_token: token.into() })
}

fn refund(id: &str, amount: u64) -> Raw {
    raw(id, OrderRefundDue { order_id: "o-1".into(), amount, currency: Currency::EUR })
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[tokio::test]
async fn a_charge_is_made_once_and_its_request_is_what_the_gateway_reads() {
    let (fixture, stand) = (Fixture::default(), Stand::default());
    let engine = fixture.engine(payment::service(Style::Choreography, stand.clone()));
    let event = reserved("e-1", 2500, "tok_visa");
    assert_eq!(engine.handle(&event).await.unwrap(), Outcome::Applied);
    assert_eq!(engine.handle(&event).await.unwrap(), Outcome::Duplicate);
    // The event is another one about the same order.
    engine.handle(&reserved("e-2", 2500, "tok_visa")).await.unwrap();
    let requests = stand.requests.lock().unwrap().clone();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].0, "/charges");
    assert_eq!(requests[0].2, json!({"orderId":"o-1","amount":2500,"currency":"EUR","token":"tok_visa"}));
    let captured = of_kind::<PaymentCaptured>(&fixture.table.take_emitted());
    assert_eq!(
        (captured.len(), captured[0].amount, captured[0].charge_id.as_deref()),
        (1, 2500, Some("ch_1"))
    );
}

#[tokio::test]
async fn a_declined_card_is_an_outcome_and_no_fault() {
    let (fixture, stand) = (Fixture::default(), Stand::default());
    let engine = fixture.engine(payment::service(Style::Choreography, stand));
    engine.handle(&reserved("e-1", 2500, "tok_declined")).await.unwrap();
    let declined = of_kind::<PaymentDeclined>(&fixture.table.take_emitted());
    assert_eq!((declined.len(), declined[0].reason.as_str()), (1, "insufficient_funds"));
    let failure = engine.handle(&refund("e-2", 2500)).await.unwrap_err();
    assert!(failure.is_permanent(), "{failure}");
}

#[tokio::test]
async fn s10_a_lost_answer_is_asked_for_again_with_the_same_key() {
    let (fixture, stand) = (Fixture::default(), Stand::default());
    let engine = fixture.engine(payment::service(Style::Choreography, stand.clone()));
    stand.losing.store(true, Ordering::SeqCst);
    let event = reserved("e-1", 2500, "tok_timeout");
    let failure = engine.handle(&event).await.unwrap_err();
    assert!(!failure.is_permanent());
    assert_eq!(
        waxseal::error_chain(&failure),
        "the payment gateway did not answer /charges: connection reset by peer"
    );
    assert!(fixture.table.take_emitted().is_empty());
    assert_eq!(engine.handle(&event).await.unwrap(), Outcome::Applied);
    let requests = stand.requests.lock().unwrap().clone();
    assert_eq!((requests.len(), &requests[0].1), (2, &requests[1].1));
    assert_eq!(stand.answers.lock().unwrap().len(), 1);
    assert_eq!(of_kind::<PaymentCaptured>(&fixture.table.take_emitted()).len(), 1);
}

#[tokio::test]
async fn s10_s11_a_crash_between_charge_and_commit_waits_for_the_lease_and_charges_once() {
    let (fixture, stand) = (Fixture::default(), Stand::default());
    let engine = fixture.engine(payment::service(Style::Choreography, stand.clone()));
    *stand.crashing.lock().unwrap() = Some(fixture.table.clone());
    let event = reserved("e-1", 2500, "tok_visa");
    assert!(matches!(engine.handle(&event).await, Err(Failure::Table(_))));
    fixture.host.set(at(44));
    assert!(matches!(engine.handle(&event).await, Err(Failure::InProgress { .. })));
    assert_eq!(stand.requests.lock().unwrap().len(), 1);
    fixture.host.set(at(45));
    assert_eq!(engine.handle(&event).await.unwrap(), Outcome::Applied);
    assert_eq!((stand.requests.lock().unwrap().len(), stand.answers.lock().unwrap().len()), (2, 1));
    let payment = engine.state_of::<Payment>("o-1").await.unwrap();
    assert!(matches!(payment.state, Some(Payment::Captured { amount: 2500, .. })), "{payment:?}");
    assert_eq!(payment.version, 2, "authorized and captured, once");
}

#[tokio::test]
async fn s12_s13_a_zombie_neither_commits_nor_releases() {
    let (fixture, stand) = (Fixture::default(), Stand::default());
    // Two processes share no fixture.
    let first = fixture.engine(payment::service(Style::Choreography, stand.clone()));
    let second = fixture.engine(payment::service(Style::Choreography, stand.clone()));
    let event = reserved("e-1", 2500, "tok_visa");
    stand.holding.store(true, Ordering::SeqCst);
    let (zombie, successor) = tokio::join!(first.handle(&event), async {
        fixture.host.set(at(46));
        second.handle(&event).await
    });
    assert_eq!(successor.unwrap(), Outcome::Applied);
    assert!(matches!(zombie, Err(Failure::LeaseLost)), "{zombie:?}");
    assert_eq!(of_kind::<PaymentCaptured>(&fixture.table.take_emitted()).len(), 1);
    assert_eq!(stand.answers.lock().unwrap().len(), 1);
    assert_eq!(
        fixture.engine(payment::service(Style::Choreography, stand)).handle(&event).await.unwrap(),
        Outcome::Duplicate
    );
}

#[tokio::test]
async fn the_outcome_is_unknown_once_the_gateway_has_forgotten_the_key() {
    let (fixture, stand) = (Fixture::default(), Stand::default());
    let engine = fixture.engine(payment::service(Style::Choreography, stand.clone()));
    stand.losing.store(true, Ordering::SeqCst);
    let event = reserved("e-1", 2500, "tok_visa");
    engine.handle(&event).await.unwrap_err();
    fixture.host.set(at(24 * 3600));
    let failure = engine.handle(&event).await.unwrap_err();
    assert!(matches!(failure, Failure::OutcomeUnknown { attempts: 1, .. }), "{failure}");
    assert_eq!(stand.requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_the_gateway_refuses_is_dead_lettered_and_what_may_pass_is_tried_again() {
    for (status, permanent) in
        [(400, true), (409, true), (422, true), (401, false), (429, false), (500, false), (503, false)]
    {
        let (fixture, stand) = (Fixture::default(), Stand::default());
        let engine = fixture.engine(payment::service(Style::Choreography, stand.clone()));
        *stand.failing_status.lock().unwrap() = Some(status);
        let failure = engine.handle(&reserved("e-1", 2500, "tok_visa")).await.unwrap_err();
        assert_eq!(failure.is_permanent(), permanent, "{failure}");
        let asked = failure.retry_after(engine.now()).map(|delay| delay.as_secs());
        assert_eq!(asked, (!permanent).then_some(30));
    }
}

#[tokio::test]
async fn a_refund_finds_its_charge_and_is_made_once() {
    let (fixture, stand) = (Fixture::default(), Stand::default());
    let engine = fixture.engine(payment::service(Style::Choreography, stand.clone()));
    engine.handle(&reserved("e-1", 2500, "tok_visa")).await.unwrap();
    let failure = engine.handle(&refund("e-2", 2499)).await.unwrap_err();
    assert!(failure.is_permanent() && failure.to_string().contains("another amount"), "{failure}");
    stand.losing.store(true, Ordering::SeqCst);
    assert!(!engine.handle(&refund("e-3", 2500)).await.unwrap_err().is_permanent());
    for id in ["e-3", "e-3", "e-4"] {
        engine.handle(&refund(id, 2500)).await.unwrap();
    }
    let refunds: Vec<_> = {
        let requests = stand.requests.lock().unwrap();
        requests.iter().filter(|(path, ..)| path == "/refunds").cloned().collect()
    };
    assert_eq!((refunds.len(), &refunds[0].1), (2, &refunds[1].1));
    assert_eq!(refunds[0].2, json!({"orderId":"o-1","chargeId":"ch_1","amount":2500,"currency":"EUR"}));
    assert_eq!(of_kind::<PaymentRefunded>(&fixture.table.take_emitted()).len(), 1);
}

#[tokio::test]
async fn nothing_is_asked_of_the_gateway_where_there_is_nothing_to_pay() {
    let (fixture, stand) = (Fixture::default(), Stand::default());
    let engine = fixture.engine(payment::service(Style::Choreography, stand.clone()));
    engine.handle(&reserved("e-1", 0, "tok_visa")).await.unwrap();
    engine.handle(&refund("e-2", 0)).await.unwrap();
    assert!(stand.requests.lock().unwrap().is_empty());
    let emitted = fixture.table.take_emitted();
    assert_eq!(
        (of_kind::<PaymentCaptured>(&emitted).len(), of_kind::<PaymentRefunded>(&emitted).len()),
        (1, 1)
    );
}
