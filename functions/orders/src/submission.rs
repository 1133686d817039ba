//! A submitted order, over HTTP or as a line of a file. Every refusal names the field.
//!
//! A line of a file, one JSON object:
//! ```json
//! {"key":"<idempotency key>","version":2,"order":{"orderId":"…","customer":{"id":"…","name":"…","email":"…"},
//!  "lines":[{"sku":"…","quantity":2,"unitPrice":1250}],"currency":"EUR","paymentToken":"tok_visa"}}
//! ```
//! Version 1 has no `currency`, which was always EUR. An order may name the place for its parcel:
//! `"shipTo":{"lines":["…"],"postalCode":"…","city":"…","country":"DE"}`. `"cancelAfterMs":n` and
//! `"returnAfterMs":n` beside `key` are for sample files: the customer cancels the order, or sends it
//! back, n milliseconds after submitting.
//!
//! A submission is lifted to the newest version, and its numbers are made canonical, *before* it
//! becomes a command. So the command's payload hash is that of its meaning: `1250`, `1250.0` and
//! `1.25e3` are one submission, and so are version 1 and version 2 in EUR. Unknown members are part
//! of the hash, since they may have a meaning to the customer.

mod field;

use std::time::Duration;

use order_events::{Address, Currency, Customer, Line};
use serde_json::Value;

pub use field::Invalid;
use field::{At, canonical};

use crate::commands::PlaceOrder;

/// The newest version of an order's form.
pub const NEWEST: u64 = 2;
/// The largest number of lines in an order. With the reservation and the receipt they fit one
/// transaction of `inventory`.
pub const MOST_LINES: usize = 50;
/// The largest number of pieces in a line.
pub const MOST_PIECES: u64 = 1_000_000;
/// The longest id, key, SKU or token, in bytes.
pub const LONGEST_ID: usize = 128;
/// The largest number of lines in an address.
pub const MOST_ADDRESS_LINES: usize = 4;
/// The longest name of a customer, in bytes.
pub const LONGEST_NAME: usize = 256;

/// A readable order with its idempotency key.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// The idempotency key.
    pub key: String,
    /// The order in its newest version.
    pub order: PlaceOrder,
    /// The order as canonical JSON, unknown members included. The key stands for this payload.
    pub payload: Value,
    /// The delay of the customer's cancellation, counted from the submission.
    pub cancel_after: Option<Duration>,
    /// The delay of the customer's return, counted from the submission.
    pub return_after: Option<Duration>,
}

/// Reads a line.
///
/// # Errors
/// [`Invalid`], naming the field.
///
/// ```
/// let line = r#"{"key":"k-1","version":1,"order":{"orderId":"o-1","customer":{"id":"c-1","name":"Zoë","email":"z@example.com"},
///     "lines":[{"sku":"tee","quantity":0,"unitPrice":1250}],"paymentToken":"tok_visa"}}"#;
/// let error = orders::submission::parse_line(line).unwrap_err();
/// assert_eq!(error.to_string(), "/order/lines/0/quantity must be a whole number from 1 to 1000000");
/// let submission = orders::submission::parse_line(&line.replace(":0,", ":2.0,")).unwrap();
/// assert_eq!(submission.order.currency.code(), "EUR");
/// ```
pub fn parse_line(line: &str) -> Result<Submission, Invalid> {
    let value = json(line)?;
    let root = At::root(&value);
    root.object()?;
    let key = root.field("key").id(LONGEST_ID)?;
    let delay = |name| match root.field(name) {
        at if at.is_missing() => Ok(None),
        // The largest delay is a day, longer than any order stays open.
        at => at.whole(0, 86_400_000).map(|millis| Some(Duration::from_millis(millis))),
    };
    let (cancel_after, return_after) = (delay("cancelAfterMs")?, delay("returnAfterMs")?);
    let (order, payload) = versioned(&root)?;
    Ok(Submission { key, order, payload, cancel_after, return_after })
}

/// Reads a file of lines without its blank ones: each with its number, from 1. A line that is not
/// UTF-8 is refused alone.
pub fn parse_lines(file: &[u8]) -> impl Iterator<Item = (usize, Result<Submission, Invalid>)> {
    let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    file.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty()).map(
        |(index, line)| {
            let text = std::str::from_utf8(line).map_err(|_| Invalid::new("", "is not UTF-8"));
            (index + 1, text.and_then(parse_line))
        },
    )
}

