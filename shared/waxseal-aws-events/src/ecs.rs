//! ECS tasks. Source: ECS developer guide, "Amazon ECS task state change events".

use serde::{Deserialize, Serialize};
use waxseal_message::Timestamp;

use crate::open::open;

/// A task changed its state, or one of its containers did.
///
/// ```
/// # use waxseal_aws_events::ecs::{TaskStateChanged, TaskStatus};
/// let event: TaskStateChanged = serde_json::from_str(
///     r#"{"taskArn":"arn:t","clusterArn":"arn:c","lastStatus":"STOPPED","desiredStatus":"STOPPED","version":4}"#,
/// ).unwrap();
/// assert_eq!((event.last_status, event.version), (TaskStatus::Stopped, 4));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TaskStateChanged {
    /// The task.
    pub task_arn: String,
    /// Its cluster.
    pub cluster_arn: String,
    /// Its definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition_arn: Option<String>,
    /// The state that is known.
    pub last_status: TaskStatus,
    /// The state to which it is on its way.
    pub desired_status: TaskStatus,
    /// It grows with each change of the task, so the event with the largest one is the newest.
    #[serde(default)]
    pub version: u64,
    /// Its containers.
    #[serde(default)]
    pub containers: Vec<Container>,
    /// `service:<name>`, or `family:<name>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The starter's tag, such as the id of a deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// `FARGATE`, `EC2` or `EXTERNAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_type: Option<String>,
    /// The kind of the cause for which it stopped, such as `SpotInterruption`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_code: Option<String>,
    /// The cause for which it stopped, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_reason: Option<String>,
    /// The time at which it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// The time at which it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// The time at which it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
    /// The time of this change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}
waxseal_message::foreign!(TaskStateChanged {
    detail_type: "ECS Task State Change",
    source: "aws.ecs",
    bus: default
});

/// A container of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Container {
    /// Its name in the definition.
    pub name: String,
    /// Its ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_arn: Option<String>,
    /// The state that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_status: Option<TaskStatus>,
    /// The code with which it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// The cause for which it ended, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

open! {
    /// The state of a task or a container.
    pub enum TaskStatus {
        /// Resources are being prepared.
        Provisioning = "PROVISIONING",
        /// Images are being pulled.
        Pending = "PENDING",
        /// It runs, and is being registered.
        Activating = "ACTIVATING",
        /// It runs.
        Running = "RUNNING",
        /// It is being deregistered.
        Deactivating = "DEACTIVATING",
        /// Its containers are being stopped.
        Stopping = "STOPPING",
        /// Its resources are being released.
        Deprovisioning = "DEPROVISIONING",
        /// It has stopped.
        Stopped = "STOPPED",
    }
}
