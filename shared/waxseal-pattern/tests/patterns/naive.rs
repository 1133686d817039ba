//! The documented meaning of a pattern, in its plainest form: every way to choose one value for
//! each field is tried.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The tests of one value.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    /// A string, a number, `true`, `false` or `null`.
    Is(Value),
    Prefix(String, bool),
    Suffix(String, bool),
    EqualsIgnoreCase(String),
    /// The parts between the stars.
    Wildcard(Vec<String>),
    /// Hundredths: a lower and an upper bound, with whether they are inside.
    Between(Option<(i64, bool)>, Option<(i64, bool)>),
    AnythingBut(Vec<Value>),
    AnythingButPrefix(Vec<String>),
    AnythingButSuffix(Vec<String>),
    Exists(bool),
}

fn ignoring_case(name: &str, text: &str, ignores: bool) -> Value {
    let argument = if ignores { json!({"equals-ignore-case": text}) } else { json!(text) };
    Value::Object(Map::from_iter([(name.to_owned(), argument)]))
}

/// The number of hundredths, in one of its spellings.
fn hundredths(number: i64) -> Value {
    serde_json::from_str(&format!("{number}e-2")).unwrap()
}

impl Ask {
    fn to_json(&self) -> Value {
        match self {
            Self::Is(value) => value.clone(),
            Self::Prefix(text, ignores) => ignoring_case("prefix", text, *ignores),
            Self::Suffix(text, ignores) => ignoring_case("suffix", text, *ignores),
            Self::EqualsIgnoreCase(text) => json!({"equals-ignore-case": text}),
            Self::Wildcard(parts) => {
                let escaped: Vec<String> =
                    parts.iter().map(|part| part.replace('\\', r"\\").replace('*', r"\*")).collect();
                json!({"wildcard": escaped.join("*")})
            }
            Self::Between(low, high) => {
                let terms = |bound: &Option<(i64, bool)>, sign: &str| {
                    let term = |(number, closed)| {
                        let sign = if closed { format!("{sign}=") } else { sign.to_owned() };
                        [json!(sign), hundredths(number)]
                    };
                    bound.map(term).into_iter().flatten().collect::<Vec<Value>>()
                };
                let terms = [terms(low, ">"), terms(high, "<")].concat();
                json!({"numeric": terms})
            }
            Self::AnythingBut(values) => json!({"anything-but": values}),
            Self::AnythingButPrefix(texts) => json!({"anything-but": {"prefix": texts}}),
            Self::AnythingButSuffix(texts) => json!({"anything-but": {"suffix": texts}}),
            Self::Exists(exists) => json!({"exists": exists}),
        }
    }

    fn takes(&self, value: &Value) -> bool {
        let text = value.as_str();
        let folded =
            |text: &str, ignores: &bool| if *ignores { text.to_lowercase() } else { text.to_owned() };
        match self {
            Self::Is(wanted) => same(wanted, value),
            Self::Prefix(prefix, i) => text.is_some_and(|t| folded(t, i).starts_with(&folded(prefix, i))),
            Self::Suffix(suffix, i) => text.is_some_and(|t| folded(t, i).ends_with(&folded(suffix, i))),
            Self::EqualsIgnoreCase(wanted) => text.is_some_and(|t| t.to_lowercase() == wanted.to_lowercase()),
            Self::Wildcard(parts) => text.is_some_and(|t| fits(parts, t)),
            Self::Between(low, high) => value.as_f64().is_some_and(|number| {
                let number = (number * 100.0).round() as i64;
                low.is_none_or(|(low, closed)| number > low || (closed && number == low))
                    && high.is_none_or(|(high, closed)| number < high || (closed && number == high))
            }),
            Self::AnythingBut(values) => !values.iter().any(|wanted| same(wanted, value)),
            Self::AnythingButPrefix(texts) => {
                !texts.iter().any(|prefix| text.is_some_and(|t| t.starts_with(&**prefix)))
            }
            Self::AnythingButSuffix(texts) => {
                !texts.iter().any(|suffix| text.is_some_and(|t| t.ends_with(&**suffix)))
            }
            Self::Exists(exists) => *exists,
        }
    }
}

