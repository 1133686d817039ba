//! The file of orders as its customers send it: the order of the lines of one customer, and the
//! lines that cannot be sent.

use std::{collections::BTreeMap, time::Duration};

use orders::submission::parse_lines;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One line on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: usize,
    /// The number of readable and unreadable lines before it.
    pub index: usize,
    /// Its `Idempotency-Key`.
    pub key: String,
    /// The order that it places.
    pub order_id: String,
    /// The body to post, as the file spells it.
    pub body: String,
    /// The time from the answer until the customer cancels.
    pub cancel_after: Option<Duration>,
    /// The time from the answer until the customer sends the order back.
    pub return_after: Option<Duration>,
}

/// The lines of a file of orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Lines about one key or one order wait for each other, as one customer does.
    pub customers: Vec<Vec<Line>>,
    /// Lines that cannot be sent: number and reason.
    pub rejected: BTreeMap<usize, String>,
}

/// The members of a line that travel as they are spelled.
#[derive(Deserialize)]
struct Spelled<'a> {
    #[serde(borrow)]
    version: &'a RawValue,
    #[serde(borrow)]
    order: &'a RawValue,
}

impl Lines {
    /// Reads a file.
    #[must_use]
    pub fn read(file: &[u8]) -> Self {
        let raw: Vec<&[u8]> =
            file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file).split(|byte| *byte == b'\n').collect();
        let (mut lines, mut rejected) = (Vec::new(), BTreeMap::new());
        for (index, (number, parsed)) in parse_lines(file).enumerate() {
            let spelled =
                raw.get(number - 1).and_then(|line| serde_json::from_slice::<Spelled<'_>>(line).ok());
            match (parsed, spelled) {
                (Ok(submission), Some(Spelled { version, order })) => lines.push(Line {
                    number,
                    index,
                    key: submission.key,
                    order_id: submission.order.order_id,
                    body: format!(r#"{{"version":{version},"order":{order}}}"#),
                    cancel_after: submission.cancel_after,
                    return_after: submission.return_after,
                }),
                (Err(invalid), _) => drop(rejected.insert(number, invalid.to_string())),
                (Ok(_), None) => drop(rejected.insert(number, "it repeats a member".to_owned())),
            }
        }
        Self { customers: customers(lines), rejected }
    }

    /// The number of readable lines.
    #[must_use]
    pub fn count(&self) -> usize {
        self.customers.iter().map(Vec::len).sum()
    }
}

/// Lines grouped by customer: lines that share a key or an order, in order.
fn customers(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut owner: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        let names = [format!("key {}", line.key), format!("order {}", line.order_id)];
        let known: Vec<usize> = names.iter().filter_map(|name| owner.get(name).copied()).collect();
        let group = match known[..] {
            [] => {
                groups.push(Vec::new());
                groups.len() - 1
            }
            [only] => only,
            [one, other, ..] if one == other => one,
            [one, other, ..] => {
                let moved = std::mem::take(&mut groups[other]);
                groups[one].extend(moved);
                groups[one].sort_by_key(|line| line.number);
                owner.values_mut().filter(|group| **group == other).for_each(|group| *group = one);
                one
            }
        };
        owner.extend(names.map(|name| (name, group)));
        groups[group].push(line);
    }
    groups.retain(|group| !group.is_empty());
    groups
}
