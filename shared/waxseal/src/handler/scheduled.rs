//! Messages that are sent later: their items, and the run that sends them (S-71).

use std::collections::BTreeMap;

use crate::{
    emission::Emission,
    fault::Fault,
    future::BoxFuture,
    handler::{
        catalog::Mode,
        decoded::Decoded,
        effect::Attempt,
        erased::{Reaction, RunError},
        staged::{Staged, To},
        unit::Run,
    },
    row::scheduled,
    table::{Item, Key},
};
use waxseal_message::{Declared, DecodeError, Raw, Timestamp};

/// The handler of all messages that are sent later, as its receipts name it.
pub(crate) const NAME: &str = "waxseal.scheduled";

impl Run<'_> {
    /// Stages the item of a message that is sent later.
    pub(super) fn schedule(&mut self, declared: &Declared, id: &str, emission: &Emission, is_claim: bool) {
        let name = declared.name;
        if is_claim {
            return self.fail(Fault::permanent(format!(
                "{name} is to be sent later, and its payload is larger than travels in an envelope: the store of payloads may have \
                 forgotten it by then; send a smaller one"
            )));
        }
        if declared.undo.is_some() {
            return self.fail(Fault::permanent(format!(
                "{name} is to be sent later than in 900 s, and names an undo: the memory of an undo ends before; let a timer send it"
            )));
        }
        match (serde_json::to_string(emission), emission.not_before) {
            (Ok(message), Some(at)) => self.stage(scheduled::key(id), 0, To::Schedule { message, at }),
            (Ok(_), None) => {}
            (Err(error), _) => {
                self.fail(Fault::permanent(format!("{name} cannot be written as JSON: {error}")))
            }
        }
    }
}

/// Sends a message whose time has come.
pub(crate) struct Scheduled;

impl Reaction for Scheduled {
    fn is_pure(&self) -> bool {
        true
    }

    fn mode(&self) -> Mode {
        Mode::Transactional
    }

    fn check(&self, _: &Raw) -> Result<(), DecodeError> {
        Ok(())
    }

    fn entity(&self, raw: &Raw) -> Option<(Key, Decoded)> {
        let id: String = serde_json::from_str(raw.data.get()).ok()?;
        Some((scheduled::key(&id), Box::new(())))
    }

    fn run<'a>(&'a self, mut run: Run<'a>, _: &'a Attempt<'a>) -> BoxFuture<'a, Result<Staged, RunError>> {
        Box::pin(async move {
            // The engine has read the item ahead. Without it the message has been sent.
            let found = run.ahead.iter().find(|(key, _)| scheduled::is_key(key));
            let Some((key, Some(item))) = found else {
                run.staged.is_void = true;
                return Ok(run.staged);
            };
            let emission =
                scheduled::read(item).map_err(|reason| RunError::Fault(Fault::permanent(reason)))?;
            let key = key.clone();
            run.staged.emitted.push(emission);
            run.stage(key, scheduled::VERSION, To::Delete);
            Ok(run.staged)
        })
    }

    fn reads(&self, item: &Item) -> Result<(), Fault> {
        scheduled::read(item).map(drop).map_err(Fault::permanent)
    }

    fn due(&self, item: &Item, service: &str, now: Timestamp) -> Result<Option<Raw>, Fault> {
        let emission = scheduled::read(item).map_err(Fault::permanent)?;
        let header = emission.header().map_err(Fault::permanent)?;
        let Some(at) = emission.not_before.filter(|at| *at <= now) else { return Ok(None) };
        let data = serde_json::value::to_raw_value(&*header.id).map_err(Fault::permanent)?;
        let id = waxseal_message::timeout_id(NAME, &header.id, "", &at.to_string(), "");
        let correlation_id = id.clone();
        Ok(Some(Raw {
            id,
            name: NAME.to_owned(),
            version: 1,
            timestamp: at,
            source: service.to_owned(),
            correlation_id,
            causation_id: Some(header.id.into_owned()),
            data,
            metadata: BTreeMap::new(),
        }))
    }
}
