//! Order and replays over a bus that reorders, repeats and crashes (S-34, S-40).

use std::{borrow::Cow, convert::Infallible};

use serde::{Deserialize, Serialize};
use waxseal::{
    Aggregate, Decide, Entity, Envelope, Fault, Handler, Out, Raw, Refusal, Replay, Sequencing, Service, Unit,
};
use waxseal_local::{Faults, Local};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Scanned {
    parcel: String,
    station: String,
}
waxseal::event!(Scanned { name: "parcel.scanned", version: 1, owner: "depot" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Moved {
    parcel: String,
    station: String,
}
waxseal::event!(Moved { name: "parcel.moved", version: 1, owner: "shipping" });

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Parcel {
    stations: Vec<String>,
}
impl Entity for Parcel {
    const KIND: &'static str = "parcel";
}

struct Move;
impl Aggregate for Move {
    const NAME: &'static str = "move";
    type State = Parcel;
    type Decides = (Scanned,);
    type Emits = (Moved,);
    type Refusal = Infallible;
}
impl Decide<Scanned> for Move {
    fn key(event: &Scanned) -> Cow<'_, str> {
        Cow::Borrowed(&event.parcel)
    }
    fn decide(
        &self,
        parcel: &mut Option<Parcel>,
        event: &Envelope<Scanned>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let parcel = parcel.get_or_insert_default();
        let Scanned { parcel: id, station } = &event.data;
        parcel.stations.push(station.clone());
        out.emit_in_sequence(Moved { parcel: id.clone(), station: station.clone() });
        Ok(())
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct LastSeen {
    station: String,
}
impl Entity for LastSeen {
    const KIND: &'static str = "last-seen";
}

/// Wants the newest.
struct See;
impl Handler for See {
    const NAME: &str = "see";
    type Event = Moved;
    type Emits = ();
    const SEQUENCING: Sequencing = Sequencing::Newest("last-seen");
    async fn handle(&self, moved: &Envelope<Moved>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let Moved { parcel, station } = &moved.data;
        let mut seen = match unit.load::<LastSeen>(parcel).await? {
            Some(seen) => seen,
            None => unit.create(parcel, LastSeen::default()),
        };
        seen.station.clone_from(station);
        unit.save(seen);
        Ok(())
    }
}

/// Wants every one, in sequence, and can be built anew.
struct Tell;
impl Aggregate for Tell {
    const NAME: &'static str = "tell";
    type State = Parcel;
    type Decides = (Moved,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<Moved> for Tell {
    const SEQUENCING: Sequencing = Sequencing::Gapless("story");
    const REPLAY: Replay = Replay::Rebuild;
    fn key(event: &Moved) -> Cow<'_, str> {
        Cow::Borrowed(&event.parcel)
    }
    fn decide(
        &self,
        story: &mut Option<Parcel>,
        moved: &Envelope<Moved>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let story = story.get_or_insert_default();
        story.stations.push(moved.data.station.clone());
        Ok(())
    }
}

const PARCELS: [&str; 3] = ["p-1", "p#2", "größe-3"];
const STATIONS: usize = 8;

fn day(seed: u64) -> Local {
    let local = Local::builder().seed(seed).faults(Faults::bad_day()).build();
    local.deploy_service(Service::new("shipping").aggregate(Move)).unwrap();
    local.deploy_service(Service::new("tracking").handler(See)).unwrap();
    local.deploy_service(Service::new("story").aggregate(Tell)).unwrap();
    local
}

/// Redrives the records that waited too long for their predecessor, until none waits.
fn settle(local: &Local) {
    local.run_until_idle();
    for _ in 0..STATIONS {
        local.dead_letters("story").unwrap().move_to(&local.queue("story").unwrap());
        local.run_until_idle();
    }
}

#[test]
fn s34_on_a_bad_day_readers_end_where_the_publisher_is_and_a_rebuild_ends_there_too() {
    for seed in 0..25 {
        let local = day(seed);
        let published = local.watch(&[]).unwrap();
        for (n, parcel) in (0..STATIONS).flat_map(|n| PARCELS.map(|parcel| (n, parcel))) {
            let data = Scanned { parcel: parcel.to_owned(), station: format!("station {n}") };
            let event = Envelope::starting(format!("{parcel}/{n}"), "depot", local.now(), data);
            local.put(&event.into_raw().unwrap()).unwrap();
        }
        settle(&local);
        let mut moved: Vec<Raw> = published
            .peek()
            .iter()
            .map(|message| Raw::parse(&message.content.body).unwrap())
            .filter(|event| event.name == "parcel.moved")
            .collect();
        for parcel in PARCELS {
            let truth = local.read::<Parcel>("shipping", parcel).unwrap();
            assert_eq!(truth.stations.len(), STATIONS);
            let seen = local.read::<LastSeen>("tracking", parcel).unwrap();
            assert_eq!(Some(&seen.station), truth.stations.last(), "seed {seed}, {parcel}");
            assert_eq!(local.read::<Parcel>("story", parcel), Some(truth), "seed {seed}, {parcel}");
        }

        // The archive, in another order and with all that was published twice.
        moved.reverse();
        for event in &moved {
            local.replay("new-story", event).unwrap();
        }
        settle(&local);
        for parcel in PARCELS {
            let truth = local.read::<Parcel>("shipping", parcel);
            let engine = local.engine("story").unwrap();
            let id = parcel.to_owned();
            let rebuilt = local
                .executor()
                .block_on(async move { engine.read_replayed::<Parcel>("new-story", &id).await })
                .unwrap();
            assert_eq!(rebuilt, truth, "seed {seed}, {parcel}");
            assert_eq!(local.read::<Parcel>("story", parcel), truth, "the live one is as it was");
            let seen = local.read::<LastSeen>("tracking", parcel).unwrap();
            assert_eq!(Some(&seen.station), truth.unwrap().stations.last(), "a replay is no news");
        }
    }
}
