//! The relay's publishers: EventBridge, SNS and SQS, with a result per entry (S-26).
//!
//! Order is kept within a channel: entries go out in the order given, and after an entry that may yet be published the
//! rest of its channel waits for the next round, since the stream brings all of them again anyway. Within one request
//! the service decides; EventBridge keeps no order at all, so that is no loss.

mod channel;
mod chunks;
mod send;

use std::{borrow::Cow, fmt};

use aws_config::SdkConfig;
use serde::Deserialize;
use waxseal::{
    Timestamp,
    receipt::Emission,
    relay::{PublishError, Publisher},
};

pub(crate) use self::channel::Channels;
use self::{channel::Destination, chunks::chunks};
use crate::call::{CallError, Kind, Trouble};

/// Publishes stored envelopes to the bus, to topics and to queues, byte for byte.
///
/// EventBridge: `Source` is the envelope's `source`, `DetailType` its `eventType`, `Time` its `timestamp`, `Detail` the envelope.
/// SNS: the message is the envelope, with the attribute `eventType` for filter policies. SQS: the body is the envelope.
#[derive(Clone)]
pub struct Publishers {
    clients: Clients,
    channels: Channels,
}

#[derive(Clone)]
struct Clients {
    events: aws_sdk_eventbridge::Client,
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
}

impl fmt::Debug for Publishers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publishers").field("channels", &self.channels).finish_non_exhaustive()
    }
}

/// One emission on its way.
#[derive(Debug)]
struct Entry<'a> {
    /// Its position among what was given.
    index: usize,
    head: Head<'a>,
    json: &'a str,
}

/// What of the envelope the channels show outside of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    timestamp: Timestamp,
}

impl Publishers {
    pub(crate) fn new(sdk: &SdkConfig, channels: Channels) -> Self {
        let clients = Clients {
            events: aws_sdk_eventbridge::Client::new(sdk),
            sns: aws_sdk_sns::Client::new(sdk),
            sqs: aws_sdk_sqs::Client::new(sdk),
        };
        Self { clients, channels }
    }

    fn entry<'a>(
        &self,
        index: usize,
        emission: &'a Emission,
    ) -> Result<(&Destination, Entry<'a>), PublishError> {
        let to = self.channels.find(&emission.channel)?;
        let json = emission.envelope.get();
        let head = serde_json::from_str(json).map_err(|error| PublishError {
            reason: format!("what the receipt stored is no envelope: {error}"),
            permanent: true,
        })?;
        let entry = Entry { index, head, json };
        let (bytes, most) = (entry.size(to.service), to.service.limits().bytes);
        if bytes > most {
            let reason = format!("{bytes} bytes, {} takes {most} at most", to.target.what);
            return Err(PublishError { reason, permanent: true });
        }
        Ok((to, entry))
    }

    async fn publish_lane(
        &self,
        to: &Destination,
        lane: &[Entry<'_>],
        results: &mut [Result<(), PublishError>],
    ) {
        let sizes: Vec<usize> = lane.iter().map(|entry| entry.size(to.service)).collect();
        // A stack: the next request is the last one.
        let mut requests: Vec<&[Entry<'_>]> =
            chunks(&sizes, to.service.limits()).into_iter().rev().map(|range| &lane[range]).collect();
        while let Some(entries) = requests.pop() {
            match send::send(&self.clients, to, entries).await {
                Ok(answers) => {
                    let stop =
                        answers.iter().any(|answer| answer.as_ref().is_err_and(|error| !error.permanent));
                    for (entry, answer) in entries.iter().zip(answers) {
                        results[entry.index] = answer;
                    }
                    if stop {
                        break;
                    }
                }
                // One entry spoils the request, or together they are too large for this service: find out which.
                Err(error) if error.is_permanent() && entries.len() > 1 => {
                    let (first, second) = entries.split_at(entries.len() / 2);
                    requests.extend([second, first]);
                }
                Err(error) => {
                    let permanent = error.is_permanent();
                    let Trouble(reason) = error.at(&to.target, to.service.action());
                    for entry in entries {
                        results[entry.index] = Err(PublishError { reason: reason.clone(), permanent });
                    }
                    if !permanent {
                        break;
                    }
                }
            }
        }
    }
}

impl Publisher for Publishers {
    async fn publish(&self, emissions: &[&Emission]) -> Vec<Result<(), PublishError>> {
        let mut lanes: Vec<(&Destination, Vec<Entry<'_>>)> = Vec::new();
        let mut results: Vec<Result<(), PublishError>> = emissions
            .iter()
            .map(|emission| Err(PublishError { reason: waits(&emission.channel), permanent: false }))
            .collect();
        for (index, emission) in emissions.iter().enumerate() {
            match self.entry(index, emission) {
                Ok((to, entry)) => match lanes.iter_mut().find(|(other, _)| std::ptr::eq(*other, to)) {
                    Some((_, lane)) => lane.push(entry),
                    None => lanes.push((to, vec![entry])),
                },
                Err(error) => results[index] = Err(error),
            }
        }
        for (to, lane) in &lanes {
            self.publish_lane(to, lane, &mut results).await;
        }
        results
    }
}

/// What an entry is told that was not tried.
fn waits(channel: &str) -> String {
    format!("not tried: an earlier entry for {channel} must be published first")
}

impl CallError {
    /// A request that could not be built: none that the code builds, so the entries keep their place.
    fn unbuilt(error: impl std::error::Error) -> Self {
        Self::new(Kind::Invalid, error.to_string())
    }
}
