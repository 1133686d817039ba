//! The stock file: one JSON object per line, `{"sku":"…","onHand":10}`, each article once.

use std::collections::HashMap;

use order_events::LARGEST_AMOUNT;
use serde_json::Value;

/// One line of the stock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockLine {
    /// The article.
    pub sku: String,
    /// Pieces on hand.
    pub on_hand: u64,
}

/// The reason why a line was refused: the field and its expected form. The value is not quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadLine(String);

/// The longest SKU in bytes, as in orders.
const LONGEST_SKU: usize = 128;

/// Reads one line.
///
/// # Errors
/// [`BadLine`], naming the field.
///
/// ```
/// use inventory::stock_file::parse_line;
/// assert_eq!(parse_line(r#"{"sku":"tee-クロ","onHand":10.0}"#).unwrap().on_hand, 10);
/// let error = parse_line(r#"{"sku":"tee","onHand":-1}"#).unwrap_err();
/// assert_eq!(error.to_string(), "/onHand must be a whole number from 0 to 9007199254740991");
/// ```
pub fn parse_line(line: &str) -> Result<StockLine, BadLine> {
    let bad = |problem: &str| BadLine(problem.to_owned());
    let value: Value =
        serde_json::from_str(line).map_err(|error| BadLine(format!("it is not JSON: {error}")))?;
    let object = value.as_object().ok_or_else(|| bad("it must be an object"))?;
    let sku = object.get("sku").and_then(Value::as_str).ok_or_else(|| bad("/sku must be a text"))?;
    if sku.trim().is_empty() || sku.len() > LONGEST_SKU || sku.chars().any(char::is_control) {
        return Err(BadLine(format!("/sku must have 1 to {LONGEST_SKU} bytes and no control characters")));
    }
    let on_hand = object
        .get("onHand")
        .and_then(whole)
        .filter(|on_hand| *on_hand <= LARGEST_AMOUNT)
        .ok_or_else(|| BadLine(format!("/onHand must be a whole number from 0 to {LARGEST_AMOUNT}")))?;
    Ok(StockLine { sku: sku.to_owned(), on_hand })
}

/// A whole number, also in the spelling `10.0` or `1e1`.
fn whole(value: &Value) -> Option<u64> {
    let float = || value.as_f64().filter(|float| float.fract() == 0.0 && (0.0..1e15).contains(float));
    value.as_u64().or_else(|| float().map(|float| float as u64))
}

/// Reads a whole file without its blank lines: each line with its number, from 1. A second line for
/// an article is refused.
pub fn parse_lines(file: &[u8]) -> Vec<(usize, Result<StockLine, BadLine>)> {
    let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    let mut seen: HashMap<String, usize> = HashMap::new();
    file.split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(index, line)| {
            let number = index + 1;
            let text = std::str::from_utf8(line).map_err(|_| BadLine("it is not UTF-8".to_owned()));
            let line =
                text.and_then(parse_line).and_then(|line| match seen.insert(line.sku.clone(), number) {
                    Some(first) => Err(BadLine(format!("/sku is that of line {first}: each article once"))),
                    None => Ok(line),
                });
            (number, line)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_refused_alone_and_names_its_field() {
        let file = b"{\"sku\":\"a\",\"onHand\":0}\r\n\n[]\n{\"onHand\":1}\n{\"sku\":\" \",\"onHand\":1}\n{\"sku\":\"b\",\"onHand\":1.5}\n\xFF\n{\n{\"sku\":\"a\",\"onHand\":2}";
        let lines: Vec<_> = parse_lines(file)
            .into_iter()
            .map(|(number, line)| match line {
                Ok(line) => format!("{number} {} {}", line.sku, line.on_hand),
                Err(bad) => format!("{number} {bad}"),
            })
            .collect();
        assert_eq!(
            lines,
            [
                "1 a 0",
                "3 it must be an object",
                "4 /sku must be a text",
                "5 /sku must have 1 to 128 bytes and no control characters",
                "6 /onHand must be a whole number from 0 to 9007199254740991",
                "7 it is not UTF-8",
                "8 it is not JSON: EOF while parsing an object at line 1 column 1",
                "9 /sku is that of line 1: each article once",
            ]
        );
    }
}
