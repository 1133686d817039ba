//! Deploys the written templates and the real binaries to `LocalStack`, by the commands that a
//! person uses: `deploy` of the platform's command line and its like.

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use order_platform::{Style, declared};

use super::{client::Client, instance::root, outside::Outside, progress};

/// A service of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Whether it emits, and so has a relay.
    pub has_relay: bool,
}

/// Every service of the platform in this style.
#[must_use]
pub fn services(style: Style) -> Vec<Service> {
    let app = declared(style);
    let of = |service: &waxseal_catalog::Deployed| Service {
        name: service.name().to_owned(),
        has_relay: app.routes(service).has_relay(),
    };
    app.services.iter().map(of).collect()
}

/// The sender of mails.
const SENDER: &str = "Waxseal Orders <orders@example.com>";

/// Deploys every stack of `stage` (`local`, `local-…`) in this style. It charges and mails through
/// `outside`.
///
/// # Errors
/// Where a binary was not built or a stack is refused; the command prints the cause to standard
/// error.
pub fn deploy(client: &Client, style: Style, stage: &str, outside: &Outside) -> Result<(), String> {
    let folder = binaries()?.display().to_string();
    let mut command = command(style, &["deploy", stage, "--binaries", &folder])?;
    command
        .env("PAYMENT_GATEWAY_URL", outside.gateway_url())
        .env("SMTP_URL", outside.mail_url())
        .env("MAIL_FROM", SENDER);
    follow(command, client)
}

/// Removes every stack of `stage`.
///
/// # Errors
/// Where one stays; the command prints the cause to standard error.
pub fn undeploy(client: &Client, style: Style, stage: &str) -> Result<(), String> {
    follow(command(style, &["undeploy", stage])?, client)
}

/// Publishes the emissions of `service` since `from` again, as `make sweep` does.
///
/// # Errors
/// Where its relay refuses; the command prints the cause to standard error.
pub fn sweep(client: &Client, style: Style, stage: &str, service: &str, from: &str) -> Result<(), String> {
    follow(command(style, &["sweep", stage, "--service", service, "--from", from])?, client)
}

/// What a command of the platform's command line prints to standard output.
///
/// # Errors
/// Where it fails: its exit code, and what it said.
pub fn ask(client: &Client, style: Style, arguments: &[&str]) -> Result<String, String> {
    let mut command = command(style, arguments)?;
    let output = command.env("AWS_ENDPOINT_URL", &client.endpoint).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{arguments:?}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{arguments:?} ended with {}: {said}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{arguments:?}: {error}"))
}

/// A command of the platform's command line.
fn command(style: Style, arguments: &[&str]) -> Result<Command, String> {
    let mut command = Command::new(binaries()?.join("order-platform"));
    command.args(arguments).current_dir(root()).env("STYLE", style.to_string());
    Ok(command)
}

fn follow(mut command: Command, client: &Client) -> Result<(), String> {
    let words: Vec<_> = command.get_args().take(2).map(|word| word.to_string_lossy()).collect();
    let name = words.join(" ");
    let failed = |error: std::io::Error| format!("{name}: {error}");
    let mut child = command
        .env("AWS_ENDPOINT_URL", &client.endpoint)
        .stdin(Stdio::null())
        // Its output is for people who deploy.
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(words) = child.stderr.take() {
        BufReader::new(words).lines().map_while(Result::ok).for_each(progress);
    }
    let status = child.wait().map_err(failed)?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{name} ended with {status}; it says why above")),
    }
}

/// The folder of the function binaries: `target/<profile>`. It is the folder of this program, or
/// the one above that of a test.
///
/// # Errors
/// Where one is missing.
pub fn binaries() -> Result<PathBuf, String> {
    let services = Style::ALL.into_iter().flat_map(services).map(|service| service.name);
    let names: BTreeSet<String> = services.chain(["relay", "order-platform"].map(str::to_owned)).collect();
    folder_with(&names)?.ok_or_else(|| {
        let packages: String = names.iter().map(|name| format!("-p {name} ")).collect();
        format!(
            "the binaries are missing: build them first, with `cargo build --profile ci --bins {packages}\
             --features order-platform/aws`"
        )
    })
}

/// The program `waxseal`, which `cargo test` builds for the tests of `waxseal-new`.
///
/// # Errors
/// Where it was not built.
pub fn waxseal() -> Result<PathBuf, String> {
    let folder = folder_with(&BTreeSet::from(["waxseal".to_owned()]))?;
    folder.map(|folder| folder.join("waxseal")).ok_or_else(|| {
        "the program is missing: build it first, with `cargo build --profile ci -p waxseal-new`".to_owned()
    })
}

/// The folder of this program, or the one above that of a test, where it has these binaries.
fn folder_with(names: &BTreeSet<String>) -> Result<Option<PathBuf>, String> {
    let own = env::current_exe().map_err(|error| error.to_string())?;
    let has_them = |folder: &&Path| names.iter().all(|name| folder.join(name).is_file());
    Ok(own.ancestors().skip(1).take(2).find(has_them).map(Path::to_path_buf))
}
