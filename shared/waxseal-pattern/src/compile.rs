//! Compilation: from the text of a pattern to alternatives, with the refusals of `PutRule`.

use std::{collections::BTreeMap, sync::Arc};

use crate::{error::PatternError, json::Json, matcher::Matcher, operator, path, policy, reserved::RESERVED};

/// Levels of a pattern. An event on EventBridge has 1,100. No useful pattern of 4,096 characters is
/// deeper than this.
const DEEPEST: usize = 500;

/// Characters of a pattern. Source: EventBridge API reference, `PutRule`; 2,048 unless the quota
/// was raised.
const LONGEST: usize = 4096;

/// The product of the alternatives of all `$or`. This bound is ours, against patterns that fill the
/// memory.
const MOST_ALTERNATIVES: usize = 1000;

/// One way to match: matchers by the path of a field, its steps joined by dots.
pub(crate) type Alternative = BTreeMap<String, Arc<[Matcher]>>;

/// A compiled pattern.
pub(crate) struct Compiled {
    pub(crate) alternatives: Vec<Alternative>,
    /// The reason that SNS does not take it as a filter policy.
    pub(crate) no_policy: Option<PatternError>,
}

/// Compiles the text of a pattern.
pub(crate) fn compile(text: &str) -> Result<Compiled, PatternError> {
    let length = text.chars().count();
    if length > LONGEST {
        return Err(PatternError::new(
            "",
            format!("it has {length} characters, and PutRule takes {LONGEST}: select by less"),
        ));
    }
    let json = Json::parse(text, DEEPEST).map_err(|reason| PatternError::new("", reason))?;
    let Json::Object(members) = &json else {
        return Err(PatternError::new("", "a pattern is an object with at least one field"));
    };
    let mut alternatives = Vec::new();
    fields(&mut alternatives, members, "", false)?;
    Ok(Compiled { alternatives, no_policy: policy::refusal(members) })
}

fn fields(
    alternatives: &mut Vec<Alternative>,
    members: &[(std::borrow::Cow<'_, str>, Json<'_>)],
    at: &str,
    inside_or: bool,
) -> Result<(), PatternError> {
    if members.is_empty() {
        return Err(PatternError::new(
            at,
            "an empty object is no pattern: leave the field out, or ask for {\"exists\": true} in it",
        ));
    }
    for (name, value) in members {
        if name == "$or" {
            any_of(alternatives, value, at)?;
            continue;
        }
        let path = path::join(at, name);
        if inside_or && RESERVED.contains(&&**name) {
            return Err(PatternError::new(&path, "the name of an operator cannot be a field inside $or"));
        }
        match value {
            Json::Object(members) => fields(alternatives, members, &path, inside_or)?,
            Json::Array(values) => write(alternatives, &path, values)?,
            _ => {
                return Err(PatternError::new(
                    &path,
                    "a field's pattern is an object or a list of values, such as [\"orders\"]",
                ));
            }
        }
    }
    Ok(())
}

/// Each alternative of `$or` goes on from all that came before it.
fn any_of(alternatives: &mut Vec<Alternative>, value: &Json<'_>, at: &str) -> Result<(), PatternError> {
    let path = path::join(at, "$or");
    let Json::Array(choices) = value else {
        return Err(PatternError::new(&path, "$or takes a list of at least two objects"));
    };
    if choices.len() < 2 {
        return Err(PatternError::new(
            &path,
            "$or takes at least two objects: with one, write its fields without $or",
        ));
    }
    let mut before = std::mem::take(alternatives);
    if before.is_empty() {
        before.push(Alternative::new());
    }
    for choice in choices {
        let Json::Object(members) = choice else {
            return Err(PatternError::new(&path, "every alternative of $or is an object"));
        };
        let mut with = before.clone();
        fields(&mut with, members, at, true)?;
        alternatives.append(&mut with);
        if alternatives.len() > MOST_ALTERNATIVES {
            return Err(PatternError::new(
                &path,
                format!("more than {MOST_ALTERNATIVES} alternatives: write several rules"),
            ));
        }
    }
    Ok(())
}

/// A repeated path replaces its earlier values, as in AWS's engine.
fn write(alternatives: &mut Vec<Alternative>, path: &str, values: &[Json<'_>]) -> Result<(), PatternError> {
    if values.is_empty() {
        return Err(PatternError::new(path, "an empty list matches nothing: give at least one value"));
    }
    let matchers: Arc<[Matcher]> = values
        .iter()
        .map(|value| operator::matcher(value).map_err(|reason| PatternError::new(path, reason)))
        .collect::<Result<_, _>>()?;
    if alternatives.is_empty() {
        alternatives.push(Alternative::new());
    }
    for alternative in alternatives {
        alternative.insert(path.to_owned(), matchers.clone());
    }
    Ok(())
}
