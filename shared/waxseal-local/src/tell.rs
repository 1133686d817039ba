//! What a test is told when it fails: dead letters, what happened, and why.

use std::fmt::Write as _;

use crate::{
    history::{History, Why},
    local::Local,
    message::Message,
    queue::Queue,
};

impl Local {
    /// Fails the test where a dead letter is in a queue of a service or of its relay.
    ///
    /// ```
    /// let local = waxseal_local::Local::builder().build();
    /// local.expect_no_dead_letters();
    /// ```
    ///
    /// # Panics
    /// Where there is one. The text lists each with its queue, code, reason, handler and event.
    #[track_caller]
    pub fn expect_no_dead_letters(&self) {
        let letters = self.all_dead_letters();
        if letters.is_empty() {
            return;
        }
        let mut list = String::new();
        for (queue, letter) in &letters {
            let _ = write!(list, "\n  {queue}: {}", self.world.reasons.line(queue, letter));
        }
        let number = letters.len();
        panic!("{number} dead letter{}:{list}", if number == 1 { "" } else { "s" });
    }

    /// The messages of all dead-letter queues, each with its queue's name.
    pub(crate) fn all_dead_letters(&self) -> Vec<(String, Message)> {
        let deployments = self.deployments();
        let queues = deployments.values().flat_map(|it| {
            let fifo = it.fifo.values().map(|fifo| &fifo.dead_letters);
            [&it.dead_letters, &it.relay_dead_letters].into_iter().chain(fifo)
        });
        let letters = |queue: &Queue| {
            let name = queue.name().to_owned();
            queue.peek().into_iter().map(move |letter| (name.clone(), letter)).collect::<Vec<_>>()
        };
        queues.flat_map(letters).collect()
    }

    /// What happened so far. It is empty without [`Builder::keep_history`](crate::Builder::keep_history).
    #[must_use]
    pub fn history(&self) -> History {
        self.world.recorder.history()
    }

    /// Why something is there: the id is that of a message, of a flow (a correlation id) or of a
    /// dead letter. The result prints a tree in 80 columns. It shows which message led to which
    /// handlings, and these to which messages, each with its time after the first one. An arrow
    /// marks the message of the id.
    ///
    /// It needs [`Builder::keep_history`](crate::Builder::keep_history).
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # use waxseal::{Envelope, Fault, Handler, Service, Unit};
    /// use waxseal_local::Local;
    /// # #[derive(Serialize, Deserialize)] struct ParcelScanned { parcel: String }
    /// # waxseal::event!(ParcelScanned { name: "parcel.scanned", version: 1, owner: "shipping" });
    /// # struct Count;
    /// # impl Handler for Count {
    /// #     const NAME: &str = "count";
    /// #     type Event = ParcelScanned;
    /// #     type Emits = ();
    /// #     async fn handle(&self, _: &Envelope<ParcelScanned>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
    /// #         Err(Fault::permanent("the label cannot be read"))
    /// #     }
    /// # }
    ///
    /// let local = Local::builder().keep_history().build();
    /// local.deploy_service(Service::new("counter").handler(Count)).unwrap();
    /// let scanned = ParcelScanned { parcel: "p-1".into() };
    /// let event = Envelope::starting("e-1", "shipping", local.now(), scanned).into_raw().unwrap();
    /// local.put(&event).unwrap();
    /// local.run_until_idle();
    /// assert_eq!(local.why("e-1").to_string(), "\
    /// ▶ parcel.scanned e-1 of shipping, +0 ms
    /// ├─ counter/count failed, +0 ms: WX0006: the label cannot be read
    /// └─ dead letter in counter-dlq, +0 ms: handler count: WX0006
    /// ");
    /// ```
    #[must_use]
    pub fn why(&self, id: &str) -> Why {
        let nothing = if self.world.recorder.is_on() {
            format!("nothing is known of the id {id}")
        } else {
            "no history is kept: build the environment with `keep_history`".to_owned()
        };
        let letter = self.all_dead_letters().into_iter().find(|(_, letter)| letter.id == id);
        let record = letter.and_then(|(_, letter)| Some(letter.note()?.record.into_owned()));
        Why::of(&self.history(), id, record.as_deref(), nothing)
    }
}
