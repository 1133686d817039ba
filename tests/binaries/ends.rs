//! The end of an invocation, and of the process: unfinished records are reported as failed, and
//! none is lost or repeated.

use std::time::{Duration, Instant};

use serde_json::json;
use waxseal::table::Item;
use waxseal_tests::{
    deliveries::{changed, failures, handle, sqs, with_id},
    runtime_api::Lambda,
};

use crate::service::{World, service, text};

/// A batch of three for `payment`, one handler at once, whose gateway falls silent on the second.
struct Stuck {
    world: World,
    batch: Vec<u8>,
}

impl Stuck {
    fn new() -> (Self, Lambda) {
        let (world, payment) = (World::new(), service("payment"));
        let order =
            |id: &str| changed(&with_id(&payment.body(), id), |event| event["data"]["orderId"] = json!(id));
        let batch = sqs(&[("m1", order("o-1")), ("m2", order("o-2")), ("m3", order("o-3"))]);
        let mut variables = world.variables("payment");
        variables.insert("WAXSEAL_CONCURRENCY".to_owned(), "1".to_owned());
        let mut lambda = Lambda::start("payment", &variables);
        lambda.ready();
        world.gateway.be_silent_on(Some("o-2"));
        (Self { world, batch }, lambda)
    }

    /// Waits until the gateway has the request for the second order.
    fn wait(&self) {
        let began = Instant::now();
        while self.world.gateway.requests() < 2 {
            assert!(began.elapsed() < Duration::from_secs(30), "the gateway is never asked");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn receipt(&self, order: &str) -> Option<Item> {
        self.world.aws.receipts().into_iter().find(|item| item.key.partition.ends_with(order))
    }

    fn attempt(&self, order: &str) -> Option<i64> {
        self.receipt(order).and_then(|receipt| receipt.get_number("attempt"))
    }

    /// The first is done; the second was dropped and its lease released; the third never began.
    fn assert_given_up(&self) {
        assert_eq!(self.receipt("o-1").unwrap().get_text("status"), Some("completed"));
        let released = self.receipt("o-2").unwrap();
        assert_eq!((released.get_text("status"), released.get_number("attempt")), (Some("leased"), Some(1)));
        assert!(self.receipt("o-3").is_none(), "what never started is no attempt");
        // The record is made visible at once, since waiting has no use.
        let delays = self.world.aws.delays().concat();
        let seconds =
            |id: &str| delays.iter().find(|delay| delay.handle == handle(id)).map(|delay| delay.seconds);
        assert_eq!((seconds("m1"), seconds("m3")), (None, Some(0)), "{delays:?}");
    }

    /// The same batch with a gateway that answers: no lease is in the way, and every card is
    /// charged once.
    fn assert_done_by(&self, lambda: &mut Lambda) {
        self.world.gateway.be_silent_on(None);
        assert_eq!(text(lambda.invoke(self.batch.clone()).unwrap()), failures(&[]));
        assert_eq!(
            (self.attempt("o-1"), self.attempt("o-2"), self.attempt("o-3")),
            (Some(1), Some(2), Some(1))
        );
        assert_eq!(self.world.gateway.charges().len(), 3);
        assert_eq!(self.world.aws.dead_letter_count(), 0);
    }
}

#[test]
fn s22_on_sigterm_what_is_unfinished_is_reported_as_failed_and_the_process_ends() {
    let (stuck, mut lambda) = Stuck::new();
    let invocation = lambda.begin(stuck.batch.clone());
    stuck.wait();
    let told = Instant::now();
    lambda.terminate();
    assert_eq!(text(lambda.wait(&invocation).unwrap()), failures(&["m2", "m3"]));
    let ended = lambda.exited();
    // Lambda kills it 2 s after SIGTERM at the latest; the bound is larger, since this machine may
    // be busy.
    assert!(told.elapsed() < Duration::from_secs(10), "it took {:?} to end", told.elapsed());
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
    stuck.assert_given_up();
    stuck.assert_done_by(&mut stuck.world.start("payment"));
}

#[test]
fn s22_on_sigterm_an_idle_process_ends() {
    let world = World::new();
    let mut lambda = world.start("payment");
    lambda.ready();
    lambda.terminate();
    let ended = lambda.exited();
    assert_eq!((ended.status.code(), ended.stderr.len()), (Some(0), 0), "{ended:#?}");
}

#[test]
fn s20_before_the_deadline_what_runs_is_given_up_and_the_answer_is_in_time() {
    let (stuck, mut lambda) = Stuck::new();
    let time_out = Duration::from_secs(4);
    lambda.time_out(time_out);
    let began = Instant::now();
    let invocation = lambda.begin(stuck.batch.clone());
    assert_eq!(text(lambda.wait(&invocation).unwrap()), failures(&["m2", "m3"]));
    let took = began.elapsed();
    assert!(took < time_out, "Lambda would have killed it after {time_out:?}: it took {took:?}");
    assert!(took > time_out / 2, "given up after {took:?} of {time_out:?}");
    stuck.assert_given_up();
    // The environment goes on.
    lambda.time_out(Duration::from_secs(30));
    stuck.assert_done_by(&mut lambda);
}

#[test]
fn s20_with_too_little_time_nothing_starts() {
    let (stuck, mut lambda) = Stuck::new();
    // The deadline is now.
    lambda.time_out(Duration::ZERO);
    assert_eq!(text(lambda.invoke(stuck.batch.clone()).unwrap()), failures(&["m1", "m2", "m3"]));
    assert_eq!((stuck.world.gateway.requests(), stuck.world.aws.receipts().len()), (0, 0));
    // The visibility call may or may not be sent, since no time is left: it never delays the answer
    // (S-25).
    let delays = stuck.world.aws.delays().concat();
    assert!(delays.iter().all(|delay| delay.seconds == 0), "{delays:?}");
    lambda.time_out(Duration::from_secs(30));
    stuck.world.gateway.be_silent_on(None);
    assert_eq!(text(lambda.invoke(stuck.batch.clone()).unwrap()), failures(&[]));
    assert_eq!(
        (stuck.attempt("o-1"), stuck.attempt("o-2"), stuck.attempt("o-3")),
        (Some(1), Some(1), Some(1))
    );
}
