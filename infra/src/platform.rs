//! The platform's declaration, with the binaries of this repository.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use order_platform::Style;
use waxseal_catalog::App;

/// The order platform in this style, with the binaries that this repository builds.
#[must_use]
pub fn platform(style: Style) -> App {
    let mut app = order_platform::declared(style);
    app.binaries = Some(binaries());
    app
}

/// The folder of an application's written templates.
#[must_use]
pub fn folder(app: &App) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&app.templates)
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
