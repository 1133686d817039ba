//! A refused environment variable, as one line that says how to set it.

use waxseal_catalog::settings::Setting;

/// A variable that is absent, has a wrong value or a misspelt name. It is one line: the name, the purpose and an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}: it is {purpose}, for example {shown}={example}")]
pub struct SettingError {
    /// The variable.
    pub variable: String,
    problem: String,
    /// The variable that the example sets.
    shown: String,
    purpose: &'static str,
    example: &'static str,
}

impl SettingError {
    pub(crate) fn new(setting: &Setting, problem: impl Into<String>) -> Self {
        Self::of_member(setting, setting.name.to_owned(), problem)
    }

    /// The variable `name` of a family.
    pub(crate) fn of_member(setting: &Setting, name: String, problem: impl Into<String>) -> Self {
        let (purpose, example) = (setting.purpose, setting.example);
        Self { shown: name.clone(), variable: name, problem: problem.into(), purpose, example }
    }

    /// A variable of no known name. `meant` is a known one that is near it.
    pub(crate) fn misspelt(name: &str, meant: String, setting: &Setting) -> Self {
        let problem = format!("is not known; {meant} may be meant");
        Self { variable: name.to_owned(), shown: meant, ..Self::new(setting, problem) }
    }
}
