//! A small service with a process: a parcel books a van, and one that does not arrive in its time
//! cancels the van. The binary `depot` runs it, and the tests of `LocalStack` deploy it.

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize};
use waxseal::{Begin, Entity, Envelope, Fault, Flow, Handler, Process, Service, Step, Unit};

/// A parcel is on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendParcel {
    /// Its id.
    pub parcel: String,
    /// The seconds within which it arrives.
    pub seconds: u64,
    /// The seconds after which its van gets to know of it.
    pub van_after: u64,
}
waxseal::command!(SendParcel { name: "send-parcel", version: 1, recipient: "depot" });

/// A parcel has arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TakeParcel {
    /// Its id.
    pub parcel: String,
}
waxseal::command!(TakeParcel { name: "take-parcel", version: 1, recipient: "depot" });

/// Books a van.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BookVan {
    /// For this parcel.
    pub parcel: String,
}
waxseal::command!(BookVan { name: "book-van", version: 1, recipient: "depot", undo: CancelVan });

/// Cancels a van.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CancelVan {
    /// Of this parcel.
    pub parcel: String,
}
waxseal::command!(CancelVan { name: "cancel-van", version: 1, recipient: "depot" });

impl From<&BookVan> for CancelVan {
    fn from(book: &BookVan) -> Self {
        Self { parcel: book.parcel.clone() }
    }
}

/// The answer to [`CancelVan`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NoteVanCancelled {
    /// Of this parcel.
    pub parcel: String,
}
waxseal::command!(NoteVanCancelled { name: "note-van-cancelled", version: 1, recipient: "depot" });

/// Asks the customer in 30 days how it was.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AskLater {
    /// About this parcel.
    pub parcel: String,
}
waxseal::command!(AskLater { name: "ask-later", version: 1, recipient: "depot" });

/// Asks the customer how it was.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AskCustomer {
    /// About this parcel.
    pub parcel: String,
}
waxseal::command!(AskCustomer { name: "ask-customer", version: 1, recipient: "depot" });

/// What a parcel waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Wait {
    /// Its arrival.
    Arrival,
}

/// Where a parcel is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum At {
    /// On its way.
    #[default]
    Underway,
}

/// The process.
#[derive(Debug)]
pub struct Delivery;

impl Process for Delivery {
    const NAME: &'static str = "delivery";
    const KIND: &'static str = "delivery";
    // Longer than a queue delays, so that no hint of it is in the queue when a scenario looks.
    const UNDO_DEADLINE: Duration = Duration::from_secs(3600);
    type Data = ();
    type Step = At;
    type Timer = Wait;
    type Begins = (SendParcel,);
    type Inputs = (TakeParcel, NoteVanCancelled);
    type Emits = (BookVan, CancelVan);

    fn timeout(&self, flow: &mut Flow<Self>, Wait::Arrival: Wait) {
        flow.compensate("it did not arrive");
    }
}

impl Begin<SendParcel> for Delivery {
    fn key(sent: &SendParcel) -> Cow<'_, str> {
        sent.parcel.as_str().into()
    }
    fn data(_: &SendParcel) {}
    fn begin(&self, flow: &mut Flow<Self>, sent: &Envelope<SendParcel>) {
        let SendParcel { parcel, seconds, van_after } = &sent.data;
        flow.send_after(BookVan { parcel: parcel.clone() }, Duration::from_secs(*van_after));
        flow.arm(Wait::Arrival, Duration::from_secs(*seconds));
    }
}

impl Step<TakeParcel> for Delivery {
    fn key(taken: &TakeParcel) -> Cow<'_, str> {
        taken.parcel.as_str().into()
    }
    fn step(&self, flow: &mut Flow<Self>, _: &Envelope<TakeParcel>) {
        flow.finish("arrived");
    }
}

impl Step<NoteVanCancelled> for Delivery {
    fn key(note: &NoteVanCancelled) -> Cow<'_, str> {
        note.parcel.as_str().into()
    }
    fn step(&self, flow: &mut Flow<Self>, _: &Envelope<NoteVanCancelled>) {
        flow.unexpected();
    }
}

/// The van of a parcel.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Van {
    /// How often it was booked.
    pub booked: u32,
    /// How often it was cancelled.
    pub cancelled: u32,
    /// How often the customer was asked.
    pub asked: u32,
}
impl Entity for Van {
    const KIND: &'static str = "van";
}

/// Changes the van of a parcel.
async fn change<S: waxseal::Emits>(
    unit: &mut Unit<'_, S>,
    parcel: &str,
    change: impl FnOnce(&mut Van),
) -> Result<(), Fault> {
    let mut van = match unit.load::<Van>(parcel).await? {
        Some(van) => van,
        None => unit.create(parcel, Van::default()),
    };
    change(&mut van);
    unit.save(van);
    Ok(())
}

struct Book;
impl Handler for Book {
    const NAME: &'static str = "book";
    type Event = BookVan;
    type Emits = ();
    async fn handle(&self, book: &Envelope<BookVan>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        change(unit, &book.data.parcel, |van| van.booked += 1).await
    }
}

struct Cancel;
impl Handler for Cancel {
    const NAME: &'static str = "cancel";
    type Event = CancelVan;
    type Emits = (NoteVanCancelled,);
    async fn handle(
        &self,
        cancel: &Envelope<CancelVan>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let parcel = &cancel.data.parcel;
        change(unit, parcel, |van| van.cancelled += 1).await?;
        unit.send(NoteVanCancelled { parcel: parcel.clone() });
        Ok(())
    }
}

struct Later;
impl Handler for Later {
    const NAME: &'static str = "later";
    type Event = AskLater;
    type Emits = (AskCustomer,);
    async fn handle(
        &self,
        later: &Envelope<AskLater>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let parcel = later.data.parcel.clone();
        unit.send_after(AskCustomer { parcel }, Duration::from_hours(30 * 24));
        Ok(())
    }
}

struct Ask;
impl Handler for Ask {
    const NAME: &'static str = "ask";
    type Event = AskCustomer;
    type Emits = ();
    async fn handle(&self, ask: &Envelope<AskCustomer>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        change(unit, &ask.data.parcel, |van| van.asked += 1).await
    }
}

/// The service.
pub fn service() -> Service {
    Service::new("depot").process(Delivery).handler(Book).handler(Cancel).handler(Later).handler(Ask)
}
