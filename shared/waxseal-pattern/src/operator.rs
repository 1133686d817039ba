//! The values of a field's pattern: plain ones, and operators such as `{"prefix": "a"}`.

use crate::{
    address::Block,
    json::Json,
    matcher::Matcher,
    number::{Range, comparable},
    text::{AnyCase, Wildcard},
};

/// Compiles one value.
///
/// # Errors
/// Where `PutRule` refuses it: the mistake, and the remedy.
pub(crate) fn matcher(value: &Json<'_>) -> Result<Matcher, String> {
    match value {
        Json::Text(text) => {
            Ok(Block::one(text).map_or_else(|| Matcher::Text(text.to_string()), Matcher::Address))
        }
        Json::Number(number) => {
            Ok(Matcher::Number { written: (*number).to_owned(), value: comparable(number) })
        }
        Json::Word(word) => Ok(Matcher::Word((*word).to_owned())),
        Json::Array(_) => Err("a list stands in a list: write its values into the outer one".to_owned()),
        Json::Object(members) => match &**members {
            [(name, argument)] => operator(name, argument),
            _ => Err("an operator is an object with one member, such as {\"prefix\": \"a\"}".to_owned()),
        },
    }
}

fn operator(name: &str, argument: &Json<'_>) -> Result<Matcher, String> {
    let text = || text(name, argument);
    Ok(match name {
        // Not documented, and taken by the engine.
        "exactly" => Matcher::Text(text()?.to_owned()),
        "prefix" => match ignoring_case(name, argument)? {
            Some(prefix) => Matcher::PrefixIgnoreCase(prefix),
            None => Matcher::Prefix(text()?.to_owned()),
        },
        "suffix" => match ignoring_case(name, argument)? {
            Some(suffix) => Matcher::SuffixIgnoreCase(suffix),
            None => Matcher::Suffix(text()?.to_owned()),
        },
        "equals-ignore-case" => Matcher::EqualsIgnoreCase(AnyCase::new(text()?)),
        "wildcard" => Matcher::Wildcard(Wildcard::new(text()?)?),
        "cidr" => Matcher::Address(Block::parse(text()?)?),
        "numeric" => Matcher::Range(range(argument)?),
        "anything-but" => Matcher::AnythingBut(anything_but(argument)?),
        "exists" => match argument {
            Json::Word("true") => Matcher::Exists,
            Json::Word("false") => Matcher::Absent,
            _ => return Err("exists takes true or false".to_owned()),
        },
        unknown => {
            return Err(format!(
                "there is no operator {unknown}: known are prefix, suffix, equals-ignore-case, wildcard, cidr, numeric, \
                 anything-but and exists"
            ));
        }
    })
}

fn text<'j>(name: &str, argument: &'j Json<'_>) -> Result<&'j str, String> {
    match argument {
        Json::Text(text) => Ok(text),
        _ => Err(format!("{name} takes a string")),
    }
}

/// The argument of `prefix` and `suffix` where it is `{"equals-ignore-case": "…"}`.
fn ignoring_case(name: &str, argument: &Json<'_>) -> Result<Option<AnyCase>, String> {
    let Json::Object(members) = argument else { return Ok(None) };
    match &**members {
        [(inner, Json::Text(text))] if inner == "equals-ignore-case" => Ok(Some(AnyCase::new(text))),
        _ => Err(format!("{name} takes a string, or {{\"equals-ignore-case\": \"a string\"}}")),
    }
}

fn anything_but(argument: &Json<'_>) -> Result<Vec<Matcher>, String> {
    if let Json::Object(members) = argument {
        return match &**members {
            [(name, argument)] => anything_but_operator(name, argument),
            _ => Err("anything-but takes one operator".to_owned()),
        };
    }
    let matchers: Vec<Matcher> = values(argument).iter().map(plain).collect::<Result<_, _>>()?;
    let texts = matchers.iter().filter(|matcher| matches!(matcher, Matcher::Text(_))).count();
    if matchers.is_empty() || (texts != 0 && texts != matchers.len()) {
        return Err(
            "anything-but takes a string, a number, a list of strings or a list of numbers".to_owned()
        );
    }
    Ok(matchers)
}

