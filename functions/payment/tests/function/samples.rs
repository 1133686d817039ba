//! The committed samples have the form of Lambda's deliveries, and are handled.

use bytes::Bytes;
use http::{Request, Response};
use order_events::{PaymentCaptured, Style};
use waxseal::{BoxError, batch::Policy};
use waxseal_lambda::{Function, Invocation, Invoke};
use waxseal_testing::{Fixture, of_kind};

/// A gateway that takes every card.
struct Generous;

impl payment::Gateway for Generous {
    async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, BoxError> {
        Ok(Response::builder().status(201).body(Bytes::from_static(br#"{"chargeId":"ch_1"}"#))?)
    }
}

#[tokio::test]
async fn the_sample_event_charges() {
    let fixture = Fixture::default();
    let engine = fixture.engine(payment::service(Style::Choreography, Generous));
    let function = Function::new(fixture.batches(engine, Policy::default()));
    let event = include_bytes!("../../samples/stock-reserved.json");
    let answer = function.invoke(event, &Invocation::default()).await.unwrap();
    assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
    assert!(fixture.dead_letters.recorded().is_empty(), "{:?}", fixture.dead_letters.recorded());
    assert_eq!(of_kind::<PaymentCaptured>(&fixture.table.take_emitted())[0].amount, 5230);
}
