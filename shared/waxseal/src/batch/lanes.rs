//! Lanes: which records wait for each other. They are a plain function of the batch.

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::{
    batch::record::{Content, Record},
    engine::Target,
    handler::{Decoded, Incoming},
    table::Key,
};
use waxseal_message::Raw;

/// Records that run one after another.
#[derive(Debug)]
pub(super) struct Lane<'a> {
    /// Whether a failure keeps back the rest, as in a FIFO message group or under a stream's key.
    pub(super) ordered: bool,
    /// Whether the lane holds a record that was received before. It then runs alone, after all
    /// others (S-28).
    pub(super) suspect: bool,
    pub(super) places: Vec<Place<'a>>,
}

/// A record in its lane.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// Its position in the batch.
    pub(super) index: usize,
    pub(super) record: &'a Record,
    pub(super) suspect: bool,
    /// The entity on which its only reaction decides, as an index of [`Lanes::entities`]. Records
    /// of one entity can share its write.
    pub(super) entity: Option<usize>,
    /// The record's number in a sequence; 0 where its handler follows none.
    number: u64,
    /// The event, decoded as that reaction's type.
    pub(super) decoded: Option<Decoded>,
}

/// A batch, divided into lanes.
#[derive(Debug)]
pub(super) struct Lanes<'a> {
    pub(super) entities: Vec<Key>,
    pub(super) lanes: Vec<Lane<'a>>,
}

#[derive(PartialEq, Eq, Hash)]
enum LaneKey<'a> {
    Group(&'a str),
    Entity(usize),
    Identity(&'a str, &'a str),
    Alone(usize),
}

/// Divides records into lanes. Records of one group, about one entity or of one identity wait for
/// each other; all others do not.
///
/// The first `keep` records keep their decoded events.
///
/// With `isolation` a record that was received before has a lane of its own, unless it belongs to a
/// group.
pub(super) fn lanes<'a>(
    records: &'a [Record],
    isolation: bool,
    keep: usize,
    target: impl Fn(&Raw) -> Option<Target>,
) -> Lanes<'a> {
    let mut order: HashMap<LaneKey<'a>, usize> = HashMap::with_capacity(records.len());
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut lanes: Vec<Lane<'a>> = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let target = match &record.content {
            Content::Message(raw) => target(raw),
            Content::Ignored(_) | Content::Malformed(_) => None,
        };
        let number = target.as_ref().map_or(0, |target| target.number);
        let mut event = None;
        let target = target.map(|Target { key, can_fold, decoded, .. }| {
            // Only as many events are kept as can run at once, which bounds the memory beyond the
            // input (S-21).
            event = decoded.filter(|_| index < keep);
            let next = known.len();
            (*known.entry(key).or_insert(next), can_fold)
        });
        let suspect = isolation && record.receives > 1 && matches!(record.content, Content::Message(_));
        let lane = match (&record.group, &record.content, target) {
            (Some(group), ..) => LaneKey::Group(group),
            (None, ..) if suspect => LaneKey::Alone(index),
            (None, Content::Message(_), Some((entity, _))) => LaneKey::Entity(entity),
            (None, Content::Message(raw), None) => LaneKey::Identity(&raw.source, &raw.id),
            (None, Content::Ignored(_) | Content::Malformed(_), _) => LaneKey::Alone(index),
        };
        let lane = *order.entry(lane).or_insert_with(|| {
            // Most lanes have one record, but an empty vector would first grow to four.
            let places = Vec::with_capacity(1);
            lanes.push(Lane { ordered: record.group.is_some(), suspect: false, places });
            lanes.len() - 1
        });
        let entity = target.and_then(|(entity, can_fold)| (can_fold && !suspect).then_some(entity));
        lanes[lane].suspect |= suspect;
        lanes[lane].places.push(Place { index, record, suspect, entity, number, decoded: event });
    }
    // Sorting spares early records of the same batch another delivery. A group has its own order.
    for lane in lanes.iter_mut().filter(|lane| !lane.ordered) {
        lane.places.sort_by_key(|place| place.number);
    }
    let mut entities: Vec<(usize, Key)> = known.into_iter().map(|(key, at)| (at, key)).collect();
    entities.sort_unstable_by_key(|(at, _)| *at);
    Lanes { entities: entities.into_iter().map(|(_, key)| key).collect(), lanes }
}

/// The events at the head of `places` that can be decided as one: they concern one entity, have
/// different identities, and are all `fresh`.
pub(super) fn fold<'a, 'b>(
    places: &'b [Place<'a>],
    longest: usize,
    fresh: impl Fn(&'a Record, &'a Raw) -> bool,
) -> Option<(usize, Vec<Incoming<'b>>)> {
    let entity = places.first()?.entity?;
    let mut identities = HashSet::new();
    let events = places
        .iter()
        .take(longest)
        .map_while(|place| match &place.record.content {
            Content::Message(raw) if place.entity == Some(entity) && fresh(place.record, raw) => {
                identities.insert((&raw.source, &raw.id)).then_some((&**raw, place.decoded.as_ref()))
            }
            _ => None,
        })
        .collect();
    Some((entity, events))
}
