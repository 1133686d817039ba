//! Commands that wait, through receipt, relay, sweep and queue (O-7).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, Service, Unit};
use waxseal_local::{Local, NewMessage, QueueSettings};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct OrderPlaced {
    order: String,
}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "shop" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct RemindCustomer {
    order: String,
}
waxseal::command!(RemindCustomer { name: "remind-customer", version: 1, recipient: "mails" });

const AFTER: Duration = Duration::from_secs(600);

struct Remind;
impl Handler for Remind {
    const NAME: &str = "remind";
    type Event = OrderPlaced;
    type Emits = (RemindCustomer,);
    async fn handle(
        &self,
        event: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        unit.send_after(RemindCustomer { order: event.data.order.clone() }, AFTER);
        Ok(())
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Reminded {
    at: waxseal::Timestamp,
}
impl Entity for Reminded {
    const KIND: &'static str = "reminded";
}

struct Mail;
impl Handler for Mail {
    const NAME: &str = "mail";
    type Event = RemindCustomer;
    type Emits = ();
    async fn handle(&self, event: &Envelope<RemindCustomer>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let order = &event.data.order;
        if unit.load::<Reminded>(order).await?.is_none() {
            let reminded = unit.create(order, Reminded { at: unit.now() });
            unit.save(reminded);
        }
        Ok(())
    }
}

#[test]
fn o7_a_command_that_waits_arrives_after_its_delay_and_a_sweep_delays_only_the_rest() {
    let local = Local::builder().seed(7).build();
    local.deploy_service(Service::new("orders").handler(Remind)).unwrap();
    local.deploy_service(Service::new("mails").handler(Mail)).unwrap();
    let start = local.now();
    let event = Envelope::starting("o-1", "shop", start, OrderPlaced { order: "o-1".into() });
    local.put(&event.into_raw().unwrap()).unwrap();
    let pass = |time| {
        let clock = local.clock().clone();
        local.executor().block_on(async move { clock.sleep(time).await });
    };
    pass(Duration::from_secs(400));
    let queue = local.commands("mails").unwrap();
    assert_eq!(queue.len(), 1, "it waits in its queue");
    assert!(local.read::<Reminded>("mails", "o-1").is_none());
    // A sweep sends it again, for the rest of its time: 200 s and not 600.
    let (sweeping, now) = (local.clone(), local.now());
    let swept = local.executor().block_on(async move {
        sweeping.sweep("orders", start, now).await.map_err(|error| error.to_string())
    });
    assert_eq!(swept, Ok(1));
    let delays: Vec<u64> = queue.peek().iter().map(|message| message.content.delay.as_secs()).collect();
    assert_eq!(delays, [600, 200]);
    local.run_until_idle();
    let reminded = local.read::<Reminded>("mails", "o-1").unwrap().at;
    let waited = reminded.saturating_duration_since(start);
    assert!((600..660).contains(&waited.as_secs()), "{waited:?}");
    assert_eq!(local.duplicates(), 1, "the second copy is a duplicate");
}

#[test]
fn o7_a_queue_takes_900_seconds_and_a_fifo_queue_none() {
    let local = Local::builder().build();
    let delayed = |seconds| NewMessage { delay: Duration::from_secs(seconds), ..NewMessage::new("{}") };
    let standard = local.create_queue("standard", QueueSettings::default());
    assert!(standard.send(delayed(900)).is_ok());
    assert_eq!(standard.send(delayed(901)).unwrap_err().code(), "InvalidParameterValue");
    let mut settings = QueueSettings::default();
    settings.fifo = true;
    let fifo = local.create_queue("orders.fifo", settings);
    let grouped =
        |seconds| NewMessage { group: Some("g".into()), deduplication: Some("d".into()), ..delayed(seconds) };
    assert!(fifo.send(grouped(0)).is_ok());
    assert_eq!(fifo.send(grouped(1)).unwrap_err().code(), "InvalidParameterValue");
}
