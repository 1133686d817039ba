//! Secrets that a function reads at init, from Secrets Manager and Parameter Store. Behind the feature
//! `secrets`, since it links two clients.
//!
//! The alternative was AWS's Parameters and Secrets Lambda Extension: a layer beside each function, with
//! another ARN in each region, that caches for calls from handlers. It serves nobody before init has
//! ended, and no environment but AWS has it.

use std::time::Duration;

use aws_config::SdkConfig;
use futures_util::future::try_join_all;
use waxseal_catalog::{SecretStore, Secrets, settings::SECRETS};

use crate::{
    call::{CallError, CallFailure, Target},
    code::Code,
    setting_error::SettingError,
};

/// Lambda gives init 10 s, and starts the function anew where it takes longer, without a line that says
/// why. So a secret is given up before that.
const WITHIN: Duration = Duration::from_secs(8);

/// A secret that was not read: the function does not start. The one line names the secret's variable and
/// its place, never its value, and ends in its code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
#[non_exhaustive]
pub struct SecretsError {
    /// The variable that says where the secret is.
    pub variable: String,
    /// The kind of error.
    pub code: Code,
    text: String,
}

impl From<SettingError> for SecretsError {
    fn from(error: SettingError) -> Self {
        Self { text: error.to_string(), code: error.code, variable: error.variable }
    }
}

impl SecretsError {
    fn of(place: &Place, error: &CallError) -> Self {
        let variable = place.target.variable.clone();
        let name = variable.trim_start_matches(SECRETS.name);
        Self { text: format!("the secret {name} was not read: {error}"), code: error.code, variable }
    }
}

/// The place of a secret.
pub(crate) struct Place {
    store: SecretStore,
    name: String,
    target: Target,
}

impl Place {
    /// The place that a checked value of the family says; `target` gives the store's name as in
    /// `AWS_ENDPOINT_URL_<SERVICE>` the rest.
    pub(crate) fn read(
        value: &str,
        target: impl FnOnce(String, &'static str) -> Result<Target, SettingError>,
    ) -> Result<Self, SettingError> {
        let (word, name) = value.split_once(':').unwrap_or_default();
        let (store, what, service) = if word == SecretStore::ParameterStore.word() {
            (SecretStore::ParameterStore, "parameter", "SSM")
        } else {
            (SecretStore::SecretsManager, "secret", "SECRETS_MANAGER")
        };
        Ok(Self { store, name: name.to_owned(), target: target(format!("{what} {name}"), service)? })
    }
}

/// Reads all of them at once.
pub(crate) async fn read(sdk: &SdkConfig, places: Vec<Place>) -> Result<Secrets, SecretsError> {
    read_within(sdk, places, WITHIN).await
}

async fn read_within(sdk: &SdkConfig, places: Vec<Place>, within: Duration) -> Result<Secrets, SecretsError> {
    // Clients are made where they are used: each takes some milliseconds of a cold start.
    let has = |store: SecretStore| places.iter().any(|place| place.store == store);
    let manager = has(SecretStore::SecretsManager).then(|| aws_sdk_secretsmanager::Client::new(sdk));
    let parameters = has(SecretStore::ParameterStore).then(|| aws_sdk_ssm::Client::new(sdk));
    let values = places.iter().map(|place| {
        let (manager, parameters) = (manager.as_ref(), parameters.as_ref());
        async move {
            let value = tokio::time::timeout(within, one(place, manager, parameters)).await;
            let late = || {
                let text = format!("{} gave no answer within {within:?}", place.target.what);
                Err(CallError::new(Code::NoAnswer, text))
            };
            let value = value.unwrap_or_else(|_| late()).map_err(|error| SecretsError::of(place, &error))?;
            Ok::<_, SecretsError>((place.target.variable.trim_start_matches(SECRETS.name).to_owned(), value))
        }
    });
    Ok(Secrets::new(try_join_all(values).await?))
}

async fn one(
    place: &Place,
    manager: Option<&aws_sdk_secretsmanager::Client>,
    parameters: Option<&aws_sdk_ssm::Client>,
) -> Result<String, CallError> {
    let Place { name, target, .. } = place;
    let value = if let (SecretStore::ParameterStore, Some(client)) = (place.store, parameters) {
        let answer = client.get_parameter().name(name).with_decryption(true).send().await;
        let answer = answer.map_err(|error| CallFailure::of(&error).at(target, "ssm:GetParameter"))?;
        answer.parameter.and_then(|parameter| parameter.value)
    } else if let Some(client) = manager {
        let answer = client.get_secret_value().secret_id(name).send().await;
        let answer =
            answer.map_err(|error| CallFailure::of(&error).at(target, "secretsmanager:GetSecretValue"))?;
        answer.secret_string
    } else {
        None
    };
    let no_text = || CallError::new(Code::NoText, format!("{} holds no text", target.what));
    value.filter(|value| !value.is_empty()).ok_or_else(no_text)
}

#[cfg(test)]
mod tests {
    use aws_config::Region;
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

    use super::*;

    #[tokio::test]
    async fn i3_a_store_that_falls_silent_fails_init_before_lambda_ends_it() {
        assert!(WITHIN < Duration::from_secs(10), "Lambda's limit for init");
        // It takes connections, and never answers.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let sdk = crate::sdk::builder()
            .endpoint_url(format!("http://{}", silent.local_addr().unwrap()))
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "test", "test", None, None, "test",
            )))
            .build();
        for value in ["secretsmanager:shop/token", "ssm:/shop/token"] {
            let target = |what, service| {
                let variable = SECRETS.member("TOKEN");
                Ok(Target { what, variable, service, region: "eu-west-1".to_owned(), endpoint: None })
            };
            let places = vec![Place::read(value, target).unwrap()];
            let error = read_within(&sdk, places, Duration::from_millis(50)).await.unwrap_err();
            let name = value.split_once(':').unwrap().1;
            let text = error.to_string();
            assert!(text.starts_with("the secret TOKEN was not read: "), "{text}");
            assert!(text.ends_with(&format!("{name} gave no answer within 50ms (WX0305)")), "{text}");
        }
    }
}
