//! CodePipeline. Source: CodePipeline user guide, "Monitoring CodePipeline events".

use serde::{Deserialize, Serialize};

use crate::{lenient, open::open};

/// An execution of a pipeline changed its state.
///
/// ```
/// # use waxseal_aws_events::codepipeline::{ExecutionState, ExecutionStateChanged};
/// let event: ExecutionStateChanged =
///     serde_json::from_str(r#"{"pipeline":"deploy","execution-id":"e-1","state":"FAILED","version":"3"}"#).unwrap();
/// assert_eq!((event.state, event.version), (ExecutionState::Failed, Some(3)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ExecutionStateChanged {
    /// The pipeline's name.
    pub pipeline: String,
    /// The execution.
    pub execution_id: String,
    /// The state now.
    pub state: ExecutionState,
    /// The version of the pipeline's structure. AWS writes it as a number and, in older examples, as a
    /// text.
    #[serde(default, deserialize_with = "lenient::number", skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The start of the execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_trigger: Option<ExecutionTrigger>,
}
waxseal_message::foreign!(ExecutionStateChanged {
    detail_type: "CodePipeline Pipeline Execution State Change",
    source: "aws.codepipeline",
    bus: default
});

/// The start of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ExecutionTrigger {
    /// Its kind, such as `StartPipelineExecution` or `Webhook`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_type: Option<String>,
    /// Its author or origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_detail: Option<String>,
}

open! {
    /// The state of an execution.
    pub enum ExecutionState {
        /// It runs.
        Started = "STARTED",
        /// It ended well.
        Succeeded = "SUCCEEDED",
        /// A failed one is tried again.
        Resumed = "RESUMED",
        /// It failed.
        Failed = "FAILED",
        /// It is being stopped.
        Stopping = "STOPPING",
        /// It was stopped.
        Stopped = "STOPPED",
        /// The pipeline's structure changed meanwhile.
        Canceled = "CANCELED",
        /// A newer execution overtook it.
        Superseded = "SUPERSEDED",
    }
}
