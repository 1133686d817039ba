//! Stock levels, from the topic. They arrive in any order, so there is no newest level, only values
//! that do not depend on the order.

use std::{borrow::Cow, convert::Infallible};

use order_events::StockLevelChanged;
use serde::{Deserialize, Serialize};
use waxseal::{Aggregate, Decide, Entity, Envelope, Out, Refusal};

/// The observed changes of one article's stock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The number of changes.
    pub changes: u64,
    /// The fewest pieces on hand; `None` before the first change.
    pub lowest: Option<u64>,
}

impl Entity for Level {
    const KIND: &'static str = "level";
}

/// Watches each article's stock.
pub(crate) struct Levels;

impl Aggregate for Levels {
    const NAME: &str = "levels";
    type State = Level;
    type Decides = (StockLevelChanged,);
    type Emits = ();
    type Refusal = Infallible;
}

impl Decide<StockLevelChanged> for Levels {
    const FORMER_NAMES: &[&str] = &["watch-level"];

    fn key(change: &StockLevelChanged) -> Cow<'_, str> {
        Cow::Borrowed(&change.sku)
    }

    fn decide(
        &self,
        level: &mut Option<Level>,
        event: &Envelope<StockLevelChanged>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let level = level.get_or_insert_default();
        let on_hand = event.data.on_hand;
        level.changes += 1;
        level.lowest = Some(level.lowest.map_or(on_hand, |lowest| lowest.min(on_hand)));
        Ok(())
    }
}
