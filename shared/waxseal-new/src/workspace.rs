//! A workspace as `waxseal new` wrote it, and as its people have gone on with it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use toml_edit::DocumentMut;

use crate::{error::Error, name::Name};

/// A workspace.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// The name of the application's package.
    pub(crate) application: String,
    /// The name of the events' package.
    pub(crate) events: String,
}

impl Workspace {
    /// The workspace that a folder is in.
    pub(crate) fn of(folder: &Path) -> Result<Self, Error> {
        let folder = folder.canonicalize().map_err(Error::io(folder))?;
        let is_root =
            |root: &&Path| ["app", "events"].iter().all(|part| root.join(part).join("Cargo.toml").is_file());
        let root = folder.ancestors().find(is_root).ok_or_else(|| {
            let folder = folder.display();
            Error::Unfit(format!(
                "{folder} is in no workspace of `waxseal new`: its folders `app` and `events` are missing"
            ))
        })?;
        Ok(Self {
            root: root.to_owned(),
            application: package(&root.join("app/Cargo.toml"))?,
            events: package(&root.join("events/Cargo.toml"))?,
        })
    }

    /// The service of that name.
    pub(crate) fn service(&self, name: &str) -> Result<Name, Error> {
        let service = Name::service(name, &self.application)?;
        if self.root.join("services").join(name).join("Cargo.toml").is_file() {
            return Ok(service);
        }
        let others = self.names("services", |path| Some(path.file_name()?.to_str()?.to_owned()));
        Err(Error::Unfit(format!(
            "there is no service {name} in `services`: choose one of {}",
            others.join(", ")
        )))
    }

    /// The event of that name. Tests need its `sample`.
    pub(crate) fn event(&self, name: &str) -> Result<Name, Error> {
        let event = Name::event(name)?;
        let path = format!("events/src/{}.rs", event.snake());
        let Ok(text) = fs::read_to_string(self.root.join(&path)) else {
            let others = self.names("events/src", declared);
            let others = others.join(", ");
            return Err(Error::Unfit(format!(
                "there is no event {name} in {path}: choose one of {others}, or add it first"
            )));
        };
        match text.contains("fn sample(") {
            true => Ok(event),
            false => {
                Err(Error::Unfit(format!("{path} has no `sample()`, which the test of a handler needs")))
            }
        }
    }

    fn names(&self, folder: &str, name: impl Fn(&Path) -> Option<String>) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| name(&entry.path())).collect();
        names.sort();
        names
    }
}

/// The name of the event that a file declares.
fn declared(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let (_, after) = text.split_once("event!(")?;
    let (_, after) = after.split_once("name: \"")?;
    Some(after.split_once('"')?.0.to_owned())
}

/// The name of a package.
fn package(manifest: &Path) -> Result<String, Error> {
    let text = fs::read_to_string(manifest).map_err(Error::io(manifest))?;
    let parsed: Option<DocumentMut> = text.parse().ok();
    let name = parsed.and_then(|parsed| Some(parsed.get("package")?.get("name")?.as_str()?.to_owned()));
    name.ok_or_else(|| Error::Unfit(format!("{} names no package", manifest.display())))
}
