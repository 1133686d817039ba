//! Secrets of a service: where they are, and their values once they were read.
//!
//! A value never stands in a template, in a variable or in a log line. The function's variable says
//! where the secret is, and the function reads it at init. A dynamic reference of CloudFormation
//! would put the value into the function's configuration, and does not know secure strings there.

use std::{collections::BTreeMap, env, fmt};

use crate::finding::code::FindingCode;

/// A secret that a service's function reads at init.
///
/// The template lets the function read exactly this one, and tells it the place. In a function's
/// `main`, `waxseal_aws::Environment::secrets` reads it. In one process, [`Secrets::here`] does.
///
/// ```
/// use waxseal::Service;
/// use waxseal_catalog::{Deployed, Secret, Secrets};
///
/// let token = Secret::manager("GATEWAY_TOKEN", "shop/${Stage}/gateway", "the token of the gateway")
///     .key("alias/shop-${Stage}")
///     .here("a token of the stand-in");
/// let login = Secret::parameter("SMTP_LOGIN", "/shop/${Stage}/smtp", "user and password of the mail server")
///     .here("mailer:stand-in");
///
/// // In one process: the variable `GATEWAY_TOKEN` of the shell, else the value of the declaration.
/// let secrets = Secrets::here([&token, &login])?;
/// assert_eq!(secrets.get("GATEWAY_TOKEN")?, "a token of the stand-in");
/// assert_eq!(format!("{secrets:?}"), r#"Secrets(["GATEWAY_TOKEN", "SMTP_LOGIN"])"#);
///
/// let payment = Deployed::new(Service::new("payment")).secret(token).secret(login);
/// assert_eq!(payment.infrastructure.secrets.len(), 2);
/// # Ok::<(), waxseal_catalog::SecretError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Secret {
    /// Its name in the code, in the form of an environment variable: `GATEWAY_TOKEN`.
    pub variable: String,
    /// The store that keeps it.
    pub store: SecretStore,
    /// Its name there. `${Stage}` stands for the stage.
    pub name: String,
    /// Its meaning, for the person who deploys.
    pub about: String,
    /// The alias of the KMS key that encrypts it, where it is not AWS's own key of the store:
    /// `alias/shop-${Stage}`.
    pub key: Option<String>,
    /// Its value in one process, where the shell gives none.
    value_here: Option<String>,
}

/// A store of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SecretStore {
    /// AWS Secrets Manager.
    SecretsManager,
    /// The Parameter Store of AWS Systems Manager: a text or a secure string.
    ParameterStore,
}

impl SecretStore {
    /// The word before the name in the function's variable: `secretsmanager:shop/prod/gateway`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SecretsManager => "secretsmanager",
            Self::ParameterStore => "ssm",
        }
    }
}

impl Secret {
    /// A secret of Secrets Manager. The value is its text (`SecretString`), whole.
    #[must_use]
    pub fn manager(variable: impl Into<String>, name: impl Into<String>, about: impl Into<String>) -> Self {
        Self::of(SecretStore::SecretsManager, variable, name, about)
    }

    /// A parameter of Parameter Store, decrypted where it is a secure string. Its name is a path.
    #[must_use]
    pub fn parameter(variable: impl Into<String>, name: impl Into<String>, about: impl Into<String>) -> Self {
        Self::of(SecretStore::ParameterStore, variable, name, about)
    }

    fn of(
        store: SecretStore,
        variable: impl Into<String>,
        name: impl Into<String>,
        about: impl Into<String>,
    ) -> Self {
        Self {
            variable: variable.into(),
            store,
            name: name.into(),
            about: about.into(),
            key: None,
            value_here: None,
        }
    }

    /// The alias of the customer-managed KMS key that encrypts it. The function may decrypt with
    /// that key through the store alone.
    #[must_use]
    pub fn key(mut self, alias: impl Into<String>) -> Self {
        self.key = Some(alias.into());
        self
    }

