//! `{{event}}`: say here what happens.

use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, Unit};
use {{events_module}}::{{Event}};

/// What the handler remembers, an item of the service's table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct {{Handler}}State {
    /// The number of events.
    pub events: u64,
}

impl Entity for {{Handler}}State {
    const KIND: &'static str = "{{handler}}";
}

/// The reaction to `{{event}}`.
#[derive(Debug, Clone, Copy)]
pub struct {{Handler}};

impl Handler for {{Handler}} {
    const NAME: &str = "{{handler}}";
    type Event = {{Event}};
    type Emits = ();

    async fn handle(
        &self,
        event: &Envelope<{{Event}}>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        // One item for each flow. A member of `event.data` is the better id, where it names an entity.
        let id = &event.correlation_id;
        let mut state = match unit.load::<{{Handler}}State>(id).await? {
            Some(state) => state,
            None => unit.create(id, {{Handler}}State::default()),
        };
        state.events += 1;
        unit.save(state);
        Ok(())
    }
}
