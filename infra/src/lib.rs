//! The order platform as `waxseal-infra` is told of it: which services there are and what their catalogs cannot know.
//!
//! `make infra` writes `stacks/*.yaml` from it; a test fails when they are stale. Adding a reaction changes nothing here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use http::{Request, Response};
use waxseal::BoxError;
use waxseal_catalog::{App, Deployed, Parameter};
use waxseal_infra::Stack;

/// The order platform.
#[must_use]
pub fn platform() -> App {
    // Popular articles are hot rows: one record at a time in two functions at once loses few races.
    let inventory = Deployed::new(inventory::service()).handlers(1).invocations(2);

    // A mail server may take its time for each step of a mail.
    let notification = Deployed::new(notification::service(notification::Memory::default(), sender()))
        .timeout(60)
        .parameter(Parameter::secret("SMTP_URL", "the URL of the mail server, which may hold a password"))
        .parameter(Parameter::new("MAIL_FROM", "who mails are from, such as Shop <orders@example.com>"));

    let mut app = App::new("shop")
        .service(Deployed::new(orders::service()).http(orders::router))
        .service(inventory)
        .service(
            Deployed::new(payment::service(NoGateway))
                .parameter(Parameter::new("PAYMENT_GATEWAY_URL", "the base URL of the payment gateway")),
        )
        .service(notification)
        .service(Deployed::new(analytics::service()));
    app.binaries = Some(binaries());
    app
}

/// The catalog is asked for, no letter is written.
fn sender() -> notification::Sender {
    "Waxseal Orders <orders@example.com>".parse().expect("an address")
}

/// The catalog is asked for, no card is charged.
struct NoGateway;

impl payment::Gateway for NoGateway {
    async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, BoxError> {
        Err("there is no gateway here".into())
    }
}

/// Every function of the repository: the folders of `functions` with an entry for Lambda.
fn binaries() -> BTreeSet<String> {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let folders = fs::read_dir(functions).into_iter().flatten().flatten();
    folders
        .filter(|folder| folder.path().join("src/main.rs").is_file())
        .map(|folder| folder.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Where the written templates are.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks")
}

/// What a file of the folder has to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// There is none yet.
    Missing,
    /// It says something else.
    Different,
    /// No stack is called that any more.
    Orphan,
}

/// Files of `folder` that are not what `stacks` are now, by their names.
///
/// # Errors
/// Where the folder cannot be read.
pub fn stale(stacks: &[Stack], folder: &Path) -> io::Result<BTreeMap<String, Stale>> {
    let mut stale: BTreeMap<String, Stale> = BTreeMap::new();
    if folder.is_dir() {
        for file in fs::read_dir(folder)? {
            let name = file?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".yaml") {
                stale.insert(name, Stale::Orphan);
            }
        }
    }
    for stack in stacks {
        let name = format!("{}.yaml", stack.name);
        match stale.remove(&name) {
            None => drop(stale.insert(name, Stale::Missing)),
            Some(_) if fs::read_to_string(folder.join(&name))? != stack.to_yaml() => {
                stale.insert(name, Stale::Different);
            }
            Some(_) => {}
        }
    }
    Ok(stale)
}

/// Makes `folder` what `stacks` are now.
///
/// # Errors
/// Where a file cannot be written.
pub fn write(stacks: &[Stack], folder: &Path) -> io::Result<BTreeMap<String, Stale>> {
    fs::create_dir_all(folder)?;
    let stale = stale(stacks, folder)?;
    for (name, what) in &stale {
        match what {
            Stale::Orphan => fs::remove_file(folder.join(name))?,
            Stale::Missing | Stale::Different => {
                if let Some(stack) = stacks.iter().find(|stack| name == &format!("{}.yaml", stack.name)) {
                    fs::write(folder.join(name), stack.to_yaml())?;
                }
            }
        }
    }
    Ok(stale)
}
