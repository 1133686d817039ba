//! Content filters: patterns over a payload that every transport understands alike.

use std::{error::Error, fmt};

use serde_json::{Value, json};

use crate::{
    pattern::Pattern,
    shared::{self, Mistake},
};

/// The payloads that a handler wants: all of them, or those that a pattern selects.
///
/// The pattern is an event pattern over the payload, with the operators that rules of EventBridge,
/// filter policies of SNS over the message body, and event source mappings share: texts, `true`,
/// `false`, `prefix`, `suffix`, `equals-ignore-case` (ASCII), `anything-but` with texts, `numeric`,
/// and `$or` at the top. A transport that lacks an operator would drop what another one lets pass, so
/// anything else is refused where the filter is written.
///
/// ```
/// use waxseal_pattern::Filter;
/// const LARGE: Filter = Filter::new(r#"{"country":["DE","AT"],"total":[{"numeric":[">=",100]}]}"#);
/// let large = LARGE.compile().unwrap();
/// assert!(large.matches(r#"{"country":"DE","total":100.0}"#));
/// assert!(!large.matches(r#"{"country":"DE","total":99}"#));
///
/// let refused = Filter::checked(r#"{"total":[100]}"#).unwrap_err();
/// assert!(refused.to_string().starts_with("filter, at byte 10: a plain number"), "{refused}");
/// ```
///
/// A mistake in a constant does not compile:
/// ```compile_fail
/// # use waxseal_pattern::Filter;
/// const WRONG: Filter = Filter::new(r#"{"country":[{"wildcard":"D*"}]}"#);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter(Option<&'static str>);

impl Filter {
    /// Every payload: the default.
    pub const ALL: Self = Self(None);

    /// The payloads that this pattern selects.
    ///
    /// # Panics
    /// Where the pattern is none, or has an operator that not every transport knows. In a constant
    /// that is an error of the compiler. [`Filter::checked`] is for other places.
    #[must_use]
    pub const fn new(pattern: &'static str) -> Self {
        match shared::check(pattern) {
            Ok(()) => Self(Some(pattern)),
            Err(Mistake { what, .. }) => panic!("{}", what),
        }
    }

    /// The payloads that this pattern selects.
    ///
    /// # Errors
    /// Where [`Filter::new`] panics: the place and the mistake.
    pub const fn checked(pattern: &'static str) -> Result<Self, FilterError> {
        match shared::check(pattern) {
            Ok(()) => Ok(Self(Some(pattern))),
            Err(Mistake { at, what }) => Err(FilterError { at, what }),
        }
    }

    /// Whether every payload is wanted.
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.0.is_none()
    }

    /// The text of the pattern; `None` where every payload is wanted.
    #[must_use]
    pub const fn text(self) -> Option<&'static str> {
        self.0
    }

    /// The filter in the form that decides about payloads; `None` where every payload is wanted.
    #[must_use]
    pub fn compile(self) -> Option<CompiledFilter> {
        let pattern = json!({ PLACE: any_of(Self::any([self])?) });
        Pattern::new(&pattern).ok().map(CompiledFilter)
    }

    /// The payloads that one of several filters wants, as patterns of which one must match. `None`
    /// where every payload is wanted, or there is no filter at all.
    ///
    /// ```
    /// use serde_json::json;
    /// use waxseal_pattern::{Filter, any_of};
    /// let (german, cheap) = (
    ///     Filter::new(r#"{"country":["DE"]}"#),
    ///     Filter::new(r#"{"total":[{"numeric":["<",10]}]}"#),
    /// );
    /// let patterns = Filter::any([german, cheap]).unwrap();
    /// assert_eq!(any_of(patterns), json!({"$or": [{"country": ["DE"]}, {"total": [{"numeric": ["<", 10]}]}]}));
    /// assert_eq!(Filter::any([german, Filter::ALL]), None);
    /// ```
    #[must_use]
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Option<Vec<Value>> {
        let mut patterns: Vec<Value> = Vec::new();
        for filter in filters {
            let pattern: Value = serde_json::from_str(filter.0?).ok()?;
            let alternatives = match pattern {
                Value::Object(mut members) => match members.remove(OR) {
                    Some(Value::Array(alternatives)) => alternatives,
                    _ => vec![Value::Object(members)],
                },
                other => vec![other],
            };
            for alternative in alternatives {
                if !patterns.contains(&alternative) {
                    patterns.push(alternative);
                }
            }
        }
        (!patterns.is_empty()).then_some(patterns)
    }
}

const OR: &str = "$or";
/// Where a compiled filter looks for the payload.
const PLACE: &str = "data";

/// One pattern that matches where one of `patterns` does.
#[must_use]
pub fn any_of(mut patterns: Vec<Value>) -> Value {
    match patterns.len() {
        1 => patterns.remove(0),
        _ => json!({ OR: patterns }),
    }
}

/// A [`Filter`] that decides about payloads. Clones share it.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledFilter(Pattern);

