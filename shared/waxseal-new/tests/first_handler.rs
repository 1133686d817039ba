//! Who follows the guide's page "first handler" from an empty folder has a green test.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The lines that a reader may have to type.
const MOST: usize = 60;

/// The page, with its place of the checkout.
fn page() -> String {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../waxseal/src/guide/first_handler.md");
    fs::read_to_string(guide).unwrap()
}

/// A block of code, and the file that it is the text of. A block of commands has none.
struct Block {
    file: Option<String>,
    lines: Vec<String>,
}

/// The blocks of the page. A sentence before a block ends with the name of its file: `` `src/lib.rs`: ``.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut before, mut open) = (String::new(), None::<Block>);
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            // rustdoc shows no line that begins so.
            (Some(_), None) if line == "#" || line.starts_with("# ") => {}
            (Some(block), None) => block.lines.push(line.to_owned()),
            (None, Some(_)) => {
                let sentence = std::mem::take(&mut before);
                let named = sentence.strip_suffix("`:").and_then(|text| text.rsplit('`').next());
                open = Some(Block { file: named.map(str::to_owned), lines: Vec::new() });
            }
            (None, None) if line.is_empty() => {}
            (None, None) => before = line.to_owned(),
        }
    }
    blocks
}

/// An empty folder outside of every workspace, which goes when it is dropped.
struct Empty(PathBuf);

impl Empty {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("waxseal-first-handler-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Empty {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn an_empty_folder_becomes_a_green_test_with_60_typed_lines() {
    let blocks = blocks(&page());
    let files: Vec<&str> = blocks.iter().filter_map(|block| block.file.as_deref()).collect();
    assert_eq!(files, ["Cargo.toml", "src/lib.rs", "tests/count.rs"], "the page says what each block is");
    let typed = blocks.iter().flat_map(|block| &block.lines).filter(|line| !line.trim().is_empty()).count();
    assert!(typed <= MOST, "{typed} lines are to be typed");
    let commands: Vec<&str> = blocks
        .iter()
        .filter(|block| block.file.is_none())
        .flat_map(|block| &block.lines)
        .map(|line| &**line)
        .collect();
    assert_eq!(commands, ["$ cargo test"]);

    let folder = Empty::new();
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    for block in &blocks {
        let Some(file) = &block.file else { continue };
        let path = folder.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = block.lines.join("\n").replace("\"../waxseal/", &format!("\"{}/", checkout.display()));
        fs::write(path, text + "\n").unwrap();
    }
    // The versions of this repository, so that nothing is downloaded.
    fs::copy(checkout.join("Cargo.lock"), folder.0.join("Cargo.lock")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("waxseal-new/target");
    cargo.arg("test").current_dir(&folder.0).env("CARGO_TARGET_DIR", target);
    // This test's own environment is that of its package.
    let output = cargo.env("CARGO_NET_OFFLINE", "true").env_remove("RUSTFLAGS").output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && !said.contains("warning"), "{said}");
    assert!(said.contains("test each_scan_counts_once ... ok"), "{said}");
}
