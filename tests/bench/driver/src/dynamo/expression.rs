//! The condition and update expressions that the peers use. All others are refused, never guessed.
//!
//! Source of the grammar: DynamoDB developer guide, "Condition and filter expressions", "Update
//! expressions".

use std::{cmp::Ordering, iter::Peekable, vec::IntoIter};

use serde_json::{Map, Value};

/// Attributes by name, each a value with its type: `{"S": "…"}`.
pub(crate) type Item = Map<String, Value>;

/// The names and values of a request for its expressions.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Placeholders<'a> {
    pub(crate) names: Option<&'a Map<String, Value>>,
    pub(crate) values: Option<&'a Map<String, Value>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// `#name`, `:value`, a plain name, a keyword or a function.
    Word(String),
    Sign(&'static str),
}

/// Whether `text` holds for the stored item.
pub(crate) fn holds(text: &str, placeholders: Placeholders<'_>, item: Option<&Item>) -> Result<bool, String> {
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), placeholders, item };
    let verdict = parser.or()?;
    match parser.tokens.next() {
        None => Ok(verdict),
        Some(token) => Err(format!("Invalid expression: Syntax error; token: {token:?}")),
    }
}

/// Applies `SET name = :value, …` to `item`.
pub(crate) fn update(text: &str, placeholders: Placeholders<'_>, item: &mut Item) -> Result<(), String> {
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), placeholders, item: None };
    if !parser.keyword("SET") {
        return Err(format!("Invalid UpdateExpression: only SET is known here: {text}"));
    }
    loop {
        let name = parser.word()?;
        let name = parser.name(&name)?;
        parser.expect("=")?;
        let value = parser.word()?;
        item.insert(name, parser.value(&value)?);
        if !parser.sign(",") {
            break;
        }
    }
    match parser.tokens.next() {
        None => Ok(()),
        Some(token) => Err(format!("Invalid UpdateExpression: Syntax error; token: {token:?}")),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        tokens.push(match c {
            c if c.is_whitespace() => continue,
            '(' => Token::Sign("("),
            ')' => Token::Sign(")"),
            ',' => Token::Sign(","),
            '=' => Token::Sign("="),
            '<' if rest.next_if_eq(&'=').is_some() => Token::Sign("<="),
            '<' if rest.next_if_eq(&'>').is_some() => Token::Sign("<>"),
            '<' => Token::Sign("<"),
            '>' if rest.next_if_eq(&'=').is_some() => Token::Sign(">="),
            '>' => Token::Sign(">"),
            '#' | ':' | '_' | 'a'..='z' | 'A'..='Z' => {
                let mut word = c.to_string();
                while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                Token::Word(word)
            }
            other => return Err(format!("Invalid expression: Syntax error; token: \"{other}\"")),
        });
    }
    Ok(tokens)
}

/// Parses and evaluates in one pass, since an expression runs once for each request.
struct Parser<'a> {
    tokens: Peekable<IntoIter<Token>>,
    placeholders: Placeholders<'a>,
    item: Option<&'a Item>,
}

impl Parser<'_> {
    fn keyword(&mut self, keyword: &str) -> bool {
        self.tokens
            .next_if(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword)))
            .is_some()
    }

    fn sign(&mut self, sign: &'static str) -> bool {
        self.tokens.next_if_eq(&Token::Sign(sign)).is_some()
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), String> {
        if self.sign(sign) { Ok(()) } else { Err(format!("Invalid expression: {sign} is missing")) }
    }

    fn word(&mut self) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            other => Err(format!("Invalid expression: Syntax error; token: {other:?}")),
        }
    }

    fn or(&mut self) -> Result<bool, String> {
        let mut verdict = self.and()?;
        while self.keyword("OR") {
            verdict |= self.and()?;
        }
        Ok(verdict)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut verdict = self.not()?;
        while self.keyword("AND") {
            verdict &= self.not()?;
        }
        Ok(verdict)
    }

    fn not(&mut self) -> Result<bool, String> {
        if self.keyword("NOT") { Ok(!self.not()?) } else { self.primary() }
    }

    fn primary(&mut self) -> Result<bool, String> {
        if self.sign("(") {
            let verdict = self.or()?;
            self.expect(")")?;
            return Ok(verdict);
        }
        let word = self.word()?;
        if matches!(word.as_str(), "attribute_exists" | "attribute_not_exists") {
            self.expect("(")?;
            let name = self.word()?;
            let name = self.name(&name)?;
            self.expect(")")?;
            let exists = self.item.is_some_and(|item| item.contains_key(&name));
            return Ok(exists == (word == "attribute_exists"));
        }
        let left = self.operand(&word)?;
        let sign = match self.tokens.next() {
            Some(Token::Sign(sign @ ("=" | "<>" | "<" | "<=" | ">" | ">="))) => sign,
            other => return Err(format!("Invalid expression: Syntax error; token: {other:?}")),
        };
        let word = self.word()?;
        let right = self.operand(&word)?;
        Ok(compare(left.as_ref(), sign, right.as_ref()))
    }

    /// `None` where the item has no such attribute.
    fn operand(&self, word: &str) -> Result<Option<Value>, String> {
        if word.starts_with(':') {
            return self.value(word).map(Some);
        }
        let name = self.name(word)?;
        Ok(self.item.and_then(|item| item.get(&name)).cloned())
    }

    fn value(&self, word: &str) -> Result<Value, String> {
        self.placeholders.values.and_then(|values| values.get(word)).cloned().ok_or_else(|| {
            format!(
                "An expression attribute value used in expression is not defined; attribute value: {word}"
            )
        })
    }

    fn name(&self, word: &str) -> Result<String, String> {
        if !word.starts_with('#') {
            return Ok(word.to_owned());
        }
        let name = self.placeholders.names.and_then(|names| names.get(word)).and_then(Value::as_str);
        name.map(str::to_owned).ok_or_else(|| {
            format!("An expression attribute name used in the document path is not defined; attribute name: {word}")
        })
    }
}

