//! A service of other people's events: the files of a bucket and the clicks of a website.
//!
//! It is deployed from the templates that its declaration gives. Each way of an event has a count of its
//! own, so a test sees by which way it came.

use serde::{Deserialize, Serialize};
use waxseal::{Adapted, Entity, Envelope, Fault, Handler, Service, Unit};
use waxseal_aws_events::{s3, s3_notification};
use waxseal_catalog::{App, Deployed, Source};

/// A file of the bucket, by its key.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The bytes that the events told, through EventBridge.
    pub created: Vec<u64>,
    /// The bytes that the notifications told.
    pub notified: Vec<u64>,
}
impl Entity for File {
    const KIND: &'static str = "file";
}

/// A visitor of the website, by name.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// The pages in the order in which they took effect.
    pub pages: Vec<u32>,
}
impl Entity for Visitor {
    const KIND: &'static str = "visitor";
}

/// The plain JSON of the website.
#[derive(Debug, Serialize, Deserialize)]
struct Clicked {
    visitor: String,
    page: u32,
}
waxseal::foreign!(Clicked { type: "page.clicked", source: "website" });

async fn change<T: Entity + Default>(
    unit: &mut Unit<'_, ()>,
    id: &str,
    change: impl FnOnce(&mut T),
) -> Result<(), Fault> {
    let mut entity = match unit.load::<T>(id).await? {
        Some(entity) => entity,
        None => unit.create(id, T::default()),
    };
    change(&mut *entity);
    unit.save(entity);
    Ok(())
}

struct TakeCreated;
impl Handler for TakeCreated {
    const NAME: &'static str = "take-created";
    type Event = s3::Created;
    type Emits = ();

    async fn handle(&self, event: &Envelope<s3::Created>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let object = &event.data.object;
        let bytes = object.size.unwrap_or_default();
        change(unit, &object.key, |file: &mut File| file.created.push(bytes)).await
    }
}

struct TakeNotified;
impl Handler for TakeNotified {
    const NAME: &'static str = "take-notified";
    type Event = s3_notification::Created;
    type Emits = ();

    async fn handle(
        &self,
        event: &Envelope<s3_notification::Created>,
        unit: &mut Unit<'_, ()>,
    ) -> Result<(), Fault> {
        let object = &event.data.0.s3.object;
        let bytes = object.size.unwrap_or_default();
        change(unit, &object.key, |file: &mut File| file.notified.push(bytes)).await
    }
}

struct TakeClick;
impl Handler for TakeClick {
    const NAME: &'static str = "take-click";
    type Event = Clicked;
    type Emits = ();

    async fn handle(&self, event: &Envelope<Clicked>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let Clicked { visitor, page } = &event.data;
        change(unit, visitor, |visitor: &mut Visitor| visitor.pages.push(*page)).await
    }
}

/// The service with its handlers.
pub fn service() -> Service {
    Service::new("intake")
        .handler(TakeCreated)
        .handler(TakeNotified)
        .handler(TakeClick)
        .adapt(|_| Ok(Adapted::named("page.clicked").source("website")))
}

/// The application of this one service.
#[must_use]
pub fn app() -> App {
    let intake = Deployed::new(service()).stream(Source::bucket("uploads")).stream(Source::kinesis("clicks"));
    App::new("acme").service(intake)
}
