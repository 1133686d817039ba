//! One environment variable as data.

use super::{suffix::suffix, value::Values};

/// One environment variable, or one family of variables with a common prefix.
#[derive(Debug)]
#[non_exhaustive]
pub struct Setting {
    /// The variable's name. The name of a family ends in `_`; the rest is the name of a member.
    pub name: &'static str,
    /// A noun phrase that completes "it is …".
    pub purpose: &'static str,
    /// The values that are accepted.
    pub values: Values,
    /// The meaning of an absent variable.
    pub unset: Unset,
    /// A value that is accepted.
    pub example: &'static str,
    /// The kinds of functions that read it.
    pub read_by: &'static [FunctionKind],
    /// Names that it had in earlier builds. An old name is refused with the new one.
    pub former_names: &'static [&'static str],
}

/// The meaning of a variable that is absent or empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unset {
    /// The function does not start.
    Refused,
    /// The setting then has this value.
    Default(&'static str),
    /// The setting then has no value, with this consequence.
    Means(&'static str),
}

/// A kind of function or program, by the settings that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FunctionKind {
    /// A service's function: it runs handlers.
    Service,
    /// A service's function that checks large payloads in or fetches them.
    ClaimCheck,
    /// A relay: it publishes and sweeps.
    Relay,
    /// A [program](waxseal::PublishingProgram) that publishes and is no function.
    Publisher,
}

impl Setting {
    /// Whether it stands for all variables that begin with its name.
    #[must_use]
    pub fn is_family(&self) -> bool {
        self.name.ends_with('_')
    }

    /// The variable of one member of a family: topic `stock.level-changed` has `WAXSEAL_TOPIC_STOCK_LEVEL_CHANGED`.
    #[must_use]
    pub fn member(&self, name: &str) -> String {
        format!("{}{}", self.name, suffix(name))
    }

    /// The name with a placeholder for a member: `WAXSEAL_TOPIC_<NAME>`.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{}{}", self.name, if self.is_family() { "<NAME>" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::table::{self, SETTINGS};

    #[test]
    fn a_member_of_a_family_is_named_as_a_variable_can_be() {
        assert_eq!(table::TOPICS.member("stock.level-changed"), "WAXSEAL_TOPIC_STOCK_LEVEL_CHANGED");
        assert_eq!(table::QUEUES.shown(), "WAXSEAL_QUEUE_<NAME>");
        assert_eq!(table::TABLE.shown(), "WAXSEAL_TABLE");
    }

    #[test]
    fn every_example_and_every_default_is_a_value() {
        for setting in SETTINGS {
            assert_eq!(setting.values.check(setting.example), Ok(()), "{}", setting.name);
            if let Unset::Default(value) = setting.unset {
                assert_eq!(setting.values.check(value), Ok(()), "{}", setting.name);
            }
            assert!(!setting.read_by.is_empty(), "{}", setting.name);
        }
    }
}
