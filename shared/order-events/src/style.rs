//! The two ways in which the services work on an order.

use std::{env, fmt, str::FromStr};

/// Who says what happens next with an order.
///
/// The application chooses one for all its services. A service then registers the handlers of that
/// style alone, so nothing is done twice.
///
/// ```
/// use order_events::Style;
/// assert_eq!("orchestration".parse::<Style>(), Ok(Style::Orchestration));
/// assert_eq!(Style::default().to_string(), "choreography");
/// assert!("ballet".parse::<Style>().is_err());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Style {
    /// Each service reacts to the events of the others. No service knows the whole way.
    #[default]
    Choreography,
    /// `fulfilment` sends commands, waits for their replies, and undoes what was done.
    Orchestration,
}

/// The text names no style.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a style is choreography or orchestration")]
pub struct NoSuchStyle;

impl Style {
    /// The variable of a function's environment that names its style.
    pub const VARIABLE: &str = "ORDER_STYLE";

    /// Both.
    pub const ALL: [Self; 2] = [Self::Choreography, Self::Orchestration];

    /// The style that the [variable](Style::VARIABLE) of this process names; choreography where it
    /// is absent or empty.
    ///
    /// # Errors
    /// [`NoSuchStyle`].
    pub fn from_env() -> Result<Self, NoSuchStyle> {
        match env::var_os(Self::VARIABLE).filter(|style| !style.is_empty()) {
            Some(style) => style.to_str().ok_or(NoSuchStyle)?.parse(),
            None => Ok(Self::default()),
        }
    }
}

impl FromStr for Style {
    type Err = NoSuchStyle;
    fn from_str(text: &str) -> Result<Self, NoSuchStyle> {
        Self::ALL.into_iter().find(|style| style.to_string() == text).ok_or(NoSuchStyle)
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Choreography => "choreography",
            Self::Orchestration => "orchestration",
        })
    }
}
