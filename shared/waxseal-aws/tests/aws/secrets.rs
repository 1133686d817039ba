//! Secrets on the wire (I-3): the requests, the values, and the one line of each failure.

use serde_json::{Value, json};
use waxseal_aws::{
    Environment,
    testing::{Answer, Replay},
};

const MANAGER: (&str, &str) = ("WAXSEAL_SECRET_GATEWAY_TOKEN", "secretsmanager:shop/prod/gateway");
const PARAMETER: (&str, &str) = ("WAXSEAL_SECRET_SMTP_LOGIN", "ssm:/shop/prod/smtp");

fn environment(
    variables: &[(&str, &str)],
    answers: impl IntoIterator<Item = Answer>,
) -> (Replay, Environment) {
    let replay = Replay::new("application/x-amz-json-1.1", answers);
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment = Environment::new(replay.sdk(), variables);
    (replay, environment)
}

async fn refused(variables: &[(&str, &str)], answers: impl IntoIterator<Item = Answer>) -> (String, String) {
    let (_, environment) = environment(variables, answers);
    let error = environment.secrets().await.unwrap_err();
    assert!(error.to_string().ends_with(&format!("({})", error.code)), "{error}");
    (error.variable.clone(), error.to_string())
}

fn failure(code: &str, message: &str) -> Answer {
    Answer::http(400, json!({ "__type": code, "Message": message }).to_string())
}

#[tokio::test]
async fn i3_a_secret_of_secrets_manager_is_read_by_its_name() {
    let answer = json!({ "Name": "shop/prod/gateway", "SecretString": "sk_live_ß" }).to_string();
    let (replay, environment) = environment(&[MANAGER], [Answer::http(200, answer)]);
    let secrets = environment.secrets().await.unwrap();
    assert_eq!(secrets.get("GATEWAY_TOKEN"), Ok("sk_live_ß"));
    assert_eq!(replay.bodies(), [r#"{"SecretId":"shop/prod/gateway"}"#]);
    assert_eq!(format!("{secrets:?}"), r#"Secrets(["GATEWAY_TOKEN"])"#);
}

#[tokio::test]
async fn i3_a_secure_string_is_decrypted() {
    let answer = json!({ "Parameter": { "Type": "SecureString", "Value": "mailer:hunter2" } }).to_string();
    let (replay, environment) = environment(&[PARAMETER], [Answer::http(200, answer)]);
    assert_eq!(environment.secrets().await.unwrap().get("SMTP_LOGIN"), Ok("mailer:hunter2"));
    let request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
    assert_eq!(request, json!({ "Name": "/shop/prod/smtp", "WithDecryption": true }));
}

#[tokio::test]
async fn i3_a_function_without_secrets_asks_for_none() {
    let (replay, environment) = environment(&[("WAXSEAL_TABLE", "orders")], []);
    assert!(environment.secrets().await.unwrap().get("GATEWAY_TOKEN").is_err());
    assert_eq!(replay.bodies(), [""; 0]);
}

#[tokio::test]
async fn i3_a_missing_a_denied_and_an_empty_secret_are_named_with_what_to_do() {
    let (variable, text) = refused(&[MANAGER], [failure("ResourceNotFoundException", "no")]).await;
    assert_eq!(variable, MANAGER.0);
    let start = "the secret GATEWAY_TOKEN was not read: ResourceNotFoundException: secret shop/prod/gateway does not exist in ";
    assert!(text.starts_with(start), "{text}");
    assert!(text.ends_with("create it or correct WAXSEAL_SECRET_GATEWAY_TOKEN (WX0309)"), "{text}");

    let (variable, text) = refused(&[PARAMETER], [failure("ParameterNotFound", "")]).await;
    assert_eq!(variable, PARAMETER.0);
    assert!(
        text.contains("parameter /shop/prod/smtp does not exist") && text.ends_with("(WX0309)"),
        "{text}"
    );

    let (_, text) = refused(&[PARAMETER], [failure("AccessDeniedException", "not authorized")]).await;
    assert!(text.contains("must allow ssm:GetParameter on parameter /shop/prod/smtp (WX0310)"), "{text}");

    let (_, text) = refused(&[MANAGER], [failure("DecryptionFailure", "no key")]).await;
    assert!(text.ends_with("(WX0311)"), "{text}");

    for empty in [json!({ "SecretBinary": "aHVudGVyMg==" }), json!({ "SecretString": "" })] {
        let (_, text) = refused(&[MANAGER], [Answer::http(200, empty.to_string())]).await;
        let wanted = "the secret GATEWAY_TOKEN was not read: secret shop/prod/gateway holds no text (WX0330)";
        assert_eq!(text, wanted);
    }
}

#[tokio::test]
async fn i3_one_secret_that_fails_fails_init_and_no_line_shows_a_value() {
    let good = Answer::http(200, json!({ "SecretString": "hunter2" }).to_string());
    let (_, text) = refused(&[MANAGER, PARAMETER], [good, failure("ParameterNotFound", "")]).await;
    assert!(!text.contains("hunter2"), "{text}");
    // The secret itself where its place should be: a slip that must not reach a log.
    let (variable, text) = refused(&[("WAXSEAL_SECRET_TOKEN", "hunter2")], []).await;
    assert_eq!(variable, "WAXSEAL_SECRET_TOKEN");
    assert!(text.ends_with("(WX0302)") && !text.contains("hunter2"), "{text}");
}
