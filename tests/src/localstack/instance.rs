//! One `LocalStack`, as a child process that cannot outlive this one.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use serde::Deserialize;

/// A running `LocalStack`. It ends when it is dropped, and also when this process ends in any way.
#[derive(Debug)]
pub struct Instance {
    /// Its address and its log.
    pub ready: Ready,
    /// The sender whose drop ends the thread that owns the child.
    stop: Option<mpsc::Sender<()>>,
    keeper: Option<thread::JoinHandle<()>>,
}

/// The line that `LocalStack` prints when it is ready.
#[derive(Debug, Clone, Deserialize)]
pub struct Ready {
    /// Its URL, without a trailing slash.
    pub endpoint: String,
    /// The log of all output, that of functions included.
    pub log: PathBuf,
}

/// The root of the repository.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

impl Instance {
    /// Starts one on a free port and waits until it is ready.
    ///
    /// # Errors
    /// A text with the cause where it does not start.
    pub fn start() -> Result<Self, String> {
        let (ready_sender, ready) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        // The kernel ties a child to the *thread* that started it, and a test's own thread would
        // end too early.
        let keeper = thread::spawn(move || match spawn() {
            Ok((mut child, ready)) => {
                let _ = ready_sender.send(Ok(ready));
                // An error means that the sender was dropped, and so the instance.
                let _ = stopped.recv();
                end(&mut child);
            }
            Err(error) => drop(ready_sender.send(Err(error))),
        });
        let ready = ready.recv().map_err(|_| "it was not started".to_owned())??;
        Ok(Self { ready, stop: Some(stop), keeper: Some(keeper) })
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}

fn spawn() -> Result<(Child, Ready), String> {
    let command = root().join("localstack/waxseal-localstack");
    let mut child = Command::new(&command)
        .args(["run", "--port", "0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", command.display()))?;
    let mut line = String::new();
    if let Some(output) = child.stdout.take() {
        // It prints this line and no other.
        let _ = BufReader::new(output).read_line(&mut line);
    }
    match serde_json::from_str(&line) {
        Ok(ready) => Ok((child, ready)),
        Err(_) => {
            end(&mut child);
            Err(format!("{} run ended before it was ready; it says why above", command.display()))
        }
    }
}

/// Sends SIGTERM, so that it ends everything below it too.
fn end(child: &mut Child) {
    let asked = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", child.id())).status();
    if !asked.is_ok_and(|status| status.success()) {
        let _ = child.kill();
    }
    let _ = child.wait();
}
