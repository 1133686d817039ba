//! Samples for the tests of the services.

use waxseal_message::Timestamp;

use crate::{address::Address, currency::Currency, customer::Customer, line::Line, order::OrderPlaced};

/// A customer with a name that ASCII cannot write.
///
/// # Panics
/// Never: the address is one.
#[must_use]
pub fn customer() -> Customer {
    let Ok(email) = "zoe.nunez@example.com".parse() else { panic!("an address") };
    Customer { id: "c-1".to_owned(), name: "Zoë Núñez-大岩 🦔".to_owned(), email }
}

/// An address that ASCII cannot write.
///
/// # Panics
/// Never: the country is one.
#[must_use]
pub fn address() -> Address {
    let Ok(country) = "JP".parse() else { panic!("a country") };
    Address {
        lines: vec!["南青山 3-1-30 🏠".to_owned()],
        postal_code: Some("107-0062".to_owned()),
        city: "東京都 港区".to_owned(),
        country,
    }
}

/// An order of these lines: SKU, quantity, price of one in cents.
#[must_use]
pub fn placed(order_id: &str, lines: &[(&str, u32, u64)]) -> OrderPlaced {
    let line = |(sku, quantity, unit_price): &(&str, u32, u64)| Line {
        sku: (*sku).to_owned(),
        quantity: *quantity,
        unit_price: *unit_price,
    };
    OrderPlaced {
        order_id: order_id.to_owned(),
        customer: customer(),
        lines: lines.iter().map(line).collect(),
        currency: Currency::EUR,
        payment_token: "tok_visa".to_owned(),
        placed_at: Some(Timestamp::UNIX_EPOCH),
        ship_to: Some(address()),
    }
}
