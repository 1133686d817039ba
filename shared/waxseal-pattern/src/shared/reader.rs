//! The reader: a filter from its first byte to its last.

use super::word::{is_sign, looks_like_an_address, refused_name, same};

/// A mistake in a filter: the byte, and what is wrong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

type Checked = Result<(), Mistake>;

/// Fields of one object at the most. Names are compared with each other, so that none is given twice.
const MOST_FIELDS: usize = 16;
/// Levels of objects at the most.
const DEEPEST: usize = 8;
/// A number of 5 decimals at the most, in hundred-thousandths.
const SCALE: i64 = 100_000;
/// The largest number, in the same unit: SNS compares up to 10^9.
const LARGEST: i64 = 1_000_000_000 * SCALE;

/// Checks a whole filter.
pub(crate) const fn check(text: &str) -> Checked {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    reader.space();
    if let Err(mistake) = reader.filter() {
        return Err(mistake);
    }
    reader.space();
    if reader.at < reader.bytes.len() {
        return reader.fail("there is something behind the filter");
    }
    Ok(())
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
}

/// `?` is not constant yet.
macro_rules! check {
    ($checked:expr) => {
        match $checked {
            Ok(value) => value,
            Err(mistake) => return Err(mistake),
        }
    };
}

impl<'t> Reader<'t> {
    const fn fail<T>(&self, what: &'static str) -> Result<T, Mistake> {
        Err(Mistake { at: self.at, what })
    }

    const fn peek(&self) -> u8 {
        if self.at < self.bytes.len() { self.bytes[self.at] } else { 0 }
    }

    const fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// Passes a sign with the space around it, where it is next.
    const fn takes(&mut self, sign: u8) -> bool {
        self.space();
        let is_next = self.peek() == sign;
        if is_next {
            self.at += 1;
            self.space();
        }
        is_next
    }

    const fn expect(&mut self, sign: u8, what: &'static str) -> Checked {
        if self.takes(sign) { Ok(()) } else { self.fail(what) }
    }

