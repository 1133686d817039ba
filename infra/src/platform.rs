//! The platform's declaration, with stand-ins.

use std::{collections::BTreeSet, fs, path::Path};

use bytes::Bytes;
use http::{Request, Response};
use order_platform::Outside;
use waxseal::BoxError;
use waxseal_catalog::App;

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
