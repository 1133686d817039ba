//! The last part of a variable's name.

/// The last part of a variable's name for a channel, in upper case. `_` replaces the signs that a variable's name cannot
/// hold.
#[must_use]
pub fn suffix(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '-' | '.') { '_' } else { c.to_ascii_uppercase() }).collect()
}
