//! The text of a mail. A mail is a function of its event and its effect key, so a second one is
//! identical.

use std::{str::FromStr, time::SystemTime};

use lettre::{
    Address, Message,
    message::{Mailbox, header::ContentType},
};
use order_events::{CancelReason, Customer, OrderCancelled, OrderConfirmed};
use waxseal::Timestamp;

use crate::mailer::Mail;

/// The sender of mails: `Waxseal <orders@waxseal.example>`.
///
/// ```
/// use notification::Sender;
/// assert!("Wäxseal Shop <orders@example.com>".parse::<Sender>().is_ok());
/// assert!("orders".parse::<Sender>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// The error for a text that names no sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be an address, or a name and an address: Waxseal <orders@example.com>")]
pub struct NotASender;

impl FromStr for Sender {
    type Err = NotASender;
    fn from_str(text: &str) -> Result<Self, NotASender> {
        text.trim().parse().map(Self).map_err(|_| NotASender)
    }
}

/// The reason why a mail could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritable {
    #[error("the customer's address is none that mail can be sent to")]
    Address(#[source] lettre::address::AddressError),
    #[error("the mail of order {order_id} cannot be written")]
    Message { order_id: String, source: lettre::error::Error },
}

pub(crate) fn confirmed(
    sender: &Sender,
    event: &OrderConfirmed,
    effect_key: String,
) -> Result<Mail, Unwritable> {
    let OrderConfirmed { order_id, customer, total, currency, confirmed_at, .. } = event;
    let order_id = &one_line(order_id);
    let news = format!(
        "thank you: your order {order_id} is confirmed and on its way to our warehouse.\nWe have charged {}.",
        currency.format(*total)
    );
    let subject = format!("Your order {order_id} is confirmed");
    write(sender, effect_key, (order_id, customer, *confirmed_at), &subject, &news)
}

pub(crate) fn cancelled(
    sender: &Sender,
    event: &OrderCancelled,
    effect_key: String,
) -> Result<Mail, Unwritable> {
    let OrderCancelled { order_id, reason, customer, total, currency, cancelled_at } = event;
    let order_id = &one_line(order_id);
    let why = match reason {
        CancelReason::Short => {
            "we are sorry: not everything in it is in stock. Nothing was charged.".to_owned()
        }
        CancelReason::Declined => "your payment was declined. Nothing was charged.".to_owned(),
        CancelReason::Customer => {
            format!("as you asked. If {} was charged already, it goes back to you.", currency.format(*total))
        }
        CancelReason::Late => {
            format!(
                "we are sorry: we could not send it in time. If {} was charged, it went back to you.",
                currency.format(*total)
            )
        }
    };
    let news = format!("your order {order_id} is cancelled: {why}");
    let subject = format!("Your order {order_id} is cancelled");
    write(sender, effect_key, (order_id, customer, *cancelled_at), &subject, &news)
}

fn write(
    Sender(from): &Sender,
    effect_key: String,
    (order_id, customer, at): (&str, &Customer, Timestamp),
    subject: &str,
    news: &str,
) -> Result<Mail, Unwritable> {
    let address: Address = customer.email.as_str().parse().map_err(Unwritable::Address)?;
    let name = one_line(&customer.name);
    let message = Message::builder()
        .message_id(Some(format!("<{effect_key}@{}>", from.email.domain())))
        .date(SystemTime::from(at))
        .from(from.clone())
        .to(Mailbox::new(Some(name.clone()), address))
        .subject(subject)
        .header(ContentType::TEXT_PLAIN)
        .body(format!("Dear {name},\n\n{news}\n"))
        .map_err(|source| Unwritable::Message { order_id: order_id.to_owned(), source })?;
    Ok(Mail { effect_key, message })
}

/// A text without control characters: a line break in a header would start another one. `orders`
/// refuses them, but other publishers may not.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use order_events::{Currency, Email, testing::customer};
    use proptest::prelude::*;

    use super::*;

    fn sender() -> Sender {
        "Wachssiegel-Läden <orders@waxseal.example>".parse().unwrap()
    }

    fn event() -> OrderConfirmed {
        OrderConfirmed {
            order_id: "o-1".into(),
            customer: customer(),
            total: 1250,
            currency: Currency::EUR,
            confirmed_at: "2026-11-21T09:30:00.123Z".parse().unwrap(),
            ship_to: None,
        }
    }

    fn text(mail: &Mail) -> String {
        String::from_utf8(mail.message.formatted()).unwrap()
    }

    #[test]
    fn a_mail_is_the_same_byte_for_byte_whenever_it_is_written() {
        let one = text(&confirmed(&sender(), &event(), "key-1".into()).unwrap());
        assert_eq!(one, text(&confirmed(&sender(), &event(), "key-1".into()).unwrap()));
        for part in [
            "Message-ID: <key-1@waxseal.example>\r\n",
            "Date: Sat, 21 Nov 2026 09:30:00 +0000\r\n",
            "Subject: Your order o-1 is confirmed\r\n",
            "<zoe.nunez@example.com>",
            "12.50 EUR",
        ] {
            assert!(one.contains(part), "{part} is not in\n{one}");
        }
        assert!(one.is_ascii(), "{one}");
    }

    #[test]
    fn each_reason_is_told_in_words() {
        for (reason, words) in [
            (CancelReason::Short, "in stock"),
            (CancelReason::Declined, "declined"),
            (CancelReason::Customer, "as you asked"),
            (CancelReason::Late, "in time"),
        ] {
            let OrderConfirmed { order_id, customer, total, currency, confirmed_at, .. } = event();
            let event =
                OrderCancelled { order_id, reason, customer, total, currency, cancelled_at: confirmed_at };
            assert!(text(&cancelled(&sender(), &event, "k".into()).unwrap()).contains(words));
        }
    }

    #[test]
    fn a_line_break_in_a_name_or_an_id_starts_no_header() {
        let mut event = event();
        event.customer.name = "Eve\r\nBcc: all@example.com".into();
        event.order_id = "o\r\nX-Evil: 1".into();
        let text = text(&confirmed(&sender(), &event, "k".into()).unwrap());
        assert!(!text.contains("\nBcc") && !text.contains("\nX-Evil"), "{text}");
    }

    proptest! {
        #[test]
        fn whatever_contracts_takes_for_an_address_can_be_sent_to(address in r"[a-zé大0-9!#$%&'*+/=?^_`{|}~.-]{1,20}@[a-zü例0-9.-]{1,30}") {
            if let Ok(email) = address.parse::<Email>() {
                let mut event = event();
                event.customer.email = email;
                prop_assert!(confirmed(&sender(), &event, "k".into()).is_ok(), "{}", address);
            }
        }

        #[test]
        fn whatever_somebody_is_called_they_are_written_to(name in "\\PC{0,80}") {
            let mut event = event();
            event.customer.name = name;
            let text = text(&confirmed(&sender(), &event, "k".into()).unwrap());
            prop_assert!(text.lines().all(|line| line.len() <= 998), "{}", text);
        }
    }
}
