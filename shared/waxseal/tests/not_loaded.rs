//! A handler that saves what it did not load is told to load, and where to `create`.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use waxseal::{
    Engine, Entity, Envelope, Failure, Fault, Handler, Loaded, Raw, Service, Settings, Timestamp, Unit,
};
use waxseal_testing::{ManualHost, MemoryTable, block_on};

#[derive(Serialize, Deserialize)]
struct Ordered {
    step: u32,
}
waxseal::event!(Ordered { name: "hat.ordered", version: 1, owner: "shop" });

#[derive(Serialize, Deserialize)]
struct Stock {
    pieces: u32,
}
impl Entity for Stock {
    const KIND: &'static str = "stock";
}

/// It creates at step 1 and 2 without a load, loads at step 3, deletes at step 4, and saves at step 5 what
/// it loaded at step 3.
#[derive(Default)]
struct Careless {
    kept: Mutex<Vec<Loaded<Stock>>>,
}

impl Handler for Careless {
    const NAME: &str = "careless";
    type Event = Ordered;
    type Emits = ();

    async fn handle(&self, event: &Envelope<Ordered>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        match event.data.step {
            1 | 2 => unit.save(unit.create("hat", Stock { pieces: 1 })),
            3 => {
                for _ in 0..2 {
                    let loaded = unit.load::<Stock>("hat").await?;
                    self.kept.lock().expect("nothing panics").extend(loaded);
                }
            }
            4 => {
                let stock = unit.load::<Stock>("hat").await?.ok_or_else(|| Fault::permanent("no stock"))?;
                unit.delete(stock);
            }
            _ => {
                let kept = self.kept.lock().expect("nothing panics").pop();
                unit.save(kept.ok_or_else(|| Fault::permanent("a third run"))?);
            }
        }
        Ok(())
    }
}

fn event(step: u32) -> Raw {
    let event = Envelope::starting(format!("e{step}"), "shop", Timestamp::UNIX_EPOCH, Ordered { step });
    event.into_raw().expect("it has a JSON form")
}

#[test]
fn c2_a_save_of_something_that_was_not_loaded_says_create() {
    let host = Arc::new(ManualHost::new(Timestamp::UNIX_EPOCH));
    let service = Service::new("hats").handler(Careless::default());
    let engine =
        Engine::new(service, MemoryTable::default(), host, Settings::default()).expect("it is sound");
    let handle = |step| block_on(engine.handle(&event(step)));
    let failure = |step| -> Failure { handle(step).expect_err("it was not loaded") };

    handle(1).expect("it is new");
    let text = failure(2).to_string();
    assert_eq!(
        text,
        "entity stock#hat / state exists already, and the handler saved it without loading it: load it first, and create it \
         only where the load finds none"
    );
    assert_eq!(failure(2).code().as_str(), "WX0018");
    handle(3).expect("it loads");
    handle(4).expect("it is there");
    let text = failure(5).to_string();
    assert_eq!(
        text,
        "entity stock#hat / state is not there any more, and the handler saved it without loading it in the same run: load \
         it first, and create it where the load finds none"
    );
}
