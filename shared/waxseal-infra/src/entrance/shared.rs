//! What the kinds of an entrance share: the conditions, the parameters, the log of requests.

use serde_json::{Value, json};
use waxseal_catalog::App;

use crate::names::{self, named, reference, sub};

/// Holds where a stage has the API or the listener.
pub(crate) const HAS_API: &str = "HasApi";
/// Holds where it has function URLs instead.
pub(crate) const HAS_URL: &str = "HasUrl";
/// The parameter that says which.
const PARAMETER: &str = "HttpEntrance";

/// The parameter that says whether a stage has the entrance or function URLs.
pub(crate) fn parameter() -> (String, Value) {
    let parameter = json!({
        "Type": "String",
        "Default": "api",
        "AllowedValues": ["api", "url"],
        "Description": "What callers reach: the application's entrance, or a URL of each function where there is no such thing",
    });
    (PARAMETER.to_owned(), parameter)
}

/// The condition of what is there with the entrance alone.
pub(crate) fn has_api() -> (String, Value) {
    (HAS_API.to_owned(), is("api"))
}

/// The condition of what is there without it alone.
pub(crate) fn has_url() -> (String, Value) {
    (HAS_URL.to_owned(), is("url"))
}

fn is(what: &str) -> Value {
    json!({ "Fn::Equals": [reference(PARAMETER), what] })
}

/// What a stage brings to check tokens with, by issuer and audience.
pub(crate) fn jwt_parameters() -> Vec<(String, Value)> {
    let issuer = "JWT_ISSUER, the issuer of the callers' tokens, such as https://login.example.org/";
    let audience = "JWT_AUDIENCE, the audiences that a token may be for, comma-separated";
    vec![
        (
            "JwtIssuer".to_owned(),
            json!({ "Type": "String", "AllowedPattern": "^https://.+$", "Description": issuer }),
        ),
        ("JwtAudience".to_owned(), json!({ "Type": "CommaDelimitedList", "Description": audience })),
    ]
}

/// The log of requests.
pub(super) fn logs(app: &App) -> Value {
    json!({
        "Type": "AWS::Logs::LogGroup",
        "Condition": HAS_API,
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": {
            // Groups of that name share one policy, which has a limit otherwise. Source: CloudWatch
            // Logs user guide, "Log group resource policy size limit considerations".
            "LogGroupName": sub(format!("/aws/vendedlogs/{}", named(app, "api"))),
            "RetentionInDays": app.retention.logs,
            "Tags": names::tags(&app.name, "bus"),
        },
    })
}
