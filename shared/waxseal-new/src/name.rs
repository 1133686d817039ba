//! Names of applications, services, events, handlers and aggregates, in the forms that code needs.

use crate::error::Error;

/// Words that cannot name a module or a crate.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "unsafe", "use", "virtual", "where", "while",
];

/// Types that the written code uses beside its own.
const TYPES: [&str; 22] = [
    "Aggregate",
    "App",
    "Box",
    "Call",
    "Cow",
    "Decide",
    "Deployed",
    "Effect",
    "Engine",
    "Entity",
    "Envelope",
    "Err",
    "Fault",
    "Handler",
    "None",
    "Ok",
    "Option",
    "Out",
    "Refusal",
    "Result",
    "Some",
    "Unit",
];

/// Crates and folders that are there before.
const CRATES: [&str; 11] =
    ["alloc", "app", "bus", "core", "events", "proc-macro", "relay", "services", "std", "test", "waxseal"];

/// The longest name of an application and of a service together. With the longest stage their relay's
/// name then has Lambda's 64 characters.
const LONGEST: usize = 64 - 16 - "---relay".len();

/// A name in kebab case, such as `send-invoice`, or of an event, such as `order.placed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    /// The name of an application.
    pub(crate) fn application(name: &str) -> Result<Self, Error> {
        Self::package(name, "an application")
    }

    /// The name of a service of an application.
    pub(crate) fn service(name: &str, application: &str) -> Result<Self, Error> {
        let service = Self::package(name, "a service")?;
        if name == application || name.len() + application.len() > LONGEST {
            let rest = LONGEST.saturating_sub(application.len());
            let reason = format!("take another than `{application}`, of {rest} characters at most");
            return Err(Error::Name { name: name.to_owned(), subject: "a service", reason });
        }
        Ok(service)
    }

    /// The name of a handler.
    pub(crate) fn handler(name: &str) -> Result<Self, Error> {
        Self::item(name, "a handler")
    }

    /// The name of an aggregate.
    pub(crate) fn aggregate(name: &str) -> Result<Self, Error> {
        Self::item(name, "an aggregate")
    }

    /// The name of an event: two words or more.
    pub(crate) fn event(name: &str) -> Result<Self, Error> {
        let subject = "an event";
        let wrong = |reason: &str| Error::Name { name: name.to_owned(), subject, reason: reason.to_owned() };
        let words: Vec<&str> = name.split('.').collect();
        if words.len() < 2 || !words.iter().all(|word| is_kebab(word)) {
            return Err(wrong(
                "take words of lower-case letters, digits and `-`, with a `.` between them, such as `order.placed`",
            ));
        }
        // EventBridge allows 128 characters of a detail type.
        if name.len() > 100 {
            return Err(wrong("take 100 characters at most"));
        }
        Self(name.to_owned()).free_type(subject)
    }

    fn package(name: &str, subject: &'static str) -> Result<Self, Error> {
        if CRATES.contains(&name) || name.starts_with("waxseal-") {
            let reason = "the word has another meaning in the workspace".to_owned();
            return Err(Error::Name { name: name.to_owned(), subject, reason });
        }
        if name.len() > 30 {
            let reason = "take 30 characters at most".to_owned();
            return Err(Error::Name { name: name.to_owned(), subject, reason });
        }
        Self::item(name, subject)
    }

    fn item(name: &str, subject: &'static str) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::Name { name: name.to_owned(), subject, reason: reason.to_owned() };
        if !is_kebab(name) {
            return Err(wrong(
                "take lower-case letters, digits and `-`, a letter first, such as `order-desk`",
            ));
        }
        if name.len() > 60 {
            return Err(wrong("take 60 characters at most"));
        }
        if KEYWORDS.contains(&name) {
            return Err(wrong("it is a word of Rust"));
        }
        Self(name.to_owned()).free_type(subject)
    }

    fn free_type(self, subject: &'static str) -> Result<Self, Error> {
        let name = self.pascal();
        if TYPES.contains(&name.as_str()) {
            let reason = format!("its type would be `{name}`, which the code uses for something else");
            return Err(Error::Name { name: self.0, subject, reason });
        }
        Ok(self)
    }

    /// As it was typed.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The module: `send_invoice`, `order_placed`.
    pub(crate) fn snake(&self) -> String {
        self.0.replace(['-', '.'], "_")
    }

    /// The type: `SendInvoice`, `OrderPlaced`.
    pub(crate) fn pascal(&self) -> String {
        let capital = |word: &str| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        };
        self.0.split(['-', '.']).map(capital).collect()
    }
}

fn is_kebab(name: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_forms_that_code_needs() {
        let event = Name::event("stock.level-changed").unwrap();
        assert_eq!(
            (event.snake(), event.pascal()),
            ("stock_level_changed".into(), "StockLevelChanged".into())
        );
        let handler = Name::handler("send-2-invoices").unwrap();
        assert_eq!((handler.snake(), handler.pascal()), ("send_2_invoices".into(), "Send2Invoices".into()));
    }

    #[test]
    fn names_that_code_or_aws_cannot_hold_are_refused() {
        let keyword = "match";
        for name in ["", "Shop", "2shop", "shop-", "a--b", "a_b", "größe", "a b", "../x", keyword] {
            assert!(Name::application(name).is_err(), "{name}");
            assert!(Name::handler(name).is_err(), "{name}");
        }
        for name in ["bus", "events", "relay", "std", "waxseal-cli"] {
            assert!(Name::service(name, "shop").is_err(), "{name}");
        }
        for name in ["placed", "order.", ".placed", "Order.Placed", "order placed", "order..placed"] {
            assert!(Name::event(name).is_err(), "{name}");
        }
        assert!(Name::handler("envelope").is_err(), "the type `Envelope` would be there twice");
    }

    #[test]
    fn a_service_fits_into_the_longest_name_of_lambda() {
        assert!(Name::service("shop", "shop").is_err(), "two packages of one name");
        let application = "a".repeat(30);
        assert!(Name::service(&"b".repeat(10), &application).is_ok());
        let error = Name::service(&"b".repeat(11), &application).unwrap_err();
        assert!(error.to_string().ends_with("of 10 characters at most"), "{error}");
    }
}
