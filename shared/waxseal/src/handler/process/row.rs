//! The row of an instance: its key, and its JSON as an item.

use serde_json::Value;

use crate::{
    fault::Fault,
    handler::process::{
        definition::{InstanceOf, Past, Process},
        instance::{AnyInstance, Armed, Instance, Phase, State, Timer},
    },
    row::{Stored, Times, sort, state},
    table::{Item, Key},
};
use waxseal_message::{Timestamp, misfit};

/// The key of an instance's row.
#[must_use]
pub fn instance_key(kind: &str, id: &str) -> Key {
    Key::of(kind, &[id], sort::STATE)
}

/// An instance as it was read, and the version that guards its row.
pub(crate) struct Read<P: Process> {
    pub(crate) instance: Option<InstanceOf<P>>,
    pub(crate) base: u64,
    pub(crate) times: Times,
}

/// Reads an instance. A row that has expired is absent.
///
/// # Errors
/// A fault to retry: nothing is lost while a build that can read the row is awaited.
pub(crate) fn read<P: Process>(item: Option<&Item>, now: Timestamp) -> Result<Read<P>, Fault> {
    let Some(item) = item.filter(|item| !item.is_expired(now)) else {
        return Ok(Read { instance: None, base: 0, times: Times::default() });
    };
    let Stored { data, version, .. } = state::read(item).map_err(Fault::permanent)?;
    let times = Times { wake: Times::wake_of(item), expires: None };
    Ok(Read { instance: Some(parse::<P>(&item.key, data)?), base: version, times })
}

fn parse<P: Process>(key: &Key, data: &str) -> Result<InstanceOf<P>, Fault> {
    let misfit = |error: &serde_json::Error| {
        Fault::retry(format!(
            "row {key} does not fit process {} of version {}: {}; its inputs are retried until a build can read it",
            P::NAME,
            P::VERSION,
            misfit(error)
        ))
    };
    match serde_json::from_str::<InstanceOf<P>>(data) {
        Ok(instance) if instance.version == P::VERSION => Ok(instance),
        read => {
            let any: AnyInstance = serde_json::from_str(data).map_err(|error| misfit(&error))?;
            if any.version > P::VERSION {
                return Err(Fault::retry(format!(
                    "row {key} is of version {}, and this build knows {} at most: a newer build wrote it, so its inputs are retried \
                     until a deploy knows it",
                    any.version,
                    P::VERSION
                )));
            }
            if any.version == P::VERSION {
                return Err(read.err().map_or_else(|| Fault::retry("unreadable"), |error| misfit(&error)));
            }
            lifted::<P>(any, misfit)
        }
    }
}

fn lifted<P: Process>(
    any: AnyInstance,
    misfit: impl Fn(&serde_json::Error) -> Fault,
) -> Result<InstanceOf<P>, Fault> {
    let Instance {
        version,
        began_version,
        correlation_id,
        state,
        phase,
        timers,
        armed,
        calls,
        log,
        forgotten,
    } = any;
    let has_begun = state.is_some();
    let (data, step, since) = match state {
        Some(State { data, step, since }) => (data, step, since),
        None => (Value::Null, Value::Null, Timestamp::UNIX_EPOCH),
    };
    let steps = timers.iter().filter_map(|armed| match &armed.timer {
        Timer::Step(timer) => Some(timer.clone()),
        Timer::Undo(_) => None,
    });
    let mut past = Past { version, data, step, timers: steps.collect() };
    P::lift(&mut past)?;
    let mut steps = past.timers.into_iter();
    let mut lifted = Vec::with_capacity(timers.len());
    for Armed { timer, at, arming, by } in timers {
        let timer = match timer {
            // A timer that the lift has dropped is no longer armed.
            Timer::Step(_) => match steps.next() {
                Some(step) => Timer::Step(serde_json::from_value(step).map_err(|error| misfit(&error))?),
                None => continue,
            },
            Timer::Undo(call) => Timer::Undo(call),
        };
        lifted.push(Armed { timer, at, arming, by });
    }
    let state = match has_begun {
        true => Some(State {
            data: serde_json::from_value(past.data).map_err(|error| misfit(&error))?,
            step: serde_json::from_value(past.step).map_err(|error| misfit(&error))?,
            since,
        }),
        false => None,
    };
    let version = P::VERSION;
    Ok(Instance {
        version,
        began_version,
        correlation_id,
        state,
        phase,
        timers: lifted,
        armed,
        calls,
        log,
        forgotten,
    })
}

/// The times of an instance's row after an input at `now`.
pub(crate) fn times<P: Process>(instance: &InstanceOf<P>, now: Timestamp) -> Times {
    let expires = instance.is_over().then(|| now.saturating_add(P::KEEP));
    Times { wake: instance.wakes_at(), expires }
}

/// The instance that an item holds, of any process; `None` where the item holds no such row.
#[must_use]
pub fn any_instance(item: &Item) -> Option<AnyInstance> {
    let Stored { data, .. } = state::read(item).ok()?;
    serde_json::from_str(data).ok()
}

/// Whether the row of an instance says that a person is awaited.
#[must_use]
pub fn awaits_a_person(instance: &AnyInstance) -> bool {
    matches!(instance.phase, Phase::CompensationFailed { .. })
}
