//! The report of dead letters. A test that reports runs as a process of its own, so that its output
//! can be read.

use std::{env, process::Command, time::Duration};

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Service, Unit};
use waxseal_local::{Builder, Local, NewMessage, QueueSettings, Redrive};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ordered {
    note: String,
}
waxseal::event!(Ordered { name: "order.placed", version: 1, owner: "shop" });

struct Refuse;
impl Handler for Refuse {
    const NAME: &str = "refuse";
    type Event = Ordered;
    type Emits = ();
    async fn handle(&self, _: &Envelope<Ordered>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Err(Fault::permanent("nothing to pack"))
    }
}

/// One record that a function gives up, one that is no envelope, and one that the redrive policy
/// moves.
fn dead_letters(builder: Builder) {
    let local = builder.build();
    local.deploy_service(Service::new("warehouse").handler(Refuse)).unwrap();
    let event = Envelope::starting("e1", "shop", local.now(), Ordered { note: "for Ada".into() });
    local.put(&event.into_raw().unwrap()).unwrap();
    local.queue("warehouse").unwrap().send(NewMessage::new("{not json of Ada")).unwrap();
    local.run_until_idle();
    assert_eq!(local.dead_letters("warehouse").unwrap().len(), 2);

    let to = local.create_queue("unread-dlq", QueueSettings::default());
    let mut settings = QueueSettings::default();
    settings.redrive = Some(Redrive { to: to.clone(), max_receives: 1 });
    let queue = local.create_queue("unread", settings);
    queue.send(NewMessage::new("for Ada")).unwrap();
    assert_eq!(queue.receive(1).len(), 1);
    local.executor().block_on({
        let clock = local.clock().clone();
        async move { clock.sleep(Duration::from_secs(31)).await }
    });
    assert!(queue.receive(1).is_empty());
    assert_eq!(to.len(), 1);

    // The bus takes it, and with EventBridge's own members it is more than a queue takes.
    let large = Envelope::starting("e2", "shop", local.now(), Ordered { note: "Ada".repeat(349_430) });
    local.put(&large.into_raw().unwrap()).unwrap();
    assert!(local.queue("warehouse").unwrap().is_empty());
}

#[test]
fn an_environment_that_reports() {
    dead_letters(Local::builder());
}

#[test]
fn an_environment_that_is_quiet() {
    dead_letters(Local::builder().quiet_dead_letters());
}

/// The reports that one test of this file writes.
fn reports(test: &str) -> Vec<String> {
    let test = format!("reports::{test}");
    let output =
        Command::new(env::current_exe().unwrap()).args(["--exact", &test, "--nocapture"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    text.lines()
        .filter(|line| line.contains("dead letter") || line.starts_with("lost"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn l1_every_dead_letter_is_reported_unless_the_environment_is_quiet() {
    let mut reported = reports("an_environment_that_reports");
    reported.sort();
    assert_eq!(reported.len(), 4, "{reported:#?}");
    let starts = ["dead letter in unread-dlq: record ", "dead letter in warehouse-dlq: record "];
    assert!(reported[0].starts_with(starts[0]), "{reported:#?}");
    assert!(reported[1..3].iter().all(|line| line.starts_with(starts[1])), "{reported:#?}");
    let said =
        |words: &str| assert!(reported.iter().any(|line| line.contains(words)), "{words}: {reported:#?}");
    let lost = "lost: warehouse refused a delivery of warehouse-order.placed: InvalidParameterValue: the message has ";
    assert!(reported[3].starts_with(lost), "{reported:#?}");
    said(", handler refuse, event e1 of shop: WX0006: nothing to pack");
    said(": the redrive policy moved it from unread after 1 receives");
    assert!(!reported.concat().contains("Ada"), "a report holds no payload: {reported:#?}");

    assert_eq!(reports("an_environment_that_is_quiet"), Vec::<String>::new());
}
