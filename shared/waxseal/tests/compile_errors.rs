//! The text of designed compile errors; `tests/ui/README.md` explains how to change one.

use std::process::Command;

/// The version in `rust-version`. It has no patch, since a patch changes no message.
const TOOLCHAIN: &str = env!("CARGO_PKG_RUST_VERSION");

#[test]
fn s43_a_gap_between_versions_and_each_other_mistake_is_explained() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("a compiler that compiled this test");
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    // `rustc 1.95.0 (59807616e 2026-04-14)`
    let number = version.split(' ').nth(1).unwrap_or_default();
    if number != TOOLCHAIN && !number.starts_with(&format!("{TOOLCHAIN}.")) {
        println!("not run: the messages are those of rustc {TOOLCHAIN}, this is {}", version.trim());
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/passes.rs");
    cases.compile_fail("tests/ui/[0-9]*.rs");
}
