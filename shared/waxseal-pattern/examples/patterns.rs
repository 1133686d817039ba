//! `cargo run --profile ci -p waxseal-pattern --example patterns`: a pattern that matches, and one that AWS
//! refuses.

use std::error::Error;

use waxseal_pattern::Pattern;

fn main() -> Result<(), Box<dyn Error>> {
    let pattern =
        Pattern::parse(r#"{"source": ["orders"], "detail": {"total": [{"numeric": [">=", 100]}]}}"#)?;
    for total in ["99", "100.0", "1e2"] {
        let event = format!(r#"{{"source": "orders", "detail": {{"total": {total}}}}}"#);
        println!(
            "total {total}: {}",
            if pattern.matches_text(&event) { "matches" } else { "does not match" }
        );
    }
    assert!(pattern.matches_text(r#"{"source": "orders", "detail": {"total": 100.0}}"#));

    let refused = Pattern::parse(r#"{"source": "orders"}"#).err().ok_or("a text is no list")?;
    println!("refused: {refused}");
    Ok(())
}