/// Reads a request's body under the key of its header: the order itself in its newest version, or
/// `{"version":…,"order":…}`.
///
/// # Errors
/// [`Invalid`], naming the field.
pub fn parse_body(key: &str, body: &[u8]) -> Result<Submission, Invalid> {
    let text = std::str::from_utf8(body).map_err(|_| Invalid::new("", "is not UTF-8"))?;
    let value = json(text)?;
    let root = At::root(&value);
    let (order, payload) = match root.object()?.contains_key("order") {
        true => versioned(&root)?,
        false => read_order(&root, NEWEST)?,
    };
    Ok(Submission { key: key.to_owned(), order, payload, cancel_after: None, return_after: None })
}

/// Checks an idempotency key that came outside the JSON.
///
/// # Errors
/// [`Invalid`] under the name `field`.
pub fn check_key(field: &str, key: &str) -> Result<(), Invalid> {
    At::named(field, &Value::String(key.to_owned())).id(LONGEST_ID).map(|_| ())
}

/// Checks an order that came in none of the formats above: a command on the queue obeys the same
/// rules.
pub(crate) fn check(order: &PlaceOrder) -> Result<(), Invalid> {
    let value = serde_json::to_value(order).map_err(|error| Invalid::new("", error.to_string()))?;
    order_fields(&At::root(&value)).map(|_| ())
}

fn json(text: &str) -> Result<Value, Invalid> {
    // serde_json's syntax errors state the place and the expectation, and quote nothing.
    serde_json::from_str(text).map_err(|error| Invalid::new("", format!("is not JSON: {error}")))
}

fn versioned(root: &At<'_>) -> Result<(PlaceOrder, Value), Invalid> {
    let version = root.field("version");
    match version.whole(0, u64::MAX)? {
        known @ 1..=NEWEST => read_order(&root.field("order"), known),
        _ => Err(version.invalid(format!("is not a version of an order: there are 1 to {NEWEST}"))),
    }
}

fn read_order(at: &At<'_>, version: u64) -> Result<(PlaceOrder, Value), Invalid> {
    let mut payload = Value::Object(at.object()?.clone());
    if version == 1 {
        // Version 1 implies EUR, so another currency is refused and not ignored.
        let currency = at.field("currency");
        if !currency.is_missing() && currency.parse() != Ok(Currency::EUR) {
            return Err(currency.invalid("must be absent in version 1, which meant EUR: use version 2"));
        }
        payload["currency"] = Value::from("EUR");
    }
    canonical(&mut payload);
    let order = order_fields(&at.with(&payload))?;
    Ok((order, payload))
}

fn order_fields(at: &At<'_>) -> Result<PlaceOrder, Invalid> {
    let customer = at.field("customer");
    customer.object()?;
    let lines = at.field("lines");
    let order = PlaceOrder {
        order_id: at.field("orderId").path_id(LONGEST_ID)?,
        customer: Customer {
            id: customer.field("id").id(LONGEST_ID)?,
            name: customer.field("name").id(LONGEST_NAME)?,
            email: customer.field("email").parse()?,
        },
        lines: lines
            .items(1, MOST_LINES)?
            .map(|line| {
                line.object()?;
                Ok(Line {
                    sku: line.field("sku").id(LONGEST_ID)?,
                    // The quantity is at most MOST_PIECES, so it fits.
                    quantity: u32::try_from(line.field("quantity").whole(1, MOST_PIECES)?)
                        .unwrap_or(u32::MAX),
                    // A price of 0 is a gift.
                    unit_price: line.field("unitPrice").whole(0, order_events::LARGEST_AMOUNT)?,
                })
            })
            .collect::<Result<_, Invalid>>()?,
        currency: at.field("currency").parse()?,
        payment_token: at.field("paymentToken").id(LONGEST_ID)?,
        ship_to: address(&at.field("shipTo"))?,
    };
    order_events::total(&order.lines).map_err(|error| lines.invalid(error.to_string()))?;
    Ok(order)
}

fn address(at: &At<'_>) -> Result<Option<Address>, Invalid> {
    if at.is_missing() {
        return Ok(None);
    }
    at.object()?;
    let postal_code = at.field("postalCode");
    let lines = at.field("lines").items(1, MOST_ADDRESS_LINES)?.map(|line| line.id(LONGEST_NAME));
    Ok(Some(Address {
        lines: lines.collect::<Result<_, Invalid>>()?,
        postal_code: if postal_code.is_missing() { None } else { Some(postal_code.id(LONGEST_ID)?) },
        city: at.field("city").id(LONGEST_NAME)?,
        country: at.field("country").parse()?,
    }))
}

#[cfg(test)]
mod tests;
