//! `localstack start|stop|status`: LocalStack without Docker.

use std::{env, path::PathBuf, process::Command};

use crate::{
    arguments::{self, Action},
    command_error::CommandError,
    launcher,
    workspace::Workspace,
};

/// The variable with the folder of its environment and its instances.
const HOME: &str = "WAXSEAL_LOCALSTACK_HOME";

pub(crate) fn act(workspace: &Workspace, typed: &arguments::LocalStack) -> Result<(), CommandError> {
    let home = match env::var_os(HOME).filter(|home| !home.is_empty()) {
        Some(home) => PathBuf::from(home),
        None => workspace.target.join("localstack"),
    };
    let launcher = launcher::path(&workspace.root, &home)
        .map_err(CommandError::io(format_args!("the launcher below {}", home.display())))?;
    let action = match typed.action {
        Action::Start => "start",
        Action::Stop => "stop",
        Action::Status => "status",
    };
    // The embedded copy has no mode of its own.
    let status = Command::new("bash")
        .arg(&launcher)
        .args([action, "--port", &typed.port.to_string()])
        .env(HOME, &home)
        .status()
        .map_err(|error| CommandError::Missing(format!("bash cannot be started: {error}")))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => {
            Err(CommandError::Program { program: "localstack", code: code.try_into().unwrap_or(1) })
        }
        None => Err(CommandError::Interrupted),
    }
}
