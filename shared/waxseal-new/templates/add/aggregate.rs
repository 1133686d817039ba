//! `{{aggregate}}`: an entity, and every message that may change it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use waxseal::{Aggregate, Decide, Entity, Envelope, Out, Refusal};

/// Its state, an item of the service's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct {{Aggregate}}State {
    /// The number of its changes.
    pub changes: u64,
}

impl Entity for {{Aggregate}}State {
    const KIND: &'static str = "{{aggregate}}";
}

/// Open one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open{{Aggregate}} {
    /// Its id.
    pub id: String,
}
waxseal::command!(Open{{Aggregate}} { name: "open-{{aggregate}}", version: 1, recipient: "{{service}}" });

/// Why a message was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum {{Aggregate}}Refused {
    /// The id is taken.
    #[error("there is one with the id {0} already")]
    Exists(String),
}

/// The decisions: plain functions of a state and a message.
#[derive(Debug, Clone, Copy)]
pub struct {{Aggregate}};

impl Aggregate for {{Aggregate}} {
    const NAME: &str = "{{aggregate}}";
    type State = {{Aggregate}}State;
    type Decides = (Open{{Aggregate}},);
    type Emits = ();
    type Refusal = {{Aggregate}}Refused;
}

impl Decide<Open{{Aggregate}}> for {{Aggregate}} {
    fn key(open: &Open{{Aggregate}}) -> Cow<'_, str> {
        open.id.as_str().into()
    }

    fn decide(
        &self,
        state: &mut Option<{{Aggregate}}State>,
        open: &Envelope<Open{{Aggregate}}>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<{{Aggregate}}Refused>> {
        if state.is_some() {
            return Err({{Aggregate}}Refused::Exists(open.data.id.clone()).into());
        }
        *state = Some({{Aggregate}}State { changes: 1 });
        Ok(())
    }
}
