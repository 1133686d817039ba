//! The committed samples have the form of Lambda's deliveries, and are handled.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use bytes::Bytes;
use http::{Request, Response};
use order_events::{
    PaymentCaptured,
    testing::{Memory, of_kind},
};
use waxseal::{
    BoxError,
    batch::{Batches, Policy},
};
use waxseal_lambda::{Function, Invocation, Invoke};

/// A gateway that takes every card.
struct Generous;

impl payment::Gateway for Generous {
    async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, BoxError> {
        Ok(Response::builder().status(201).body(Bytes::from_static(br#"{"chargeId":"ch_1"}"#))?)
    }
}

#[tokio::test]
async fn the_sample_event_charges() {
    let memory = Memory::new();
    let engine = memory.engine(payment::service(Generous));
    let function = Function::new(Batches::new(engine, memory.clone(), Policy::default()));
    let event = include_bytes!("../samples/stock-reserved.json");
    let answer = function.invoke(event, &Invocation::default()).await.unwrap();
    assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
    assert!(memory.dead_letters().is_empty(), "{:?}", memory.dead_letters());
    assert_eq!(of_kind::<PaymentCaptured>(&memory.take_emitted())[0].amount, 5230);
}