fn anything_but_operator(name: &str, argument: &Json<'_>) -> Result<Vec<Matcher>, String> {
    let compile = |value: &Json<'_>| {
        let text = text(name, value)?.to_owned();
        match name {
            "prefix" | "suffix" if text.is_empty() => {
                Err(format!("anything-but takes no empty {name}: nothing would match"))
            }
            "prefix" => Ok(Matcher::Prefix(text)),
            "suffix" => Ok(Matcher::Suffix(text)),
            "equals-ignore-case" => Ok(Matcher::EqualsIgnoreCase(AnyCase::new(&text))),
            "wildcard" => Wildcard::new(&text).map(Matcher::Wildcard),
            _ => Err(format!(
                "anything-but takes no {name}: values, prefix, suffix, equals-ignore-case and wildcard are known"
            )),
        }
    };
    let matchers: Vec<Matcher> = values(argument).iter().map(compile).collect::<Result<_, _>>()?;
    if matchers.is_empty() {
        return Err(format!("the list of {name} is empty"));
    }
    Ok(matchers)
}

/// The elements of a list. Any other value is a list of itself.
fn values<'j, 'a>(argument: &'j Json<'a>) -> &'j [Json<'a>] {
    match argument {
        Json::Array(values) => values,
        one => std::slice::from_ref(one),
    }
}

/// A value inside `anything-but`. An address is a plain string there.
fn plain(value: &Json<'_>) -> Result<Matcher, String> {
    match value {
        Json::Text(text) => Ok(Matcher::Text(text.to_string())),
        Json::Number(number) => {
            let value = Some(number_of("anything-but", number)?);
            Ok(Matcher::Number { written: (*number).to_owned(), value })
        }
        _ => Err("anything-but takes strings or numbers, or one operator with its string or list of strings"
            .to_owned()),
    }
}

fn number_of(name: &str, number: &str) -> Result<f64, String> {
    comparable(number).ok_or_else(|| {
        format!("{name} cannot compare {number}: a number is one that an IEEE 754 double holds exactly")
    })
}

/// `["=", 1]`, one bound, or a lower and an upper one in this order.
fn range(argument: &Json<'_>) -> Result<Range, String> {
    let form = || {
        "numeric takes [\"=\", 1], one bound, or a lower bound and an upper one: [\">\", 0, \"<=\", 5]"
            .to_owned()
    };
    let bound = |sign: &Json<'_>, number: &Json<'_>| match (sign, number) {
        (Json::Text(sign), Json::Number(number)) => Ok((sign.to_string(), number_of("numeric", number)?)),
        _ => Err(form()),
    };
    let Json::Array(terms) = argument else { return Err(form()) };
    let (first, second) = match &**terms {
        [sign, number] => (bound(sign, number)?, None),
        [sign, number, other, top] => (bound(sign, number)?, Some(bound(other, top)?)),
        _ => return Err(form()),
    };
    let open = |sign: &str| sign.len() == 1;
    let ((sign, number), second) = (first, second.as_ref().map(|(sign, number)| (&**sign, *number)));
    let (low, high) = match (&*sign, second) {
        ("=", None) => (Some((number, false)), Some((number, false))),
        (">" | ">=", None) => (Some((number, open(&sign))), None),
        ("<" | "<=", None) => (None, Some((number, open(&sign)))),
        (">" | ">=", Some((other @ ("<" | "<="), top))) => {
            if number >= top {
                return Err("the lower bound of numeric is not below the upper one".to_owned());
            }
            (Some((number, open(&sign))), Some((top, open(other))))
        }
        _ => return Err(form()),
    };
    Ok(Range { low, high })
}
