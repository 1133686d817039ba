//! A postal address: the lines of a label, and the country that decides about the carrier.
//!
//! Addresses of the world have no common form beyond that, so streets and house numbers are lines
//! as the customer writes them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The place to which a parcel goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// The lines below the name: street and number, building, district.
    pub lines: Vec<String>,
    /// The postal code; absent where the country has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The town or city.
    pub city: String,
    /// The country.
    pub country: Country,
}

/// A country by the form of its ISO 3166-1 alpha-2 code: two capital letters.
///
/// ```
/// use order_events::Country;
/// assert_eq!("JP".parse::<Country>().unwrap().code(), "JP");
/// assert!("jp".parse::<Country>().is_err() && "JPN".parse::<Country>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);

/// The text is no code of a country. It is not quoted: it may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the ISO 3166-1 code of a country: two capital letters, such as DE")]
pub struct NotACountry;

impl Country {
    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Country {
    type Error = NotACountry;
    fn try_from(code: String) -> Result<Self, NotACountry> {
        let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_code { Ok(Self(code)) } else { Err(NotACountry) }
    }
}

impl FromStr for Country {
    type Err = NotACountry;
    fn from_str(code: &str) -> Result<Self, NotACountry> {
        code.to_owned().try_into()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_of_any_script_and_its_country_is_a_code() {
        let json = r#"{"lines":["南青山 3-1-30","シティビル 5F"],"postalCode":"107-0062","city":"東京都 港区","country":"JP"}"#;
        let address: Address = serde_json::from_str(json).unwrap();
        assert_eq!(address.country.code(), "JP");
        assert_eq!(serde_json::to_string(&address).unwrap(), json);
        for none in ["", "J", "jp", "JPN", "日本", "J1", "É"] {
            assert_eq!(none.parse::<Country>(), Err(NotACountry), "{none}");
        }
        let error = serde_json::from_str::<Country>("\"secret\"").unwrap_err().to_string();
        assert!(error.starts_with("must be the ISO 3166-1 code") && !error.contains("secret"), "{error}");
    }
}
