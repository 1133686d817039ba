//! One publication: lanes, requests, and a result per entry.

use std::time::Duration;

use aws_config::SdkConfig;
use waxseal::{
    Emission, Timestamp,
    relay::{PublishError, PublishErrorKind},
};

use super::{
    channel::{Channels, Recipient, Service},
    chunks::chunks,
    entry::Entry,
    send::{self, Clients},
};
use crate::{call::Kind, code::Code};

/// The channels with their clients.
#[derive(Clone)]
pub(super) struct Lanes {
    clients: Clients,
    pub(super) channels: Channels,
}

impl Lanes {
    pub(super) fn new(sdk: &SdkConfig, channels: Channels) -> Self {
        Self { clients: Clients::new(sdk), channels }
    }

    fn entry<'a>(
        &self,
        index: usize,
        emission: &'a Emission,
        now: Timestamp,
    ) -> Result<(&Recipient, Entry<'a>), PublishError> {
        let to = self.channels.find(&emission.channel)?;
        let json = emission.envelope.get();
        let header = emission.header().map_err(|error| {
            PublishError::refused(format!("the receipt stored no envelope: {error} ({})", Code::NoEnvelope))
        })?;
        let entry =
            Entry { index, header, json, tenant: emission.tenant.as_ref(), delay: emission.delay(now) };
        if entry.delay > Duration::ZERO && to.service != Service::Sqs {
            let reason = format!("{} has no delay for one message", to.target.what);
            return Err(PublishError::refused(reason));
        }
        let (bytes, most) = (entry.size(to.service), to.service.limits().bytes);
        if bytes > most {
            let reason =
                format!("{bytes} bytes, {} takes {most} at most ({})", to.target.what, Code::TooLarge);
            return Err(PublishError::refused(reason));
        }
        Ok((to, entry))
    }

    async fn publish_lane(
        &self,
        to: &Recipient,
        lane: &[Entry<'_>],
        results: &mut [Result<(), PublishError>],
    ) {
        let sizes: Vec<usize> = lane.iter().map(|entry| entry.size(to.service)).collect();
        // A stack: the next request is the last one.
        let mut requests: Vec<Vec<&Entry<'_>>> = chunks(&sizes, to.service.limits())
            .into_iter()
            .rev()
            .map(|range| lane[range].iter().collect())
            .collect();
        // The entries that the bus denied, by source and type.
        let mut denied: Vec<(&Entry<'_>, String)> = Vec::new();
        while let Some(mut entries) = requests.pop() {
            entries.retain(|entry| match denied.iter().find(|(other, _)| entry.is_allowed_as(other)) {
                Some((_, reason)) => {
                    results[entry.index] = Err(PublishError::no_channel(reason.clone()));
                    false
                }
                None => true,
            });
            if entries.is_empty() {
                continue;
            }
            let error = match send::send(&self.clients, to, &entries).await {
                Ok(answers) => {
                    let transient = |answer: &Result<(), PublishError>| {
                        answer.as_ref().is_err_and(|error| error.kind == PublishErrorKind::Transient)
                    };
                    let stop = answers.iter().any(transient);
                    for (entry, answer) in entries.iter().zip(answers) {
                        results[entry.index] = answer;
                    }
                    if stop {
                        break;
                    }
                    continue;
                }
                Err(error) => error,
            };
            let kind = error.publish_kind();
            let reason = error.at(&to.target, to.service.action()).to_string();
            let denies_some = error.kind == Kind::Denied && to.service == Service::EventBridge;
            match kind {
                // One entry spoils the request, or together they are too large for this service: find out which.
                PublishErrorKind::Refused if entries.len() > 1 => {
                    let second = entries.split_off(entries.len() / 2);
                    requests.extend([second, entries]);
                }
                PublishErrorKind::Refused => {
                    results[entries[0].index] = Err(PublishError::refused(reason));
                }
                // The permission to put events depends on their source and type, and one that is denied spoils its request.
                PublishErrorKind::NoChannel if denies_some => {
                    let (same, others): (Vec<_>, Vec<_>) =
                        entries.iter().partition(|entry| entry.is_allowed_as(entries[0]));
                    if others.is_empty() {
                        denied.push((same[0], reason.clone()));
                        requests.push(same);
                    } else {
                        requests.extend([others, same]);
                    }
                }
                PublishErrorKind::NoChannel => {
                    let rest = requests.drain(..).flatten();
                    for entry in entries.into_iter().chain(rest) {
                        results[entry.index] = Err(PublishError::no_channel(reason.clone()));
                    }
                }
                // Transient: the next request would fail as well.
                kind => {
                    for entry in entries {
                        results[entry.index] = Err(PublishError::new(kind, reason.clone()));
                    }
                    break;
                }
            }
        }
    }
}

impl Lanes {
    /// Tries what a queue or topic has refused once more, without a tenant: no message is lost for its place in a queue (S-48).
    /// A partition or an emulator may not know fair queues.
    async fn publish_without_tenants(
        &self,
        to: &Recipient,
        lane: &[Entry<'_>],
        results: &mut [Result<(), PublishError>],
    ) {
        let is_refused = |entry: &&Entry<'_>| matches!(&results[entry.index], Err(error) if error.kind == PublishErrorKind::Refused);
        let carried =
            lane.iter().filter(|entry| to.service != Service::EventBridge && entry.tenant.is_some());
        let refused: Vec<Entry<'_>> =
            carried.filter(is_refused).map(|entry| Entry { tenant: None, ..entry.clone() }).collect();
        let Some(first) = refused.first() else { return };
        let reason = results[first.index].as_ref().err().map(ToString::to_string);
        for entry in &refused {
            results[entry.index] = Err(PublishError::transient(waits(&to.target.what)));
        }
        self.publish_lane(to, &refused, results).await;
        let published = refused.iter().filter(|entry| results[entry.index].is_ok()).count();
        if published > 0 {
            let channel = &*to.target.what;
            tracing::warn!(
                channel,
                reason,
                published,
                "published without their tenants, which the channel refused"
            );
        }
    }
}

impl Lanes {
    /// Publishes each emission once; the results are in the order of `emissions`.
    pub(super) async fn publish(
        &self,
        emissions: &[&Emission],
        now: Timestamp,
    ) -> Vec<Result<(), PublishError>> {
        let mut lanes: Vec<(&Recipient, Vec<Entry<'_>>)> = Vec::new();
        let mut results: Vec<Result<(), PublishError>> =
            emissions.iter().map(|emission| Err(PublishError::transient(waits(&emission.channel)))).collect();
        for (index, emission) in emissions.iter().enumerate() {
            match self.entry(index, emission, now) {
                Ok((to, entry)) => match lanes.iter_mut().find(|(other, _)| std::ptr::eq(*other, to)) {
                    Some((_, lane)) => lane.push(entry),
                    None => lanes.push((to, vec![entry])),
                },
                Err(error) => results[index] = Err(error),
            }
        }
        for (to, lane) in &lanes {
            self.publish_lane(to, lane, &mut results).await;
            self.publish_without_tenants(to, lane, &mut results).await;
        }
        results
    }
}

/// The reason of an entry that was not tried.
fn waits(channel: &str) -> String {
    format!("not tried: an earlier entry for {channel} must be published first")
}
