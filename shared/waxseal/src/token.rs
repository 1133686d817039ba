//! The writer token of a commit.

use std::fmt;

use waxseal_message::hex;

/// A unique token that is written on every item of one commit.
///
/// A retried request recognises its own earlier write by the token, and a rival's write by another
/// token (C-2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub u128);

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0.to_be_bytes()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