/// Whether two plain values are equal; numbers by value.
fn same(a: &Value, b: &Value) -> bool {
    a == b || a.is_number() && b.is_number() && a.as_f64() == b.as_f64()
}

/// Whether the parts fit with anything between them: every length of each gap is tried.
fn fits(parts: &[String], text: &str) -> bool {
    match parts {
        [] => false,
        [only] => text == only,
        [first, rest @ ..] => text.strip_prefix(&**first).is_some_and(|after| {
            (0..=after.len()).filter(|at| after.is_char_boundary(*at)).any(|at| fits(rest, &after[at..]))
        }),
    }
}

/// A pattern.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    fields: Vec<(String, Field)>,
    /// `$or`.
    any_of: Vec<Pattern>,
}

#[derive(Debug, Clone)]
enum Field {
    Values(Vec<Ask>),
    Nested(Pattern),
}

type Wanted = BTreeMap<String, Vec<Ask>>;

impl Pattern {
    pub(crate) fn to_json(&self) -> Value {
        let mut object = Map::new();
        for (name, field) in &self.fields {
            let value = match field {
                Field::Values(asks) => asks.iter().map(Ask::to_json).collect(),
                Field::Nested(pattern) => pattern.to_json(),
            };
            object.insert(name.clone(), value);
        }
        if !self.any_of.is_empty() {
            object.insert("$or".to_owned(), self.any_of.iter().map(Self::to_json).collect());
        }
        Value::Object(object)
    }

    /// Every way to match, each with the tests of each path. A path that comes again replaces its
    /// earlier tests. Names come in the order in which `serde_json` writes them, `$or` first.
    fn ways(&self, at: &str, before: Vec<Wanted>) -> Vec<Wanted> {
        let mut ways = if self.any_of.is_empty() {
            before
        } else {
            self.any_of.iter().flat_map(|choice| choice.ways(at, before.clone())).collect()
        };
        let sorted: BTreeMap<&String, &Field> =
            self.fields.iter().map(|(name, field)| (name, field)).collect();
        for (name, field) in sorted {
            let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            match field {
                Field::Values(asks) => ways.iter_mut().for_each(|way| {
                    way.insert(path.clone(), asks.clone());
                }),
                Field::Nested(pattern) => ways = pattern.ways(&path, ways),
            }
        }
        ways
    }

    pub(crate) fn matches(&self, event: &Value) -> bool {
        let mut found = Vec::new();
        let mut lists = 0;
        collect(event, "", &BTreeMap::new(), &mut lists, &mut found);
        self.ways("", vec![Wanted::new()]).iter().any(|way| {
            let fields: Vec<_> = way.iter().collect();
            choose(&fields, &BTreeMap::new(), &found)
        })
    }
}

/// The elements that a value stands in, by list.
type Elements = BTreeMap<usize, usize>;

/// Every value with its path.
fn collect(
    value: &Value,
    at: &str,
    elements: &Elements,
    lists: &mut usize,
    found: &mut Vec<(String, Value, Elements)>,
) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                collect(value, &path, elements, lists, found);
            }
        }
        Value::Array(values) => {
            *lists += 1;
            let list = *lists;
            for (index, value) in values.iter().enumerate() {
                let mut inside = elements.clone();
                // A plain value binds nothing.
                if value.is_object() || value.is_array() {
                    inside.insert(list, index);
                }
                collect(value, at, &inside, lists, found);
            }
        }
        plain => found.push((at.to_owned(), plain.clone(), elements.clone())),
    }
}

