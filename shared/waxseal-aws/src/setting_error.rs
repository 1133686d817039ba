//! A refused environment variable, as one line that says how to set it.

use waxseal_catalog::settings::Setting;

use crate::code::Code;

/// A variable that is absent, has a wrong value or a misspelt name. It is one line: the name, the purpose, an example and the
/// code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}: it is {purpose}, for example {shown}={example} ({code})")]
pub struct SettingError {
    /// The variable.
    pub variable: String,
    /// The kind of error.
    pub code: Code,
    problem: String,
    /// The variable that the example sets.
    shown: String,
    purpose: &'static str,
    example: &'static str,
}

impl SettingError {
    /// A variable that is absent.
    pub(crate) fn not_set(setting: &Setting) -> Self {
        Self::of(setting, setting.name.to_owned(), Code::NotSet, "is not set".to_owned())
    }

    /// A variable with a value that is not accepted.
    pub(crate) fn bad_value(setting: &Setting, problem: String) -> Self {
        Self::of(setting, setting.name.to_owned(), Code::BadValue, problem)
    }

    /// The variable `name` of a family, with a value that is not accepted.
    pub(crate) fn bad_member(setting: &Setting, name: String, problem: String) -> Self {
        Self::of(setting, name, Code::BadValue, problem)
    }

    /// A variable of no known name. `meant` is a known one that is near it.
    pub(crate) fn misspelt(name: &str, meant: String, setting: &Setting) -> Self {
        let problem = format!("is not known; {meant} may be meant");
        Self { shown: meant, ..Self::of(setting, name.to_owned(), Code::Misspelt, problem) }
    }

    fn of(setting: &Setting, variable: String, code: Code, problem: String) -> Self {
        let (purpose, example) = (setting.purpose, setting.example);
        Self { shown: variable.clone(), variable, code, problem, purpose, example }
    }
}
