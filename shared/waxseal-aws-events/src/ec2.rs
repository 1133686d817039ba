//! EC2 instances. Source: EC2 user guide, "State change events for Amazon EC2 instances".

use serde::{Deserialize, Serialize};

use crate::open::open;

/// An instance changed its state.
///
/// ```
/// # use waxseal_aws_events::ec2::{InstanceState, InstanceStateChanged};
/// let event: InstanceStateChanged =
///     serde_json::from_str(r#"{"instance-id":"i-0123456789abcdef0","state":"hibernated"}"#).unwrap();
/// assert_eq!(event.state, InstanceState::Other("hibernated".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct InstanceStateChanged {
    /// The instance.
    pub instance_id: String,
    /// The state now.
    pub state: InstanceState,
}
waxseal_message::foreign!(InstanceStateChanged {
    detail_type: "EC2 Instance State-change Notification",
    source: "aws.ec2",
    bus: default
});

open! {
    /// The state of an instance.
    pub enum InstanceState {
        /// It is starting.
        Pending = "pending",
        /// It runs.
        Running = "running",
        /// It is stopping.
        Stopping = "stopping",
        /// It has stopped.
        Stopped = "stopped",
        /// It is being terminated.
        ShuttingDown = "shutting-down",
        /// It is gone.
        Terminated = "terminated",
    }
}
