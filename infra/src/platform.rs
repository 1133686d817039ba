//! The platform's declaration, with the binaries of this repository.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use waxseal_catalog::App;

/// The order platform, with the binaries that this repository builds.
#[must_use]
pub fn platform() -> App {
    let mut app = order_platform::declared(order_platform::DEPLOYED);
    app.binaries = Some(binaries());
    app
}

/// The folder of the written templates.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks")
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
