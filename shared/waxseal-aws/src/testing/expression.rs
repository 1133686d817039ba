//! The part of DynamoDB's expression language that conditions and queries need: comparisons, `BETWEEN`, `AND`, `OR`, `NOT`,
//! parentheses, `begins_with`, `attribute_exists` and `attribute_not_exists`.
//!
//! Source of the grammar: DynamoDB developer guide, "Condition and filter expressions". Stricter than it in one point:
//! a name must go through a placeholder, since any plain one may be a reserved word.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter::Peekable,
};

use waxseal::table::{Item, Value, attribute};

/// A value in an expression. Numbers are wider than those in items: comparing with one that no item can hold is legal.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Text(String),
    Number(i128),
    /// Of another type: it is there, and neither equal to these nor in any order with them.
    Other,
}

/// The names and values that a request brings for its expressions.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    pub(super) names: BTreeMap<String, String>,
    pub(super) values: BTreeMap<String, Scalar>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Exists(String),
    Compare(Operand, Comparator, Operand),
    BeginsWith(Operand, Operand),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Attribute(String),
    Value(Scalar),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparator {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// `#name`, `:value`, a keyword or a function.
    Word(String),
    Comparator(Comparator),
    Open,
    Close,
    Comma,
}

/// Parses `text`; the error is DynamoDB's `ValidationException` in its own words where they matter.
pub(super) fn parse(text: &str, placeholders: &Placeholders) -> Result<Expression, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), placeholders, used: BTreeSet::new() };
    let expression = parser.or()?;
    if let Some(token) = parser.tokens.next() {
        return Err(format!("Invalid expression: Syntax error; token: {token:?}"));
    }
    let unused = |given: Vec<&String>, what: &str| {
        let unused: Vec<&str> =
            given.into_iter().filter(|name| !parser.used.contains(*name)).map(String::as_str).collect();
        if unused.is_empty() {
            Ok(())
        } else {
            Err(format!("Value provided in {what} unused in expressions: keys: {{{}}}", unused.join(", ")))
        }
    };
    unused(placeholders.names.keys().collect(), "ExpressionAttributeNames")?;
    unused(placeholders.values.keys().collect(), "ExpressionAttributeValues")?;
    Ok(expression)
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let or_equal = |rest: &mut Peekable<std::str::Chars<'_>>| rest.next_if_eq(&'=').is_some();
        tokens.push(match c {
            c if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '=' => Token::Comparator(Comparator::Equal),
            '<' if or_equal(&mut rest) => Token::Comparator(Comparator::LessOrEqual),
            '<' => Token::Comparator(Comparator::Less),
            '>' if or_equal(&mut rest) => Token::Comparator(Comparator::GreaterOrEqual),
            '>' => Token::Comparator(Comparator::Greater),
            '#' | ':' | 'a'..='z' | 'A'..='Z' => {
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

struct Parser<'a> {
    tokens: Peekable<std::vec::IntoIter<Token>>,
    placeholders: &'a Placeholders,
    used: BTreeSet<String>,
}

impl Parser<'_> {
    fn keyword(&mut self, keyword: &str) -> bool {
        self.tokens
            .next_if(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword)))
            .is_some()
    }

    fn or(&mut self) -> Result<Expression, String> {
        let mut left = self.and()?;
        while self.keyword("OR") {
            left = Expression::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expression, String> {
        let mut left = self.not()?;
        while self.keyword("AND") {
            left = Expression::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expression, String> {
        if self.keyword("NOT") { Ok(Expression::Not(Box::new(self.not()?))) } else { self.primary() }
    }

    fn primary(&mut self) -> Result<Expression, String> {
        if self.tokens.next_if_eq(&Token::Open).is_some() {
            let inner = self.or()?;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        // Functions are case-sensitive, keywords are not.
        for (function, negated) in [("attribute_exists", false), ("attribute_not_exists", true)] {
            if self.tokens.next_if_eq(&Token::Word(function.to_owned())).is_some() {
                self.expect(&Token::Open)?;
                let Operand::Attribute(name) = self.operand()? else {
                    return Err(format!("Invalid expression: {function} takes an attribute"));
                };
                self.expect(&Token::Close)?;
                let exists = Expression::Exists(name);
                return Ok(if negated { Expression::Not(Box::new(exists)) } else { exists });
            }
        }
        if self.tokens.next_if_eq(&Token::Word("begins_with".to_owned())).is_some() {
            self.expect(&Token::Open)?;
            let text = self.operand()?;
            self.expect(&Token::Comma)?;
            let prefix = self.operand()?;
            self.expect(&Token::Close)?;
            return Ok(Expression::BeginsWith(text, prefix));
        }
        let left = self.operand()?;
        if self.keyword("BETWEEN") {
            let low = self.operand()?;
            if !self.keyword("AND") {
                return Err("Invalid expression: Syntax error; BETWEEN needs AND".to_owned());
            }
            let high = self.operand()?;
            let from = Expression::Compare(left.clone(), Comparator::GreaterOrEqual, low);
            let to = Expression::Compare(left, Comparator::LessOrEqual, high);
            return Ok(Expression::And(Box::new(from), Box::new(to)));
        }
        let comparator = match self.tokens.next() {
            Some(Token::Comparator(comparator)) => comparator,
            other => return Err(format!("Invalid expression: Syntax error; token: {other:?}")),
        };
        Ok(Expression::Compare(left, comparator, self.operand()?))
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let Some(Token::Word(word)) = self.tokens.next() else {
            return Err("Invalid expression: Syntax error; an operand is missing".to_owned());
        };
        self.used.insert(word.clone());
        if word.starts_with('#') {
            let name = self.placeholders.names.get(&word).cloned();
            return name.map(Operand::Attribute).ok_or_else(|| {
                format!("An expression attribute name used in the document path is not defined; attribute name: {word}")
            });
        }
        if word.starts_with(':') {
            let value = self.placeholders.values.get(&word).cloned();
            return value.map(Operand::Value).ok_or_else(|| {
                format!(
                    "An expression attribute value used in expression is not defined; attribute value: {word}"
                )
            });
        }
        Err(format!("Attribute name is a reserved keyword or may become one; reserved keyword: {word}"))
    }

    fn expect(&mut self, token: &Token) -> Result<(), String> {
        match self.tokens.next_if_eq(token) {
            Some(_) => Ok(()),
            None => Err(format!("Invalid expression: Syntax error; {token:?} is missing")),
        }
    }
}

impl Expression {
    /// Whether it holds of `item`; an absent item has no attribute at all.
    pub(super) fn holds(&self, item: Option<&Item>) -> bool {
        match self {
            Self::Or(left, right) => left.holds(item) || right.holds(item),
            Self::And(left, right) => left.holds(item) && right.holds(item),
            Self::Not(inner) => !inner.holds(item),
            Self::Exists(name) => read(item, name).is_some(),
            Self::BeginsWith(text, prefix) => {
                matches!((text.read(item), prefix.read(item)), (Some(Scalar::Text(text)), Some(Scalar::Text(prefix))) if text.starts_with(&prefix))
            }
            Self::Compare(left, comparator, right) => left
                .read(item)
                .zip(right.read(item))
                .is_some_and(|(left, right)| comparator.holds(&left, &right)),
        }
    }

    /// The value that a key condition demands of the partition key.
    pub(super) fn partition(&self) -> Option<&str> {
        match self {
            Self::Compare(
                Operand::Attribute(name),
                Comparator::Equal,
                Operand::Value(Scalar::Text(value)),
            ) if name == attribute::PARTITION => Some(value),
            Self::And(left, right) => left.partition().or_else(|| right.partition()),
            Self::Compare(..) | Self::BeginsWith(..) | Self::Or(..) | Self::Not(_) | Self::Exists(_) => None,
        }
    }
}

impl Operand {
    fn read(&self, item: Option<&Item>) -> Option<Scalar> {
        match self {
            Self::Attribute(name) => read(item, name),
            Self::Value(value) => Some(value.clone()),
        }
    }
}

fn read(item: Option<&Item>, name: &str) -> Option<Scalar> {
    let item = item?;
    Some(match name {
        attribute::PARTITION => Scalar::Text(item.key.partition.to_string()),
        attribute::SORT => Scalar::Text(item.key.sort.to_string()),
        name => match item.attributes.get(name)? {
            Value::Text(text) => Scalar::Text(text.clone()),
            Value::Number(number) => Scalar::Number((*number).into()),
            Value::Foreign(_) => Scalar::Other,
        },
    })
}

impl Comparator {
    /// Values of different types are neither equal nor ordered.
    fn holds(self, left: &Scalar, right: &Scalar) -> bool {
        let order = match (left, right) {
            (Scalar::Text(left), Scalar::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
            (Scalar::Number(left), Scalar::Number(right)) => left.cmp(right),
            (Scalar::Text(_), Scalar::Number(_))
            | (Scalar::Number(_), Scalar::Text(_))
            | (Scalar::Other, _)
            | (_, Scalar::Other) => return false,
        };
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use waxseal::table::Key;

    use super::*;

    fn placeholders() -> Placeholders {
        Placeholders {
            names: BTreeMap::from([("#n".to_owned(), "count".to_owned())]),
            values: BTreeMap::from([(":v".to_owned(), Scalar::Number(3))]),
        }
    }

    fn holds(text: &str, count: Option<i64>) -> Result<bool, String> {
        let item = count.map(|count| Item::new(Key::of("k", &[], "s")).number("count", count));
        parse(text, &placeholders()).map(|expression| expression.holds(item.as_ref()))
    }

    #[test]
    fn and_binds_tighter_than_or_and_not_tighter_than_and() {
        for (text, of_2, of_3, of_none) in [
            ("#n = :v", false, true, false),
            ("NOT #n = :v", true, false, true),
            ("#n < :v", true, false, false),
            ("#n <= :v or #n > :v", true, true, false),
            ("attribute_exists(#n) AND NOT #n >= :v", true, false, false),
            ("attribute_not_exists(#n) OR #n = :v AND #n < :v", false, false, true),
            ("(attribute_not_exists(#n) OR #n = :v) AND #n <= :v", false, true, false),
        ] {
            assert_eq!(
                (holds(text, Some(2)), holds(text, Some(3)), holds(text, None)),
                (Ok(of_2), Ok(of_3), Ok(of_none)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in [
            "",
            "#n",
            "#n = ",
            "#n = :v AND",
            "(#n = :v",
            "#n = :v)",
            "count = :v",
            "#other = :v",
            "#n = :other",
            "attribute_exists(:v) AND #n = :v",
            "#n + :v",
            "ATTRIBUTE_EXISTS(#n) AND #n = :v",
        ] {
            assert!(holds(text, Some(1)).is_err(), "{text}");
        }
        let error = holds("attribute_exists(#n)", Some(1)).unwrap_err();
        assert_eq!(error, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}");
    }
}
