//! `?` cannot guess whether the message comes again.

use waxseal::Fault;

fn quantity(text: &str) -> Result<u32, Fault> {
    Ok(text.parse::<u32>()?)
}

fn main() {
    let _ = quantity("7");
}
