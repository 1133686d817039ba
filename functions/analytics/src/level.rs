//! Stock levels, from the topic. They come in any order, so there is no "newest": only what order does not change.

use std::borrow::Cow;

use order_events::StockLevelChanged;
use serde::{Deserialize, Serialize};
use waxseal::{Decide, Entity, Envelope, Fault, Out};

/// What was heard of one article's stock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// How often it changed.
    pub changes: u64,
    /// The fewest pieces on hand; `None` before the first change.
    pub lowest: Option<u64>,
}

impl Entity for Level {
    const KIND: &'static str = "level";
}

pub(crate) struct WatchLevel;

impl Decide for WatchLevel {
    const NAME: &str = "watch-level";
    type Event = StockLevelChanged;
    type State = Level;
    type Emits = ();

    fn key(change: &StockLevelChanged) -> Cow<'_, str> {
        Cow::Borrowed(&change.sku)
    }

    fn decide(
        &self,
        level: &mut Level,
        event: &Envelope<StockLevelChanged>,
        _: &mut Out<()>,
    ) -> Result<(), Fault> {
        let on_hand = event.data.on_hand;
        level.changes += 1;
        level.lowest = Some(level.lowest.map_or(on_hand, |lowest| lowest.min(on_hand)));
        Ok(())
    }
}
