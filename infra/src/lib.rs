//! The order platform's templates: written from [`order_platform::app`], with stand-ins for
//! everything outside.
//!
//! `make infra` writes `stacks/*.yaml`; a test fails when they are stale. This crate says nothing
//! about services or how they run: a new handler, or a longer time-out, changes nothing here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use http::{Request, Response};
use order_platform::Outside;
use waxseal::BoxError;
use waxseal_catalog::App;
use waxseal_infra::Stack;

/// The order platform, with the binaries that this repository builds.
#[must_use]
pub fn platform() -> App {
    let sender = "Waxseal Orders <orders@example.com>".parse().expect("an address");
    let mailer = notification::Memory::default();
    let mut app = order_platform::app(Outside { gateway: NoGateway, mailer, sender });
    app.binaries = Some(binaries());
    app
}

/// No card is charged: templates need the declaration alone.
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

/// The folder of the written templates.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks")
}

/// What is wrong with a file of the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// It does not exist yet.
    Missing,
    /// Its text is another one.
    Different,
    /// No stack has this name any more.
    Orphan,
}

/// The files of `folder` that differ from `stacks`, by their names.
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

/// Writes `stacks` into `folder` and removes the files of no stack. The result is what was wrong
/// before.
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