    /// A text without escapes, and not empty.
    const fn text(&mut self) -> Result<&'t [u8], Mistake> {
        check!(self.expect_quote());
        let start = self.at;
        while self.at < self.bytes.len() && self.bytes[self.at] != b'"' {
            match self.bytes[self.at] {
                b'\\' => return self.fail("a text of a filter has no escapes"),
                0..0x20 => return self.fail("a text has no control characters"),
                _ => self.at += 1,
            }
        }
        if self.at >= self.bytes.len() {
            return self.fail("a text has no end");
        }
        let (_, rest) = self.bytes.split_at(start);
        let (text, _) = rest.split_at(self.at - start);
        if text.is_empty() {
            return self.fail("an empty text: in a topic an empty field counts as absent");
        }
        self.at += 1;
        self.space();
        Ok(text)
    }

    const fn expect_quote(&mut self) -> Checked {
        self.space();
        if self.peek() != b'"' {
            return self.fail("a text in quotation marks is missing here");
        }
        self.at += 1;
        Ok(())
    }

    /// The whole filter: fields, or `$or` of several objects of fields.
    const fn filter(&mut self) -> Checked {
        let start = self.at;
        if self.peek() != b'{' {
            return self.fail("a filter is an object of fields, such as {\"country\":[\"DE\"]}");
        }
        self.at += 1;
        check!(self.expect_quote());
        self.at -= 1;
        let name = check!(self.text());
        if !same(name, b"$or") {
            self.at = start;
            return self.object(1);
        }
        check!(self.expect(b':', "a colon is missing here"));
        check!(self.expect(b'[', "$or takes a list of at least two objects"));
        let mut alternatives = 0;
        loop {
            check!(self.object(1));
            alternatives += 1;
            if !self.takes(b',') {
                break;
            }
        }
        check!(self.expect(b']', "the list of $or has no end"));
        if alternatives < 2 {
            return self.fail("$or takes at least two objects: with one, write its fields without $or");
        }
        self.expect(b'}', "$or stands alone at the top: write the other fields into its objects")
    }

    const fn object(&mut self, depth: usize) -> Checked {
        check!(self.expect(b'{', "an object of fields is missing here"));
        if depth > DEEPEST {
            return self.fail("a filter has eight levels at most");
        }
        let mut names: [&[u8]; MOST_FIELDS] = [&[]; MOST_FIELDS];
        let mut count = 0;
        loop {
            let name = check!(self.text());
            if count == MOST_FIELDS {
                return self.fail("an object of a filter has 16 fields at most");
            }
            let mut other = 0;
            while other < count {
                if same(names[other], name) {
                    return self.fail("the field is named twice: write all its values into one list");
                }
                other += 1;
            }
            names[count] = name;
            count += 1;
            if let Some(what) = refused_name(name) {
                return self.fail(what);
            }
            check!(self.expect(b':', "a colon is missing here"));
            match self.peek() {
                b'{' => check!(self.object(depth + 1)),
                b'[' => check!(self.list()),
                _ => return self.fail("a field has an object or a list of values, such as [\"DE\"]"),
            }
            if !self.takes(b',') {
                break;
            }
        }
        self.expect(b'}', "an object has no end")
    }

    /// The values of a field.
    const fn list(&mut self) -> Checked {
        check!(self.expect(b'[', "a list is missing here"));
        loop {
            match self.peek() {
                b'"' => check!(self.plain()),
                b'{' => check!(self.operator()),
                b't' => check!(self.word(b"true")),
                b'f' => check!(self.word(b"false")),
                b'n' => return self.fail("null: in a topic a field that is null counts as absent"),
                b'-' | b'0'..=b'9' => {
                    return self.fail(
                        "a plain number: a mapping compares its text, so write {\"numeric\":[\"=\",300]}",
                    );
                }
                b']' => return self.fail("an empty list matches nothing"),
                _ => return self.fail("a value is a text, true, false or an operator"),
            }
            if !self.takes(b',') {
                break;
            }
        }
        self.expect(b']', "a list has no end")
    }

    /// A text that is compared as a text everywhere.
    const fn plain(&mut self) -> Checked {
        let text = check!(self.text());
        if looks_like_an_address(text) {
            return self.fail("an address: a rule compares it as an address, and a mapping as a text");
        }
        Ok(())
    }

    const fn word(&mut self, word: &[u8]) -> Checked {
        let mut index = 0;
        while index < word.len() {
            if self.peek() != word[index] {
                return self.fail("a value is a text, true, false or an operator");
            }
            self.at += 1;
            index += 1;
        }
        self.space();
        Ok(())
    }

    /// `{"prefix":"a"}` and its like.
    const fn operator(&mut self) -> Checked {
        check!(self.expect(b'{', "an operator is missing here"));
        let name = check!(self.text());
        check!(self.expect(b':', "a colon is missing here"));
        if same(name, b"prefix") || same(name, b"suffix") {
            if self.peek() == b'{' {
                return self.fail("no transport but the rule knows an operator inside of prefix and suffix");
            }
            check!(self.text());
        } else if same(name, b"equals-ignore-case") {
            let text = check!(self.text());
            if !text.is_ascii() {
                return self.fail(
                    "equals-ignore-case takes ASCII: the case of other letters is not the same everywhere",
                );
            }
        } else if same(name, b"anything-but") {
            check!(self.anything_but());
        } else if same(name, b"numeric") {
            check!(self.numeric());
        } else if same(name, b"exists") {
            return self.fail("exists: in a topic a field that is null or empty counts as absent");
        } else {
            return self.fail("a filter knows prefix, suffix, equals-ignore-case, anything-but and numeric: the others are not known everywhere");
        }
        self.expect(b'}', "an operator is an object with one member")
    }

    const fn anything_but(&mut self) -> Checked {
        match self.peek() {
            b'"' => return self.plain(),
            b'[' => self.at += 1,
            _ => return self.fail("anything-but takes a text or a list of texts: a mapping knows no more"),
        }
        loop {
            check!(self.plain());
            if !self.takes(b',') {
                break;
            }
        }
        self.expect(b']', "a list has no end")
    }

    /// `["=", 1]`, one bound, or a lower and an upper one in this order.
    const fn numeric(&mut self) -> Checked {
        const FORM: &str =
            "numeric takes [\"=\",1], one bound, or a lower bound and an upper one: [\">\",0,\"<=\",5]";
        check!(self.expect(b'[', FORM));
        let first = check!(self.text());
        check!(self.expect(b',', FORM));
        let low = check!(self.number());
        if self.takes(b',') {
            if !(same(first, b">") || same(first, b">=")) {
                return self.fail(FORM);
            }
            let second = check!(self.text());
            if !(same(second, b"<") || same(second, b"<=")) {
                return self.fail(FORM);
            }
            check!(self.expect(b',', FORM));
            let high = check!(self.number());
            if low >= high {
                return self.fail("the lower bound of numeric is not below the upper one");
            }
        } else if !is_sign(first) {
            return self.fail(FORM);
        }
        self.expect(b']', FORM)
    }

    /// A number in hundred-thousandths.
    const fn number(&mut self) -> Result<i64, Mistake> {
        const FORM: &str =
            "a number of numeric is between -10^9 and 10^9, with five decimals at most and no exponent";
        let is_negative = self.takes(b'-');
        let start = self.at;
        let mut value: i64 = 0;
        while self.peek().is_ascii_digit() && self.at - start < 11 {
            value = value * 10 + (self.peek() - b'0') as i64;
            self.at += 1;
        }
        let digits = self.at - start;
        if digits == 0 || (digits > 1 && self.bytes[start] == b'0') {
            return self.fail(FORM);
        }
        value *= SCALE;
        if self.peek() == b'.' {
            self.at += 1;
            let mut unit = SCALE / 10;
            let first = self.at;
            while self.peek().is_ascii_digit() {
                if unit == 0 {
                    return self.fail(FORM);
                }
                value += (self.peek() - b'0') as i64 * unit;
                unit /= 10;
                self.at += 1;
            }
            if self.at == first {
                return self.fail(FORM);
            }
        }
        if value > LARGEST || matches!(self.peek(), b'0'..=b'9' | b'e' | b'E') {
            return self.fail(FORM);
        }
        self.space();
        Ok(if is_negative { -value } else { value })
    }
}
