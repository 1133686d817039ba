//! Any change of an input has an outcome: the event, a dead letter with a reason, or an error. Never
//! silence, never a panic.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use waxseal::{Adapted, Envelope, Fault, Handler, Service, Unit};
use waxseal_aws_events::{lambda, s3, s3_notification, scheduler};

use crate::support::{Deployed, Keep, OK, Seen, case, golden, sqs, without_a_handler};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Paid(Value);
waxseal::foreign!(Paid { type: "paid" });

macro_rules! counting {
    ($($name:ident $event:ty),*) => {
        $(
            struct $name(Seen<Paid>);
            impl Handler for $name {
                const NAME: &str = stringify!($name);
                type Event = $event;
                type Emits = ();
                async fn handle(&self, event: &Envelope<$event>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
                    let raw = event.clone().into_raw().map_err(Fault::permanent)?;
                    Keep(self.0.clone()).handle(&empty(raw), unit).await
                }
            }
        )*
        fn service(seen: &Seen<Paid>) -> Service {
            Service::new("files")$(.handler($name(seen.clone())))*
        }
    };
}
counting!(OnPaid Paid, OnCreated s3::Created, OnNotified s3_notification::Created, OnSchedule scheduler::ScheduleDue, OnFailed lambda::Failed);

fn empty(raw: waxseal::Raw) -> Envelope<Paid> {
    Envelope {
        data: Paid(Value::Null),
        id: raw.id,
        name: raw.name,
        version: raw.version,
        timestamp: raw.timestamp,
        source: raw.source,
        correlation_id: raw.correlation_id,
        causation_id: raw.causation_id,
        metadata: raw.metadata,
    }
}

fn inputs() -> Vec<String> {
    let bodies = ["s3-object-created", "s3-notification", "schedule", "lambda-failed", "ec2-instance"];
    let mut inputs: Vec<String> = bodies.map(golden).to_vec();
    inputs.push(r#"{"kind":"paid","at":["x",1.5e3]}"#.to_owned());
    inputs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn s50_s51_no_change_of_an_input_is_silent(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::option::of("[\\PC\"{}\\[\\]:,0-9a-z\\\\]{0,3}")), 1..4),
        adapts in any::<bool>(),
    ) {
        let inputs = inputs();
        let mut body = inputs[which.index(inputs.len())].clone();
        for (at, new) in changes {
            if body.is_empty() {
                break;
            }
            let start = body.floor_char_boundary(at.index(body.len()));
            let end = body.ceil_char_boundary(start + 1);
            match new {
                Some(new) => body.replace_range(start..end, &new),
                None => body.truncate(start),
            }
        }
        let seen = Seen::default();
        let mut service = service(&seen);
        if adapts {
            service = service.adapt(|record| Ok(Adapted::named(record.text_at("/kind")?).id(record.text_at("/at/1")?)));
        }
        let deployed = Deployed::new(service);
        prop_assert_eq!(deployed.invoke(sqs("m1", &body, &json!({}))).unwrap(), OK);
        prop_assert_eq!(seen.count() + deployed.dead_letters().len(), 1, "{}", body);
        prop_assert!(deployed.dead_letters().iter().all(|dead_letter| !dead_letter.reason.is_empty()));
    }
}

#[test]
fn s50_every_case_has_an_outcome_without_any_handler() {
    for name in [
        "cloudtrail-event",
        "s3-notification-in-sqs",
        "scheduler-target",
        "plain-json-body",
        "byte-order-mark",
    ] {
        let deployed = Deployed::new(without_a_handler());
        assert_eq!(deployed.invoke(case(name)).unwrap(), OK);
        assert_eq!(deployed.dead_letters().len(), 1, "{name}");
    }
}
