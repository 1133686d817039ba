//! `cargo run --profile ci -p waxseal-catalog --example settings`: the environment variables as a Markdown table. With
//! `-- guide` it is the page of the guide.

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("guide") => print!("{}", waxseal_catalog::settings::guide_page()),
        _ => print!("{}", waxseal_catalog::settings::markdown()),
    }
}
