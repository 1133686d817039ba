//! Schedules.
//!
//! A schedule sends to its target, so no rule lies on a bus. A schedule with an input sends the input
//! alone: an envelope, a CloudEvents event, or JSON that [`Service::adapt`] names. Without an input it
//! sends these events. [`resources`](crate::resources) tells which schedule it is.
//!
//! [`Service::adapt`]: https://docs.rs/waxseal/latest/waxseal/struct.Service.html#method.adapt

use serde::{Deserialize, Serialize};

/// A schedule of EventBridge Scheduler is due. Its event has no members, and comes as the text `"{}"`.
///
/// ```
/// use waxseal_message::Message as _;
/// # use waxseal_aws_events::scheduler::{RuleDue, ScheduleDue};
/// assert_eq!((ScheduleDue::NAME, RuleDue::NAME), ("Scheduled Event", "Scheduled Event"));
/// assert_eq!((ScheduleDue::OWNER, RuleDue::OWNER), ("aws.scheduler", "aws.events"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScheduleDue {}
waxseal_message::foreign!(ScheduleDue { detail_type: "Scheduled Event", source: "aws.scheduler" });

/// A rule of EventBridge with a schedule is due. Source: EventBridge user guide, "Creating a scheduled
/// rule".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RuleDue {}
waxseal_message::foreign!(RuleDue { detail_type: "Scheduled Event", source: "aws.events" });
