//! A written workspace, as its owner meets it: its tests, its run, its templates, and what `add` adds.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// A workspace in a folder of this test's, with the locked versions of this repository. Its target
/// folder stays, so that a second run builds little.
struct Shop {
    folder: PathBuf,
}

impl Shop {
    fn new(name: &str) -> Self {
        let within = Path::new(env!("CARGO_TARGET_TMPDIR")).join("waxseal-new").join(name);
        let _ = fs::remove_dir_all(&within);
        fs::create_dir_all(&within).unwrap();
        let shop = Self { folder: within.join("shop") };
        let said = success(waxseal(&within, &["new", "shop"]));
        assert!(said.contains("new      services/orders/src/orders.rs"), "{said}");
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        fs::copy(lock, shop.folder.join("Cargo.lock")).unwrap();
        shop
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("waxseal-new/target");
        command.args(arguments).current_dir(&self.folder).env("CARGO_TARGET_DIR", target);
        // This test's own environment is that of its package.
        command.env("CARGO_NET_OFFLINE", "true").env_remove("RUSTFLAGS");
        command
    }

    /// The tests pass, and the compiler has nothing to say.
    fn test(&self) {
        let output = self.cargo(&["test", "--workspace", "--no-default-features"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("warning"), "{said}");
        success(output);
    }

    /// The entries for Lambda build without a warning, with the AWS SDK. They are built and not only checked, so that
    /// the scenario on LocalStack, which deploys a workspace, finds the SDK in the same target folder.
    fn build_entries(&self) {
        let said = success(self.cargo(&["build", "--workspace", "--bins"]).output().unwrap());
        assert!(!said.contains("warning"), "{said}");
    }

    /// A command of the application's own binary.
    fn shop(&self, arguments: &[&str]) -> Output {
        self.cargo(&[&["run", "--quiet", "-p", "shop", "--"], arguments].concat()).output().unwrap()
    }

    fn add(&self, arguments: &[&str]) -> Output {
        waxseal(&self.folder, &[&["add"], arguments].concat())
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.join(path)).unwrap()
    }
}

fn waxseal(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waxseal")).args(arguments).current_dir(folder).output().unwrap()
}

/// Both outputs of a command that succeeded.
fn success(output: Output) -> String {
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{}: {said}", output.status);
    said
}

/// Standard error of a command that was refused.
fn refused(output: Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

#[test]
fn a_workspace_passes_its_tests_runs_and_grows() {
    let shop = Shop::new("grows");
    shop.test();
    let said = success(shop.shop(&["run", "--", "20"]));
    assert!(said.contains("20 of 20 orders are shipped"), "{said}");
    let said = success(shop.shop(&["infra", "check"]));
    assert!(said.contains("3 templates, all up to date and without findings"), "{said}");
    success(shop.cargo(&["fmt", "--all", "--check"]).output().unwrap());

    success(shop.add(&["event", "order.returned", "--owner", "orders"]));
    success(shop.add(&["service", "billing", "--event", "order.placed"]));
    success(shop.add(&["handler", "count-parcels", "--service", "billing", "--event", "parcel.shipped"]));
    success(shop.add(&["aggregate", "account", "--service", "billing"]));
    shop.test();
    success(shop.cargo(&["fmt", "--all", "--check"]).output().unwrap());
    let output = shop.shop(&["infra", "check"]);
    assert_eq!(output.status.code(), Some(3), "the templates are stale: {output:?}");
    let said = success(shop.shop(&["infra", "write"]));
    assert!(said.contains("infra/stacks/billing.yaml: new"), "{said}");
    success(shop.shop(&["infra", "check"]));
    assert!(success(shop.shop(&["catalog"])).contains("billing/count-parcels"));
    restarts_when_a_source_changes(&shop);
}

/// The SDK is compiled once more for a new workspace, since its features are others.
#[test]
#[ignore = "it compiles the SDK: `make soak` runs it"]
fn the_entries_for_lambda_of_a_grown_workspace_build() {
    let shop = Shop::new("entries");
    success(shop.add(&["event", "order.returned", "--owner", "orders"]));
    success(shop.add(&["service", "billing", "--event", "order.placed"]));
    success(shop.add(&["handler", "count-parcels", "--service", "billing", "--event", "parcel.shipped"]));
    success(shop.add(&["aggregate", "account", "--service", "billing"]));
    shop.build_entries();
}

/// `dev` builds and starts the application again.
fn restarts_when_a_source_changes(shop: &Shop) {
    struct Ended(Child);
    impl Drop for Ended {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let mut command = shop.cargo(&["run", "--quiet", "-p", "shop", "--", "dev", "--port", "0"]);
    let mut dev = Ended(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(dev.0.stderr.take().unwrap()).lines();
    let mut until = |text: &str| {
        let found = lines.by_ref().map_while(Result::ok).find(|line| line.contains(text));
        assert!(found.is_some(), "it ended before it said `{text}`");
    };
    until("orders listens on http://127.0.0.1:");
    let lib = "app/src/lib.rs";
    fs::write(shop.folder.join(lib), format!("{}\n// More.\n", shop.read(lib))).unwrap();
    until("app/src/lib.rs has changed");
    until("orders listens on http://127.0.0.1:");
}

#[test]
fn nothing_is_overwritten_and_each_refusal_says_why() {
    let shop = Shop::new("refuses");
    let within = shop.folder.parent().unwrap();
    assert!(refused(waxseal(within, &["new", "shop"])).contains("shop exists already: nothing was written"));
    assert!(
        refused(waxseal(within, &["new", "Shop"])).contains("`Shop` cannot be the name of an application")
    );
    assert!(refused(waxseal(within, &["new", "other", "--path", "."])).contains("is no checkout of Waxseal"));
    assert!(
        refused(waxseal(within, &["add", "aggregate", "account", "--service", "orders"]))
            .contains("is in no workspace")
    );

    let before = shop.read("services/shipping/src/lib.rs");
    for (arguments, text) in [
        (&["event", "order.placed", "--owner", "orders"][..], "already"),
        (
            &["event", "order.returned", "--owner", "order"],
            "there is no service order in `services`: choose one of orders, shipping",
        ),
        (&["event", "returned", "--owner", "orders"], "such as `order.placed`"),
        (&["service", "orders", "--event", "order.placed"], "already"),
        (&["service", "events", "--event", "order.placed"], "another meaning"),
        (&["handler", "ship-order", "--service", "shipping", "--event", "order.placed"], "already"),
        (
            &["handler", "count", "--service", "shipping", "--event", "order.paid"],
            "choose one of order.placed, parcel.shipped, or add it first",
        ),
        (&["handler", "match", "--service", "shipping", "--event", "order.placed"], "it is a word of Rust"),
        (&["aggregate", "envelope", "--service", "shipping"], "its type would be `Envelope`"),
    ] {
        let said = refused(shop.add(arguments));
        assert!(said.contains(text), "{arguments:?}: {said}");
    }
    assert_eq!(shop.read("services/shipping/src/lib.rs"), before);
}
