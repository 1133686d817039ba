//! The texts of errors: the record, the field, the remedy and every cause, on one line and without
//! a payload.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

mod support;

use std::{error::Error, fmt};

use support::{PaymentRequested, engine, payment, record};
use waxseal::{
    Effect, Envelope, Fault, Handler, Raw, Service, Unit,
    batch::{Batches, Policy, RecordOutcome},
};
use waxseal_testing::{RecordedDeadLetters, block_on};

/// Fails with a given fault.
struct Capture(fn() -> Fault);
impl Handler for Capture {
    const NAME: &str = "capture";
    type Event = PaymentRequested;
    type Emits = ();
    async fn handle(&self, _: &Envelope<PaymentRequested>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Err((self.0)())
    }
}

const GOOD: &str = r#"{"order":"o-7","amount":1250,"card":"visa"}"#;

fn reason(fault: fn() -> Fault, raw: Raw) -> String {
    let (engine, _) = engine(Service::new("payment").handler(Capture(fault)));
    let batches = Batches::new(engine, RecordedDeadLetters::default(), Policy::default());
    match block_on(batches.run(&[record("m-1", raw)], None)).remove(0) {
        RecordOutcome::Failed { reason, .. } | RecordOutcome::DeadLettered { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn s3_a_payload_that_does_not_fit_is_named_by_place_and_never_quoted() {
    let secrets = ["4111 1111 1111 1111", "zoe@example.org", "411111", "mastercard"];
    for (data, expected) in [
        (
            r#"{"order":"o-7","amount":"4111 1111 1111 1111","card":"visa"}"#,
            "invalid type: string, expected u64 at line 1 column 45",
        ),
        (
            r#"{"order":411111,"amount":5,"card":"visa"}"#,
            "invalid type: integer, expected a string at line 1 column 15",
        ),
        (
            r#"{"order":"o-7","amount":-411111,"card":"visa"}"#,
            "invalid value: integer, expected u64 at line 1 column 31",
        ),
        (
            r#"{"order":"o-7","amount":411111.5,"card":"visa"}"#,
            "invalid type: floating point, expected u64 at line 1 column 32",
        ),
        (
            r#"{"order":"o-7","amount":5,"card":"mastercard"}"#,
            "unknown variant, expected `visa` or `amex` at line 1 column 45",
        ),
        (r#"{"order":"o-7","amount":5}"#, "missing field `card` at line 1 column 26"),
        (
            r#""zoe@example.org, expected nothing""#,
            "invalid type: string, expected struct PaymentRequested at line 1 column 35",
        ),
        ("null", "invalid type: null, expected struct PaymentRequested at line 1 column 4"),
    ] {
        let reason = reason(|| Fault::retry("never runs"), payment("e-1", data));
        assert_eq!(reason, format!("data of payment.requested version 1 does not fit: {expected}"));
        assert!(secrets.iter().all(|secret| !reason.contains(secret)), "{reason}");
    }
}

#[derive(Debug)]
struct Layer(&'static str, Option<Box<Layer>>);
impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl Error for Layer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_ref().map(|layer| &**layer as &(dyn Error + 'static))
    }
}

#[test]
fn s27_a_reason_has_every_cause() {
    let timeout = || {
        let reset = Layer("connection reset by peer", None);
        Fault::retry(Layer("the gateway did not answer", Some(Box::new(reset))))
    };
    assert_eq!(reason(timeout, payment("e-1", GOOD)), "the gateway did not answer: connection reset by peer");
}

#[test]
fn s27_a_reason_is_one_line() {
    let page = || Fault::permanent("<html>\r\n  <h1>502</h1>\n</html>");
    assert_eq!(reason(page, payment("e-1", GOOD)), "<html> <h1>502</h1> </html>");
    let panic = || panic!("left: 1\nright: 2");
    assert_eq!(reason(panic, payment("e-1", GOOD)), "the handler panicked: left: 1 right: 2");
}

#[test]
fn s3_a_list_is_no_envelope() {
    let list = r#"["e-1","payment.requested",1,"2026-11-21T09:30:00Z","orders","c",null,{},null]"#;
    let error = Raw::parse(list).unwrap_err().to_string();
    assert_eq!(error, "not an envelope: it is JSON, but not an object");
    assert!(Raw::parse("[1,").unwrap_err().to_string().starts_with("not JSON: "));
}

#[test]
fn s3_json_that_no_program_reads_is_dead_lettered_with_its_reason() {
    for (data, expected) in [
        (format!("{}1{}", "[".repeat(200), "]".repeat(200)), "recursion limit exceeded"),
        (r#""\ud800""#.to_owned(), "end of hex escape"),
    ] {
        let reason = reason(|| Fault::retry("never runs"), payment("e-1", &data));
        assert!(reason.starts_with("data cannot be read as JSON: ") && reason.contains(expected), "{reason}");
    }
    // A number beyond a float has a hash (S-16), and the handler's own type refuses it.
    let reason = reason(|| Fault::retry("never runs"), payment("e-1", r#"{"amount":1e999}"#));
    assert!(reason.starts_with("data of payment.requested version 1 does not fit: "), "{reason}");
    assert!(reason.contains("number out of range"), "{reason}");
}

/// An entity's id comes from a payload: an id that no table takes is a fault of its event, not of
/// the table.
struct Load;
#[derive(serde::Serialize, serde::Deserialize)]
struct Order {}
impl waxseal::Entity for Order {
    const KIND: &'static str = "order";
}
impl Handler for Load {
    const NAME: &str = "load";
    type Event = PaymentRequested;
    type Emits = ();
    async fn handle(&self, event: &Envelope<PaymentRequested>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        unit.load::<Order>(&event.data.order).await.map(|_| ())
    }
}

#[test]
fn c2_an_id_too_long_for_a_key_is_permanent() {
    let (engine, _) = engine(Service::new("payment").handler(Load));
    let data = format!(r#"{{"order":"{}","amount":5,"card":"visa"}}"#, "#".repeat(700));
    let failure = block_on(engine.handle(&payment("e-1", &data))).unwrap_err();
    assert!(failure.is_permanent());
    assert_eq!(failure.to_string(), "the id of `order` has 2106 bytes as a partition key, 2048 at most");
}

/// An effect that is never called: a payload that does not fit takes no lease.
struct Refund;
impl Effect for Refund {
    const NAME: &str = "refund";
    const KEY_TTL: std::time::Duration = std::time::Duration::from_hours(24);
    type Event = PaymentRequested;
    type Emits = ();
    async fn act(
        &self,
        _: &Envelope<PaymentRequested>,
        _: &waxseal::Attempt<'_>,
        _: &mut Unit<'_, ()>,
    ) -> Result<(), Fault> {
        Err(Fault::permanent("it ran"))
    }
}

#[test]
fn s19_an_unreadable_payload_leaves_no_row_to_release() {
    let (engine, table) = engine(Service::new("payment").effect(Refund));
    let failure = block_on(engine.handle(&payment("e-1", "{}"))).unwrap_err();
    assert!(failure.is_permanent() && failure.to_string().contains("missing field `order`"), "{failure}");
    assert_eq!(table.items().iter().count(), 0);
}

/// A message without fields is `null` in serde's form.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct DayClosed;
waxseal::event!(DayClosed { name: "day.closed", version: 1, owner: "orders" });

#[test]
fn s35_a_payload_of_null_is_a_payload() {
    let sent = Envelope::starting("e-1", "orders", support::start(), DayClosed).into_raw().unwrap();
    let arrived = Raw::parse(&serde_json::to_string(&sent).unwrap()).unwrap();
    assert_eq!(arrived.data.get(), "null");
    assert!(arrived.decode::<DayClosed>().is_ok());
}
