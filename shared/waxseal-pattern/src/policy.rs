//! The refusals of SNS for a pattern as a filter policy on the message body.
//!
//! Source: SNS developer guide, "Filter policy constraints" and "String value matching".

use std::borrow::Cow;

use crate::{error::PatternError, json::Json, path};

type Members<'a> = [(Cow<'a, str>, Json<'a>)];

/// Names at the top of a policy.
const MOST_KEYS: usize = 5;
/// Combinations of values: the product of the numbers of values, each times the depth of its field.
const MOST_COMBINATIONS: usize = 150;

/// The refusal of SNS. `None` where SNS takes the policy.
pub(crate) fn refusal(members: &Members<'_>) -> Option<PatternError> {
    if members.len() > MOST_KEYS {
        return Some(PatternError::new("", format!("a filter policy has {MOST_KEYS} keys at most")));
    }
    if let Err(refused) = operators(members, "") {
        return Some(refused);
    }
    let count = combinations(members, 1, 1);
    (count > MOST_COMBINATIONS).then(|| {
        let rule = "the numbers of values multiplied, each with the depth of its field";
        PatternError::new(
            "",
            format!("{count} combinations ({rule}), and a filter policy has {MOST_COMBINATIONS} at most"),
        )
    })
}

fn combinations(members: &Members<'_>, depth: usize, before: usize) -> usize {
    members.iter().fold(before, |count, (name, value)| match value {
        Json::Object(members) => combinations(members, depth + 1, count),
        Json::Array(choices) if name == "$or" => {
            let of = |choice: &Json<'_>| match choice {
                Json::Object(members) => combinations(members, depth, count),
                _ => 0,
            };
            choices.iter().map(of).fold(0, usize::saturating_add)
        }
        Json::Array(values) => count.saturating_mul(values.len()).saturating_mul(depth),
        _ => count,
    })
}

/// SNS knows fewer operators than EventBridge.
fn operators(members: &Members<'_>, at: &str) -> Result<(), PatternError> {
    for (name, value) in members {
        let path = if name == "$or" { at.to_owned() } else { path::join(at, name) };
        match value {
            Json::Object(members) => operators(members, &path)?,
            Json::Array(values) => {
                for value in values {
                    match value {
                        Json::Object(members) if name == "$or" => operators(members, &path)?,
                        Json::Object(members) => operator(members, &path)?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn operator(members: &Members<'_>, at: &str) -> Result<(), PatternError> {
    let unknown = |what: &str| Err(PatternError::new(at, format!("a filter policy knows no {what}")));
    match members {
        [(name, _)] if name == "wildcard" || name == "exactly" => unknown(name),
        [(name, Json::Object(inner))] => match &**inner {
            [(operator, Json::Text(_))] if name == "anything-but" && operator == "prefix" => Ok(()),
            [(operator, _)] => unknown(&format!("{operator} inside {name}")),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}
