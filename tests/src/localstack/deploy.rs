//! Deploys the written templates and the real binaries to `LocalStack`, by the commands that a
//! person uses: `infra/deploy` and its like.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{client::Client, instance::root, outside::Outside, progress};

/// Every service.
pub const SERVICES: [&str; 5] = ["orders", "inventory", "payment", "notification", "analytics"];
/// The services that emit, and so have a relay.
pub const EMITTING: [&str; 3] = ["orders", "inventory", "payment"];

/// The sender of mails.
const SENDER: &str = "Waxseal Orders <orders@example.com>";

/// Deploys every stack of `stage` (`local`, `local-…`), which charges and mails through `outside`.
///
/// # Errors
/// Where a binary was not built or a stack is refused; the command prints the cause to standard
/// error.
pub fn deploy(client: &Client, stage: &str, outside: &Outside) -> Result<(), String> {
    let mut command = Command::new(root().join("infra/deploy"));
    command
        .env("BINARIES", binaries()?)
        .env("PAYMENT_GATEWAY_URL", outside.gateway_url())
        .env("SMTP_URL", outside.mail_url())
        .env("MAIL_FROM", SENDER)
        .env_remove("SERVICE");
    follow(command, client, stage)
}

/// Removes every stack of `stage`.
///
/// # Errors
/// Where one stays; the command prints the cause to standard error.
pub fn undeploy(client: &Client, stage: &str) -> Result<(), String> {
    let mut command = Command::new(root().join("infra/undeploy"));
    command.env_remove("SERVICE");
    follow(command, client, stage)
}

/// Publishes the emissions of `service` since `from` again, as `make sweep` does.
///
/// # Errors
/// Where its relay refuses; the command prints the cause to standard error.
pub fn sweep(client: &Client, stage: &str, service: &str, from: &str) -> Result<(), String> {
    let mut command = Command::new(root().join("infra/sweep"));
    command.env("SERVICE", service).env("FROM", from).env_remove("TO").env_remove("PAYLOAD");
    follow(command, client, stage)
}

fn follow(mut command: Command, client: &Client, stage: &str) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: std::io::Error| format!("{name}: {error}");
    let mut child = command
        .arg(stage)
        .env("AWS_ENDPOINT_URL", &client.endpoint)
        .stdin(Stdio::null())
        // Its output is for people who deploy.
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(words) = child.stderr.take() {
        // The aws command prints a progress bar of many lines for each upload.
        for line in BufReader::new(words).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            let said = line.rsplit('\r').next().unwrap_or_default();
            let said = said.rsplit_once("(100.00%)").map_or(said, |(_, after)| after);
            if !said.trim().is_empty() {
                progress(said);
            }
        }
    }
    let status = child.wait().map_err(failed)?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{name} {stage} ended with {status}; it says why above")),
    }
}

/// The folder of the function binaries: `target/<profile>`. It is the folder of this program, or
/// the one above that of a test.
fn binaries() -> Result<PathBuf, String> {
    let own = env::current_exe().map_err(|error| error.to_string())?;
    let has_them = |folder: &&Path| SERVICES.iter().all(|name| folder.join(name).is_file());
    own.ancestors().skip(1).take(2).find(has_them).map(Path::to_path_buf).ok_or_else(|| {
        "the function binaries are missing: build them first, with `cargo build --profile ci --bins -p orders \
         -p inventory -p payment -p notification -p analytics -p relay`"
            .to_owned()
    })
}