/// A comparison with an absent attribute is false for every sign, and so is a comparison of two
/// types.
fn compare(left: Option<&Value>, sign: &str, right: Option<&Value>) -> bool {
    let Some((left, right)) = left.zip(right) else { return false };
    if sign == "=" && left == right {
        return true;
    }
    let order = match (text(left, "S").zip(text(right, "S")), text(left, "N").zip(text(right, "N"))) {
        (Some((left, right)), _) => Some(left.as_bytes().cmp(right.as_bytes())),
        (_, Some((left, right))) => numbers(left, right),
        (None, None) => None,
    };
    match (sign, order) {
        ("<>", None) => left != right,
        ("<>", Some(order)) => order.is_ne(),
        ("=", Some(order)) => order.is_eq(),
        ("<", Some(order)) => order.is_lt(),
        ("<=", Some(order)) => order.is_le(),
        (">", Some(order)) => order.is_gt(),
        (">=", Some(order)) => order.is_ge(),
        _ => false,
    }
}

fn text<'a>(value: &'a Value, kind: &str) -> Option<&'a str> {
    value.get(kind)?.as_str()
}

fn numbers(left: &str, right: &str) -> Option<Ordering> {
    match (left.parse::<i128>(), right.parse::<i128>()) {
        (Ok(left), Ok(right)) => Some(left.cmp(&right)),
        _ => left.parse::<f64>().ok()?.partial_cmp(&right.parse::<f64>().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Item {
        serde_json::from_value(value).unwrap()
    }

    /// The condition of Powertools' locks in its form on the wire.
    const LOCK: &str = "(attribute_not_exists(#id) OR #expiry < :now OR (#status = :inprogress AND \
                        attribute_exists(#in_progress_expiry) AND #in_progress_expiry < :now_in_millis))";

    fn lock(item: Option<&Item>) -> bool {
        let names = map(json!({"#id": "id", "#expiry": "expiration", "#status": "status",
            "#in_progress_expiry": "in_progress_expiration"}));
        let values = map(
            json!({":now": {"N": "100"}, ":now_in_millis": {"N": "100000"}, ":inprogress": {"S": "INPROGRESS"}}),
        );
        holds(LOCK, Placeholders { names: Some(&names), values: Some(&values) }, item).unwrap()
    }

    #[test]
    fn a_lock_is_taken_where_none_is_or_one_ran_out() {
        assert!(lock(None));
        let held = |status: &str, expires: &str, in_progress: &str| {
            map(json!({"id": {"S": "a"}, "expiration": {"N": expires}, "status": {"S": status},
                "in_progress_expiration": {"N": in_progress}}))
        };
        assert!(!lock(Some(&held("INPROGRESS", "200", "200000"))));
        assert!(lock(Some(&held("INPROGRESS", "200", "9000"))), "as numbers, not as texts");
        assert!(lock(Some(&held("COMPLETED", "99", "200000"))));
        assert!(!lock(Some(&held("COMPLETED", "200", "99"))));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for text in ["size(a) > :v", "a BETWEEN :v AND :w", "a = ", "a", "(a = :v", "a.b = :v", "a = :other"]
        {
            let values = map(json!({":v": {"N": "1"}, ":w": {"N": "2"}}));
            let placeholders = Placeholders { names: None, values: Some(&values) };
            assert!(holds(text, placeholders, Some(&Item::new())).is_err(), "{text}");
        }
        assert!(update("ADD a :v", Placeholders::default(), &mut Item::new()).is_err());
    }

    #[test]
    fn a_comparison_with_nothing_is_false() {
        let values = map(json!({":v": {"N": "1"}}));
        let placeholders = Placeholders { names: None, values: Some(&values) };
        for sign in ["=", "<>", "<", "<=", ">", ">="] {
            assert_eq!(holds(&format!("a {sign} :v"), placeholders, None), Ok(false));
        }
        assert_eq!(holds("NOT a = :v", placeholders, None), Ok(true));
    }

    #[test]
    fn an_update_sets_what_it_names() {
        let (names, values) =
            (map(json!({"#s": "status"})), map(json!({":s": {"S": "COMPLETED"}, ":n": {"N": "1"}})));
        let mut item = map(json!({"id": {"S": "a"}, "status": {"S": "INPROGRESS"}}));
        let placeholders = Placeholders { names: Some(&names), values: Some(&values) };
        update("SET #s = :s, n = :n", placeholders, &mut item).unwrap();
        assert_eq!(item, map(json!({"id": {"S": "a"}, "status": {"S": "COMPLETED"}, "n": {"N": "1"}})));
    }
}
