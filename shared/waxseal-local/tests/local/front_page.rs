//! The example on the crate's front page is a whole program: rustdoc compiles and runs it, and
//! hides nothing of it.

#[test]
fn the_example_hides_no_line() {
    let page = include_str!("../../src/lib.rs");
    let example: Vec<&str> = page.lines().map_while(|line| line.strip_prefix("//!")).collect();
    assert!(example.iter().any(|line| line.contains("Local::builder()")), "the page has an example");
    for line in example {
        assert!(!line.trim_start().starts_with("# "), "hidden from the reader: {line}");
    }
}