/// Whether the fields can be chosen, one after the other, so that no list gives two of its
/// elements.
fn choose(fields: &[(&String, &Vec<Ask>)], chosen: &Elements, found: &[(String, Value, Elements)]) -> bool {
    let [(path, asks), rest @ ..] = fields else { return true };
    let fits =
        |elements: &Elements| elements.iter().all(|(list, at)| chosen.get(list).is_none_or(|c| c == at));
    let here: Vec<_> = found.iter().filter(|(at, _, elements)| at == *path && fits(elements)).collect();
    if here.is_empty() && asks.iter().any(|ask| matches!(ask, Ask::Exists(false))) {
        return choose(rest, chosen, found);
    }
    here.iter().filter(|(_, value, _)| asks.iter().any(|ask| ask.takes(value))).any(|(_, _, elements)| {
        let mut with = chosen.clone();
        with.extend(elements);
        choose(rest, &with, found)
    })
}

fn text() -> impl Strategy<Value = String> {
    "[aAbBé*\\\\]{0,3}"
}

/// Few numbers, in many spellings.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-3_i64..4).prop_map(|n| json!(n)),
        (-3_i64..4).prop_map(|n| json!(n as f64)),
        (-300_i64..300).prop_map(hundredths)
    ]
}

fn plain() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(Value::from),
        3 => number(),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null)
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let texts = || prop::collection::vec(text(), 1..3);
    let some = || prop::collection::vec("[aAbB*]{1,2}", 1..3);
    // The engine asks for text between two stars.
    let parts = (text(), prop::collection::vec("[aAb*\\\\]{1,2}", 0..2), text(), any::<bool>());
    let parts = parts.prop_map(|(first, middle, last, one)| match one {
        true => vec![first],
        false => [vec![first], middle, vec![last]].concat(),
    });
    let bound = || prop::option::of((-300_i64..300, any::<bool>()));
    let between = (bound(), bound())
        .prop_filter("one bound at least, and the lower one first", |(low, high)| match (low, high) {
            (Some((low, _)), Some((high, _))) => low < high,
            (low, high) => low.is_some() || high.is_some(),
        })
        .prop_map(|(low, high)| Ask::Between(low, high));
    prop_oneof![
        6 => plain().prop_map(Ask::Is),
        2 => (text(), any::<bool>()).prop_map(|(text, ignores)| Ask::Prefix(text, ignores)),
        2 => (text(), any::<bool>()).prop_map(|(text, ignores)| Ask::Suffix(text, ignores)),
        1 => text().prop_map(Ask::EqualsIgnoreCase),
        2 => parts.prop_map(Ask::Wildcard),
        2 => between,
        1 => texts().prop_map(|texts| Ask::AnythingBut(texts.into_iter().map(Value::from).collect())),
        1 => prop::collection::vec(number(), 1..3).prop_map(Ask::AnythingBut),
        1 => some().prop_map(Ask::AnythingButPrefix),
        1 => some().prop_map(Ask::AnythingButSuffix),
        2 => any::<bool>().prop_map(Ask::Exists)
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[abc]", 1 => Just("a.b".to_owned())]
}

/// A valid pattern, up to three levels deep.
pub(crate) fn pattern() -> impl Strategy<Value = Pattern> {
    let values = || prop::collection::vec(ask(), 1..3).prop_map(Field::Values);
    let unique = |fields: Vec<(String, Field)>| {
        fields.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect::<Vec<_>>()
    };
    let flat = prop::collection::vec((name(), values()), 1..4)
        .prop_map(move |fields| Pattern { fields: unique(fields), any_of: Vec::new() });
    flat.prop_recursive(2, 12, 3, move |inner| {
        let field = prop_oneof![2 => values(), 3 => inner.clone().prop_map(Field::Nested)];
        let any_of = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(inner, 2..4)];
        (prop::collection::vec((name(), field), 1..4), any_of)
            .prop_map(move |(fields, any_of)| Pattern { fields: unique(fields), any_of })
    })
}

/// An event: objects and lists in one another, with few names and values.
pub(crate) fn event() -> impl Strategy<Value = Value> {
    let value = plain().prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..4)
                .prop_map(|members| Value::Object(Map::from_iter(members)))
        ]
    });
    prop::collection::vec((name(), value), 0..4).prop_map(|members| Value::Object(Map::from_iter(members)))
}
