//! A currency: one that money can be charged in, by its ISO 4217 code.
//!
//! The list is written out instead of taken from a crate: it is 150 words, it changes about once a
//! year, and the crates that carry it bring names, numbers and countries that this platform has no
//! use for.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// An ISO 4217 code of a currency in use.
///
/// ```
/// use order_events::Currency;
/// let yen: Currency = "JPY".parse().unwrap();
/// assert_eq!((yen.minor_digits(), yen.format(1250)), (0, "1250 JPY".to_owned()));
/// assert_eq!(Currency::EUR.format(1250), "12.50 EUR");
/// assert!("XXX".parse::<Currency>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(&'static str);

/// The text is no currency in use. It is not quoted: it may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the ISO 4217 code of a currency in use, such as EUR")]
pub struct NoSuchCurrency;

impl Currency {
    /// The euro, which version 1 of an order meant.
    pub const EUR: Self = Self("EUR");

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0
    }

    /// How many decimal digits its minor unit stands for: 2 for EUR (cents), 0 for JPY.
    #[must_use]
    pub fn minor_digits(self) -> u32 {
        match self.0 {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
            | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    /// An amount in minor units, for people: `12.50 EUR`.
    #[must_use]
    pub fn format(self, amount: u64) -> String {
        match self.minor_digits() {
            0 => format!("{amount} {}", self.0),
            digits => {
                let unit = 10u64.pow(digits);
                format!("{}.{:0width$} {}", amount / unit, amount % unit, self.0, width = digits as usize)
            }
        }
    }
}

impl FromStr for Currency {
    type Err = NoSuchCurrency;
    fn from_str(code: &str) -> Result<Self, NoSuchCurrency> {
        IN_USE.binary_search(&code).map(|index| Self(IN_USE[index])).map_err(|_| NoSuchCurrency)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

// By hand: a derive would take the `&'static str` for something to borrow from the input.
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Source: ISO 4217 list one as of 2026, without funds, metals and the codes for testing and for no
/// currency. Sorted.
#[rustfmt::skip]
const IN_USE: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD", "BND",
    "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE",
    "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD",
    "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY",
    "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD",
    "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO",
    "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF",
    "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB",
    "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED", "VES", "VND",
    "VUV", "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_only_its_codes_are_currencies() {
        assert!(IN_USE.is_sorted() && IN_USE.iter().all(|code| code.parse() == Ok(Currency(code))));
        for none in ["", "eur", "EURO", "XXX", "XAU", "XTS", "ABC", "€", "EU"] {
            assert_eq!(none.parse::<Currency>(), Err(NoSuchCurrency), "{none}");
        }
    }

    #[test]
    fn json_holds_the_code_and_an_error_does_not_quote_what_it_found() {
        let sek: Currency = serde_json::from_str("\"S\\u0045K\"").unwrap();
        assert_eq!(serde_json::to_string(&sek).unwrap(), "\"SEK\"");
        let error = serde_json::from_str::<Currency>("\"secret\"").unwrap_err().to_string();
        assert!(error.starts_with("must be the ISO 4217 code") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn amounts_read_as_people_write_them() {
        for (code, amount, text) in
            [("EUR", 5, "0.05 EUR"), ("KWD", 1_250, "1.250 KWD"), ("JPY", 980, "980 JPY")]
        {
            assert_eq!(code.parse::<Currency>().unwrap().format(amount), text);
        }
    }
}
