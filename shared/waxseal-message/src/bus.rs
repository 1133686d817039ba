//! The bus that a foreign event comes from.

use std::fmt;

/// The EventBridge bus on which a foreign event is published: the rule for it lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bus {
    /// The account's default bus. AWS services speak there.
    Default,
    /// The bus of a partner, by the name of its event source or the beginning of that name:
    /// `aws.partner/auth0.com`.
    Partner(&'static str),
    /// The application's own bus.
    Application,
}

impl fmt::Display for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default bus"),
            Self::Partner(name) => write!(f, "the bus of {name}"),
            Self::Application => f.write_str("the application's bus"),
        }
    }
}
