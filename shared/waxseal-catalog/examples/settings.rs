//! `cargo run --profile ci -p waxseal-catalog --example settings`: prints the table of environment variables.
//!
//! The output is the text of `src/settings/SETTINGS.md`.

fn main() {
    print!("{}", waxseal_catalog::settings::markdown());
}
