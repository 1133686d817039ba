//! The environment variables of a process, read by the table of settings.

use std::collections::BTreeMap;

use waxseal_catalog::settings::{
    self, AWS_ENDPOINT, AWS_ENDPOINTS_IGNORED, Name, SERVICE_ENDPOINTS, Setting,
};

use crate::setting_error::SettingError;

/// The variables of this process that concern us, as they were when it started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The variables of the process that concern us. A value that is not UTF-8 keeps a mark in the place of each bad byte.
    /// No check lets such a mark pass.
    pub(crate) fn of_process() -> Self {
        Self::new(
            std::env::vars_os()
                .map(|(name, value)| (name.to_string_lossy().into(), value.to_string_lossy().into())),
        )
    }

    pub(crate) fn new(all: impl IntoIterator<Item = (String, String)>) -> Self {
        let concerns = |name: &str| {
            name.starts_with(AWS_ENDPOINT.name)
                || name == AWS_ENDPOINTS_IGNORED.name
                || settings::concerns(name)
        };
        Self(all.into_iter().filter(|(name, _)| concerns(name)).collect())
    }

    /// The value of a variable. An empty variable counts as absent, as in the SDK and in shells.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The checked value of a setting that may be absent.
    pub(crate) fn optional(&self, setting: &Setting) -> Result<Option<&str>, SettingError> {
        let Some(value) = self.get(setting.name) else { return Ok(None) };
        setting.values.check(value).map_err(|problem| SettingError::bad_value(setting, problem))?;
        Ok(Some(value))
    }

    /// The checked value of a setting that must be there.
    pub(crate) fn required(&self, setting: &Setting) -> Result<&str, SettingError> {
        match self.optional(setting)? {
            Some(value) => Ok(value),
            None => {
                // A misspelt name says more than the absence of the right one.
                self.check_names()?;
                Err(SettingError::not_set(setting))
            }
        }
    }

    /// A whole number, where one is set. The table bounds it.
    pub(crate) fn number<N: TryFrom<u64>>(&self, setting: &Setting) -> Result<Option<N>, SettingError> {
        let Some(value) = self.optional(setting)? else { return Ok(None) };
        let number = value.parse().ok().and_then(|number: u64| N::try_from(number).ok());
        number
            .map(Some)
            .ok_or_else(|| SettingError::bad_value(setting, format!("is `{value}`, not {}", setting.values)))
    }

    /// The meaning of a word, the default where none is set. `known` gives a meaning to each word of the table.
    pub(crate) fn choice<T: Copy + Default>(
        &self,
        setting: &Setting,
        known: &[(&str, T)],
    ) -> Result<T, SettingError> {
        let Some(value) = self.optional(setting)? else { return Ok(T::default()) };
        let meaning = known.iter().find(|(word, _)| *word == value).map(|(_, meaning)| *meaning);
        meaning
            .ok_or_else(|| SettingError::bad_value(setting, format!("is `{value}`, not {}", setting.values)))
    }

    /// The checked members of a family, with the names of their variables.
    pub(crate) fn members(
        &self,
        family: &'static Setting,
    ) -> impl Iterator<Item = Result<(&str, &str), SettingError>> {
        self.0.keys().filter_map(move |name| {
            name.strip_prefix(family.name).filter(|rest| !rest.is_empty())?;
            let value = self.get(name)?;
            Some(match family.values.check(value) {
                Ok(()) => Ok((name.as_str(), value)),
                Err(problem) => Err(SettingError::bad_member(family, name.clone(), problem)),
            })
        })
    }

    /// The endpoint that the requests to a service go to, where the environment names one.
    pub(crate) fn endpoint(&self, service: &str) -> Result<Option<&str>, SettingError> {
        if self.get(AWS_ENDPOINTS_IGNORED.name).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let name = format!("{}{service}", SERVICE_ENDPOINTS.name);
        match self.get(&name) {
            None => self.optional(&AWS_ENDPOINT),
            Some(value) => match SERVICE_ENDPOINTS.values.check(value) {
                Ok(()) => Ok(Some(value)),
                Err(problem) => Err(SettingError::bad_member(&SERVICE_ENDPOINTS, name, problem)),
            },
        }
    }

    /// Refuses a variable with a misspelt name: its value would be ignored.
    pub(crate) fn check_names(&self) -> Result<(), SettingError> {
        for name in self.names() {
            if let Name::Near { meant, setting } = settings::judge(name) {
                return Err(SettingError::misspelt(name, meant, setting));
            }
        }
        Ok(())
    }

    /// Warns of variables that no build up to this one knows. They stop nothing, since a newer template may set them.
    pub(crate) fn warn_of_unknown(&self) {
        for name in self.names() {
            if let Name::Unknown { resembles } = settings::judge(name) {
                tracing::warn!(
                    variable = name,
                    resembles,
                    "this build does not know the variable, so it has no effect: correct its name, or deploy a newer build"
                );
            }
        }
    }

    /// The names that concern us, of variables that are not empty.
    fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.0.keys().map(String::as_str);
        names.filter(|name| !name.starts_with("AWS_") && self.get(name).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_url_and_its_variable_is_named() {
        for bad in ["not a url", "localhost:4566", "ftp://host", "http://user:hunter2@host", "true"] {
            let variables = |name: &str| Variables::new([(name.to_owned(), bad.to_owned())]);
            for name in ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"] {
                let error = variables(name).endpoint("DYNAMODB").unwrap_err();
                assert_eq!(error.variable, name, "{bad}");
                assert!(!error.to_string().contains("hunter2"), "{error}");
            }
            assert_eq!(variables("AWS_ENDPOINT_URL_SQS").endpoint("DYNAMODB"), Ok(None), "not in use");
        }
        let ignored = [("AWS_ENDPOINT_URL", "not a url"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
        let ignored = ignored.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(Variables::new(ignored).endpoint("SQS"), Ok(None));
    }
}