    /// Its value in one process, where the shell gives none: that of a stand-in.
    #[must_use]
    pub fn here(mut self, value: impl Into<String>) -> Self {
        self.value_here = Some(value.into());
        self
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("variable", &self.variable)
            .field("store", &self.store)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The values of secrets, by their names in the code. [`Secret`] has an example.
///
/// `Debug` shows the names alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// Secrets with these names and values.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(values.into_iter().collect())
    }

    /// The secrets of a program that runs on this machine: from the environment variable of the
    /// secret's name, else the value of [`Secret::here`].
    ///
    /// # Errors
    /// Where neither has a value, with the name of the secret.
    pub fn here<'a>(declared: impl IntoIterator<Item = &'a Secret>) -> Result<Self, SecretError> {
        Self::from(declared, &|name| env::var(name).ok())
    }

    fn from<'a>(
        declared: impl IntoIterator<Item = &'a Secret>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, SecretError> {
        let value = |secret: &Secret| {
            let given = environment(&secret.variable).filter(|value| !value.is_empty());
            let value = given.or_else(|| secret.value_here.clone());
            let value = value.ok_or_else(|| SecretError::NoValue {
                variable: secret.variable.clone(),
                about: secret.about.clone(),
            })?;
            Ok((secret.variable.clone(), value))
        };
        declared.into_iter().map(value).collect::<Result<_, _>>().map(Self)
    }

    /// The value of the secret of that name.
    ///
    /// # Errors
    /// Where the service declares no secret of that name.
    pub fn get(&self, variable: &str) -> Result<&str, SecretError> {
        self.0.get(variable).map(String::as_str).ok_or_else(|| SecretError::NotDeclared {
            variable: variable.to_owned(),
            known: self.0.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secrets").field(&self.0.keys().collect::<Vec<_>>()).finish()
    }
}

/// A secret without a value. The text names the secret, and ends in its code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The code asks for a secret that the service does not declare.
    #[error(
        "the secret {variable} is not among those of this function ({known}): declare it with Deployed::secret ({})",
        FindingCode::NoSecret
    )]
    NotDeclared {
        /// The name that the code asks for.
        variable: String,
        /// The names that there are.
        known: String,
    },
    /// Neither the shell nor the declaration has a value on this machine.
    #[error(
        "the secret {variable} has no value on this machine: it is {about}; set the environment variable {variable}, or declare a \
         value with Secret::here ({})",
        FindingCode::NoSecretHere
    )]
    NoValue {
        /// Its name.
        variable: String,
        /// Its meaning.
        about: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Secret {
        Secret::manager("GATEWAY_TOKEN", "shop/gateway", "the token of the gateway")
    }

    #[test]
    fn i3_the_shell_comes_before_the_declaration_and_an_empty_variable_is_absent() {
        let declared = [token().here("stand-in")];
        let read = |value: &'static str| {
            let environment = |name: &str| (name == "GATEWAY_TOKEN").then(|| value.to_owned());
            Secrets::from(&declared, &environment).unwrap().get("GATEWAY_TOKEN").unwrap().to_owned()
        };
        assert_eq!((read("own"), read("")), ("own".to_owned(), "stand-in".to_owned()));
    }

    #[test]
    fn i3_a_secret_without_a_value_is_named_and_no_value_is_shown() {
        let missing = Secrets::from([&token()], &|_| None).unwrap_err().to_string();
        assert_eq!(
            missing,
            "the secret GATEWAY_TOKEN has no value on this machine: it is the token of the gateway; set the environment variable \
             GATEWAY_TOKEN, or declare a value with Secret::here (WX0142)"
        );
        let secrets = Secrets::new([("A".to_owned(), "hunter2".to_owned())]);
        let error = secrets.get("B").unwrap_err().to_string();
        assert!(error.starts_with("the secret B is not among those of this function (A)"), "{error}");
        let shown = format!("{secrets:?} {:?} {error}", token().here("hunter2"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
