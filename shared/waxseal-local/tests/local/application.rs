//! An application is deployed as its declaration says.

use std::{env, process::Command, time::Duration};

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Service, Unit};
use waxseal_catalog::{App, Deployed};
use waxseal_local::{Local, LocalError};

#[derive(Serialize, Deserialize)]
struct Ordered {}
waxseal::event!(Ordered { name: "order.placed", version: 1, owner: "shop" });

#[derive(Serialize, Deserialize)]
struct Pack {}
waxseal::command!(Pack { name: "pack", version: 1, recipient: "warehouse" });

struct AskToPack;
impl Handler for AskToPack {
    const NAME: &str = "ask-to-pack";
    type Event = Ordered;
    type Emits = (Pack,);
    async fn handle(&self, _: &Envelope<Ordered>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        unit.send(Pack {});
        Ok(())
    }
}

struct PackOrder;
impl Handler for PackOrder {
    const NAME: &str = "pack-order";
    type Event = Pack;
    type Emits = ();
    async fn handle(&self, _: &Envelope<Pack>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

fn desk() -> Deployed {
    Deployed::new(Service::new("desk").handler(AskToPack)).timeout(20).window(5).max_receives(7)
}

fn warehouse() -> Deployed {
    Deployed::new(Service::new("warehouse").handler(PackOrder))
}

#[test]
fn services_have_the_queues_and_numbers_of_their_declaration() {
    let app = App::new("shop").service(desk()).service(warehouse()).emitted_elsewhere("order.placed");
    let local = Local::builder().build();
    local.deploy(&app).unwrap();

    let queue = local.queue("desk").unwrap();
    assert_eq!(queue.settings().visibility, Duration::from_secs(6 * 20 + 5));
    assert_eq!(queue.settings().redrive.as_ref().unwrap().max_receives, 7);
    assert_eq!(local.commands("warehouse").unwrap().settings().visibility, Duration::from_secs(180));

    let event = Envelope::starting("e1", "shop", local.now(), Ordered {});
    local.put(&event.into_raw().unwrap()).unwrap();
    local.run_until_idle();
    let invocations = ["desk", "warehouse"].map(|service| local.invocations(service).unwrap());
    assert_eq!(invocations, [1, 1], "the command reached its recipient");
}

#[test]
fn a_service_without_its_handlers_is_refused() {
    let catalog = warehouse().catalog().to_vec();
    let app = App::new("shop").service(desk()).service(Deployed::of_catalog("warehouse", catalog));
    let local = Local::builder().build();
    let error = local.deploy(&app).unwrap_err();
    assert!(matches!(&error, LocalError::NoHandlers(service) if service == "warehouse"));
    assert_eq!(
        error.to_string(),
        "service warehouse cannot be deployed: its catalog is known here, its handlers are not"
    );
    assert_eq!(local.services(), ["desk"]);
}

#[test]
fn an_application_with_a_mistake() {
    let app = App::new("shop").service(desk()).emitted_elsewhere("order.placed");
    Local::builder().quiet_dead_letters().build().deploy(&app).unwrap();
}

#[test]
fn the_findings_of_an_application_are_reported() {
    let test = ["--exact", "application::an_application_with_a_mistake", "--nocapture"];
    let output = Command::new(env::current_exe().unwrap()).args(test).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    let findings: Vec<&str> = text.lines().filter(|line| line.starts_with("WX")).collect();
    assert_eq!(
        findings,
        [
            "WX0107 desk/ask-to-pack: it sends the command pack to warehouse, which is not deployed; deploy warehouse, or \
          say App::handled_elsewhere(\"pack\")"
        ]
    );
}
