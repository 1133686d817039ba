//! An e-mail address, checked where it enters, so that no mail fails for it later.
//!
//! The rule is RFC 5321's dot-string form, with the letters of every script (RFC 6531), without
//! quoted local parts, comments and address literals: addresses that people have. Every
//! text that passes is an address to the mail library too.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An e-mail address.
///
/// ```
/// use order_events::Email;
/// assert!("josé.o'neil+shop@例え.jp".parse::<Email>().is_ok());
/// assert!("josé.example.com".parse::<Email>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The text is no address. It is not quoted: it may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address such as ada@example.com")]
pub struct NotAnAddress;

impl Email {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Sizes in bytes. Source: RFC 5321, 4.5.3.1; RFC 1035, 2.3.4.
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 253;
const LONGEST_LABEL: usize = 63;

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    // RFC 5321's `atext`, and any letter or digit beyond ASCII.
    let atext = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let word = |word: &str| !word.is_empty() && word.chars().all(atext);
    let label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    local.len() <= LONGEST_LOCAL
        && local.split('.').all(word)
        && domain.len() <= LONGEST_DOMAIN
        && domain.split('.').all(label)
}

impl FromStr for Email {
    type Err = NotAnAddress;
    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        if is_address(text) { Ok(Self(text.to_owned())) } else { Err(NotAnAddress) }
    }
}

impl TryFrom<String> for Email {
    type Error = NotAnAddress;
    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        if is_address(&text) { Ok(Self(text)) } else { Err(NotAnAddress) }
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_people_have_pass_and_others_do_not() {
        for good in [
            "a@b",
            "ada@example.com",
            "o'brien@example.ie",
            "x_y-z+tag@mail.example.co.uk",
            "山田@例え.jp",
            "a@xn--r8jz45g.jp",
        ] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        let long = format!("{}@example.com", "x".repeat(65));
        for bad in [
            "",
            "@",
            "ada",
            "@example.com",
            "ada@",
            "a@b@c",
            ".a@b.c",
            "a..b@c.d",
            "a b@c.d",
            "a@-b.c",
            "a@b..c",
            "a@b.c\r\nBcc: x@y.z",
            "<a@b.c>",
            &long,
        ] {
            assert_eq!(bad.parse::<Email>(), Err(NotAnAddress), "{bad}");
        }
    }
}
