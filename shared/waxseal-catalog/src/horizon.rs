//! The receipts' horizon: the longest time between two arrivals of one message.

use waxseal::{Bus, Channel};

use crate::{app::App, deployed::Deployed};

/// How long EventBridge tries to deliver, at the most that a rule can say. Source: EventBridge user
/// guide, retry policy.
pub const RULE_RETRY_DAYS: u32 = 1;
/// How long SNS tries to deliver to SQS: 100,015 times over 23 days. Source: SNS developer guide,
/// message delivery retries.
pub const TOPIC_RETRY_DAYS: u32 = 23;

impl App {
    /// How many days a service keeps its receipts: the longest time between two arrivals of one
    /// message.
    ///
    /// A message is delivered late, waits in the queue, and waits in the dead-letter queue. Before
    /// that a sweep may publish it again. A sweep to the bus archives it once more, and a replay
    /// may follow.
    #[must_use]
    pub fn horizon(&self, service: &Deployed) -> u32 {
        let paths = service.catalog().iter().map(|entry| self.arrivals(entry.consumes.channel));
        // A hint waits in the queue of commands.
        let hints = service.has_timers().then(|| self.arrivals(Channel::Queue("")));
        paths.chain(hints).max().unwrap_or(self.retention.queue + self.retention.dead_letters)
    }

    /// The same in days for one channel.
    #[must_use]
    pub fn arrivals(&self, channel: Channel) -> u32 {
        let waits = self.retention.queue + self.retention.dead_letters;
        let before = match channel {
            Channel::Bus | Channel::Foreign(Some(Bus::Application)) => {
                RULE_RETRY_DAYS + self.retention.archive
            }
            // The archive is the application's bus's.
            Channel::Foreign(Some(Bus::Default | Bus::Partner(_))) => RULE_RETRY_DAYS,
            // A foreign event without a bus may come from a topic.
            Channel::Topic(_) | Channel::Foreign(None) => TOPIC_RETRY_DAYS,
            Channel::Queue(_) => 0,
        };
        waits + before + self.retention.sweep
    }
}