impl CompiledFilter {
    /// Whether a payload, in JSON, is wanted.
    ///
    /// The payload is matched as the member of an object, as every transport has it. A payload that
    /// is a list of objects is wanted where one of them is.
    #[must_use]
    pub fn matches(&self, payload: &str) -> bool {
        let mut text = String::with_capacity(payload.len() + PLACE.len() + 5);
        for part in ["{\"", PLACE, "\":", payload, "}"] {
            text.push_str(part);
        }
        self.0.matches_text(&text)
    }
}

/// A mistake in a filter: the place, and what is wrong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterError {
    at: usize,
    what: &'static str,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "filter, at byte {}: {}", self.at, self.what)
    }
}

impl Error for FilterError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s67_what_one_transport_lacks_is_refused_with_the_reason() {
        for (filter, words) in [
            (r#"{"a":[1]}"#, "a mapping compares its text"),
            (r#"{"a":[-1]}"#, "a mapping compares its text"),
            (r#"{"a":[null]}"#, "counts as absent"),
            (r#"{"a":[""]}"#, "counts as absent"),
            (r#"{"a":[{"exists":true}]}"#, "counts as absent"),
            (r#"{"a":[{"wildcard":"x*"}]}"#, "not known everywhere"),
            (r#"{"a":[{"cidr":"10.0.0.0/8"}]}"#, "not known everywhere"),
            (r#"{"a":[{"exactly":"x"}]}"#, "not known everywhere"),
            (r#"{"a":[{"anything-but":{"prefix":"x"}}]}"#, "a mapping knows no more"),
            (r#"{"a":[{"anything-but":[1]}]}"#, "in quotation marks"),
            (r#"{"a":[{"prefix":{"equals-ignore-case":"x"}}]}"#, "inside of prefix"),
            (r#"{"a":[{"equals-ignore-case":"ä"}]}"#, "takes ASCII"),
            (r#"{"a":["10.0.0.1"]}"#, "an address"),
            (r#"{"a":["2001:db8::1"]}"#, "an address"),
            (r#"{"a":[{"anything-but":"1.2.3.4"}]}"#, "an address"),
            (r#"{"a.b":["x"]}"#, "a dot"),
            (r#"{"prefix":["x"]}"#, "the name of an operator"),
            (r#"{"a":{"$or":[{"b":["x"]},{"c":["x"]}]}}"#, "begins with $"),
            (r#"{"a":["x"],"$or":[{"b":["x"]},{"c":["x"]}]}"#, "begins with $"),
            (r#"{"$or":[{"b":["x"]},{"c":["x"]}],"a":["x"]}"#, "alone at the top"),
            (r#"{"$or":[{"b":["x"]}]}"#, "at least two"),
            (r#"{"a":["x"],"a":["y"]}"#, "named twice"),
            (r#"{"a":[{"numeric":[">",1e3]}]}"#, "no exponent"),
            (r#"{"a":[{"numeric":[">",1000000001]}]}"#, "between -10^9 and 10^9"),
            (r#"{"a":[{"numeric":[">",0.000001]}]}"#, "five decimals"),
            (r#"{"a":[{"numeric":["<",1,">",0]}]}"#, "a lower bound"),
            (r#"{"a":[{"numeric":[">",1,"<",1]}]}"#, "not below"),
            (r#"{"a":["\u0041"]}"#, "no escapes"),
            (r#"{"a":[]}"#, "matches nothing"),
            (r#"{"a":"x"}"#, "an object or a list"),
            ("{}", "in quotation marks"),
            ("", "an object of fields"),
            (r#"{"a":["x"]} x"#, "behind the filter"),
        ] {
            let error = Filter::checked(filter).expect_err(filter).to_string();
            assert!(error.contains(words), "{filter}: {error}");
        }
    }

    #[test]
    fn s67_the_place_of_a_mistake_is_named() {
        let error = Filter::checked(r#"{"country":["DE",null]}"#).expect_err("null");
        assert_eq!(
            error.to_string(),
            "filter, at byte 17: null: in a topic a field that is null counts as absent"
        );
    }

    #[test]
    fn a_filter_may_have_white_space_numbers_with_decimals_and_texts_that_only_resemble_addresses() {
        for filter in [
            " {\n \"a\" : [ \"x\" , true ] , \"b\" : { \"c\" : [ false ] } } ",
            r#"{"a":[{"numeric":[">=",-1000000000,"<",0.00001]}]}"#,
            r#"{"a":[{"numeric":["=",-0.5]}]}"#,
            r#"{"a":["1.2.3","12:30:00","10.0.0.x",{"suffix":"::"}]}"#,
            r#"{"a":[{"prefix":"größe"},{"anything-but":["x","y"]},{"anything-but":"z"}]}"#,
            r#"{"$or":[{"a":["x"]},{"b":["y"],"c":[true]}]}"#,
        ] {
            let checked = Filter::checked(filter);
            assert!(checked.is_ok_and(|filter| filter.compile().is_some()), "{filter}: {checked:?}");
        }
    }

    #[test]
    fn the_default_is_every_payload() {
        assert_eq!(Filter::default(), Filter::ALL);
        assert!(Filter::ALL.is_all() && Filter::ALL.compile().is_none());
        assert_eq!(Filter::any([]), None);
    }
}
