//! The `aws` command, on its way to a stage.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    aws::{python, stage::Stage},
    command_error::CommandError,
    interrupt,
    workspace::Workspace,
};

/// The `aws` command with the settings of a stage.
#[derive(Debug)]
pub(super) struct Aws {
    program: PathBuf,
    endpoint: Option<String>,
}

impl Aws {
    /// The command for a stage: the locked one for LocalStack, and on AWS the one of this machine,
    /// which is signed in.
    pub(super) fn of(stage: &Stage, workspace: &Workspace) -> Result<Self, CommandError> {
        let own = || python::programs(&workspace.target).map(|programs| programs.join("aws"));
        let works = || {
            let mut command = Command::new("aws");
            let command = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let program = if !stage.is_local() && works() { PathBuf::from("aws") } else { own()? };
        let aws = Self { program, endpoint: stage.endpoint.clone() };
        if let Some(endpoint) = &aws.endpoint {
            aws.json(&["sts", "get-caller-identity"]).map_err(|_| {
                let advice = "start it with `localstack start`";
                CommandError::Missing(format!("no LocalStack answers at {endpoint}: {advice}"))
            })?;
        }
        Ok(aws)
    }

    /// The stage of that name, with the command for it. From here on a signal ends it by its own way
    /// out.
    pub(super) fn on(stage: &str, workspace: &Workspace) -> Result<(Stage, Self), CommandError> {
        let stage = Stage::of(stage)?;
        interrupt::watch();
        let aws = Self::of(&stage, workspace)?;
        Ok((stage, aws))
    }

    pub(super) fn is_local(&self) -> bool {
        self.endpoint.is_some()
    }

    /// Runs it. The error has what it printed.
    pub(super) fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Result<String, CommandError> {
        if interrupt::is_raised() {
            return Err(CommandError::Interrupted);
        }
        let mut command = Command::new(&self.program);
        command.args(arguments.iter().map(AsRef::as_ref)).stdin(Stdio::null());
        command.env("AWS_PAGER", "").env("AWS_MAX_ATTEMPTS", "5").env("AWS_RETRY_MODE", "standard");
        if let Some(endpoint) = &self.endpoint {
            // By option too: awscli of version 1 sends `sqs` to queue.amazonaws.com otherwise.
            command.args(["--endpoint-url", endpoint]).env("AWS_ENDPOINT_URL", endpoint);
            // LocalStack takes any; what the shell has for the real AWS stays away from it.
            command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
            command.env("AWS_REGION", "us-east-1").env("AWS_DEFAULT_REGION", "us-east-1");
            command.env_remove("AWS_PROFILE").env_remove("AWS_SESSION_TOKEN");
        }
        let output = command
            .output()
            .map_err(|error| CommandError::Missing(format!("{}: {error}", self.program.display())))?;
        if interrupt::is_raised() {
            return Err(CommandError::Interrupted);
        }
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let what: Vec<&str> = arguments.iter().take(2).map(AsRef::as_ref).collect();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        Err(CommandError::Failed(format!("aws {}: {}", what.join(" "), said.trim())))
    }

    /// Runs it, and reads its answer.
    pub(super) fn json<S: AsRef<str>>(&self, arguments: &[S]) -> Result<Value, CommandError> {
        let given = arguments.iter().map(AsRef::as_ref);
        let text = self.run(&given.chain(["--output", "json"]).collect::<Vec<_>>())?;
        // Some answers are empty.
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text)
            .map_err(|error| CommandError::Failed(format!("an answer of aws: {error}")))
    }
}
