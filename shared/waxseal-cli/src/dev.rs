//! `dev`: `serve` in a process of its own, which is built and started again when a source changes.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    arguments,
    command_error::CommandError,
    interrupt, print,
    watch::Sources,
    workspace::{Binary, Workspace, cargo},
};

/// Between two looks at the sources.
const PACE: Duration = Duration::from_millis(300);
/// The time that a server has to end by itself.
const GRACE: Duration = Duration::from_secs(2);

pub(crate) fn dev(workspace: &Workspace, typed: &arguments::Dev) -> Result<(), CommandError> {
    let own = Binary::own()?;
    interrupt::watch();
    let mut server = Some(start(&own.path, typed)?);
    let mut known = Sources::of(&workspace.root);
    print::progress(format_args!("watching {}", workspace.root.display()));
    loop {
        match interrupt::sleep(PACE) {
            Ok(()) => {}
            Err(CommandError::Interrupted) => {
                server.into_iter().for_each(end);
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        if let Some(status) = server.as_mut().and_then(|server| server.try_wait().ok().flatten()) {
            print::progress(format_args!("it ended with {status}; it starts again when a source changes"));
            server = None;
        }
        let found = Sources::of(&workspace.root);
        let Some(changed) = found.difference(&known) else { continue };
        print::progress(format_args!(
            "{} has changed",
            changed.strip_prefix(&workspace.root).unwrap_or(changed).display()
        ));
        // An editor may still be writing others.
        known = match settled(&workspace.root, found) {
            Ok(settled) => settled,
            Err(error) => {
                server.into_iter().for_each(end);
                return Err(error);
            }
        };
        if build(workspace, &own)? {
            server.into_iter().for_each(end);
            server = Some(start(&own.path, typed)?);
        } else if server.is_some() {
            print::progress("the last build that succeeded goes on");
        }
    }
}

/// The sources once they stay as they are.
fn settled(root: &Path, mut before: Sources) -> Result<Sources, CommandError> {
    loop {
        interrupt::sleep(PACE)?;
        let now = Sources::of(root);
        if now == before {
            return Ok(now);
        }
        before = now;
    }
}

/// Builds the binary. `false` where the compiler has said why not.
fn build(workspace: &Workspace, own: &Binary) -> Result<bool, CommandError> {
    // Without the package the features would be those of the whole workspace.
    let package = workspace.binaries.get(&own.name).ok_or_else(|| {
        CommandError::Usage(format!("no package of the workspace has the binary {}", own.name))
    })?;
    let status = cargo()
        .args(["build", "--quiet", "--profile", &own.profile, "-p", package, "--bin", &own.name])
        .current_dir(&workspace.root)
        .status()
        .map_err(|error| CommandError::Missing(format!("cargo cannot be started: {error}")))?;
    Ok(status.success())
}

/// Starts a server. It ends when its standard input does, and so it never outlives this process.
fn start(binary: &Path, typed: &arguments::Dev) -> Result<Child, CommandError> {
    let mut command = Command::new(binary);
    command.args(["serve", "--until-input-ends", "--port", &typed.port.to_string(), "--"]);
    command.args(&typed.arguments).stdin(Stdio::piped()).spawn().map_err(CommandError::io(binary.display()))
}

/// Ends a server: first by the end of its input, then by force.
fn end(mut server: Child) {
    drop(server.stdin.take());
    let limit = Instant::now() + GRACE;
    while Instant::now() < limit {
        if !matches!(server.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    // It has nothing to lose: the environment keeps everything in memory.
    let _ = server.kill();
    let _ = server.wait();
}
