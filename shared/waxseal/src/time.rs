//! Times on the wire are RFC 3339, no more and no less: one parser for envelopes, CloudEvents and EventBridge.
//!
//! `jiff` reads much more (`20261121T093000Z`, a space for the `T`, a zone in brackets) and one thing less: more than nine
//! digits of a fraction.

use std::borrow::Cow;

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A text is no RFC 3339 time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no RFC 3339 time such as 2026-11-21T09:30:00.123Z")]
pub struct NotATime;

/// Reads `date-time` of RFC 3339, section 5.6.
///
/// - `T` and `Z` may be lower case; a space is no `T`. The offset is `Z` or `+hh:mm`.
/// - A fraction has any number of digits; those beyond nanoseconds are cut.
/// - Second 60 is read at the end of a month in UTC, where a leap second can be, as a second time 59.
/// - [`Timestamp`] ends a day before the year 9999 does; a time after its last one is its last one.
///
/// # Errors
/// [`NotATime`] for everything else.
///
/// ```
/// let time = waxseal::time::parse("2026-11-21T10:30:00.1234567891+01:00").unwrap();
/// assert_eq!(time.to_string(), "2026-11-21T09:30:00.123456789Z");
/// assert!(waxseal::time::parse("20261121T093000Z").is_err());
/// ```
pub fn parse(text: &str) -> Result<Timestamp, NotATime> {
    read(text.as_bytes()).ok_or(NotATime)
}

/// For members that hold a time: `#[serde(deserialize_with = "…")]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(json: D) -> Result<Timestamp, D::Error> {
    let text = Cow::<str>::deserialize(json)?;
    parse(&text).map_err(D::Error::custom)
}

fn read(text: &[u8]) -> Option<Timestamp> {
    let (start, rest) = text.split_at_checked(19)?;
    let [.., b'-', _, _, b'-', _, _, b'T' | b't', _, _, b':', _, _, b':', _, _] = start else { return None };
    let year = i16::try_from(number(&start[..4])?).ok()?;
    let [month, day, hour, minute, second] =
        [5, 8, 11, 14, 17].map(|at| number(&start[at..at + 2]).and_then(|number| i8::try_from(number).ok()));
    let (month, day, hour, minute, second) = (month?, day?, hour?, minute?, second?);
    let (nanosecond, rest) = fraction(rest)?;
    let offset = offset(rest)?;
    if hour > 23 || second > 60 {
        return None;
    }
    let local = DateTime::new(year, month, day, hour, minute, second.min(59), nanosecond).ok()?;
    let time = match offset.to_timestamp(local) {
        Ok(time) => time,
        // Years have four digits, so it is too late and never too early.
        Err(_) => Timestamp::MAX,
    };
    (second < 60 || may_leap(time)).then_some(time)
}

/// Two or four digits.
fn number(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

/// The nanoseconds of a fraction, and what comes after it.
fn fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let Some(rest) = text.strip_prefix(b".") else { return Some((0, text)) };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at(count);
    let (first, _) = digits.split_first()?;
    let padded = std::iter::once(first).chain(&digits[1..]).chain(std::iter::repeat(&b'0')).take(9);
    Some((padded.fold(0, |number, digit| number * 10 + i32::from(digit - b'0')), rest))
}

fn offset(text: &[u8]) -> Option<Offset> {
    let (sign, text) = match text {
        [b'Z' | b'z'] => return Some(Offset::UTC),
        [b'+', text @ ..] => (1, text),
        [b'-', text @ ..] => (-1, text),
        _ => return None,
    };
    let [hour @ .., b':', _, _] = text else { return None };
    let (hour, minute) = (number(hour).filter(|_| hour.len() == 2)?, number(&text[text.len() - 2..])?);
    if hour > 23 || minute > 59 {
        return None;
    }
    let seconds = i32::try_from(hour * 3600 + minute * 60).ok()?;
    Offset::from_seconds(sign * seconds).ok()
}

/// Whether the second after `time`, a second 59, can be a leap second.
fn may_leap(time: Timestamp) -> bool {
    let utc = Offset::UTC.to_datetime(time);
    (utc.hour(), utc.minute()) == (23, 59) && utc.date().last_of_month() == utc.date()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn s16_a_time_is_rfc_3339_no_more_and_no_less() {
        for (text, expected) in [
            ("2026-11-21T09:30:00Z", "2026-11-21T09:30:00Z"),
            ("2026-11-21t09:30:00z", "2026-11-21T09:30:00Z"),
            ("2026-11-21T09:30:00.1Z", "2026-11-21T09:30:00.1Z"),
            ("2026-11-21T09:30:00.1234567899Z", "2026-11-21T09:30:00.123456789Z"),
            (
                "2026-11-21T09:30:00.99999999999999999999999999999999999999999Z",
                "2026-11-21T09:30:00.999999999Z",
            ),
            ("2026-11-21T09:30:00.000000000000+00:00", "2026-11-21T09:30:00Z"),
            ("2026-11-21T09:30:00-00:00", "2026-11-21T09:30:00Z"),
            ("2026-11-21T09:30:00+23:59", "2026-11-20T09:31:00Z"),
            ("2026-11-21T00:30:00.5+01:00", "2026-11-20T23:30:00.5Z"),
            ("2026-11-21T09:30:00-09:30", "2026-11-21T19:00:00Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            // RFC 3339, section 5.8.
            ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.52Z"),
            ("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z"),
            ("1990-12-31T23:59:60Z", "1990-12-31T23:59:59Z"),
            ("1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59Z"),
            ("1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.87Z"),
            ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00.999999999Z"),
        ] {
            assert_eq!(parse(text).map(|time| time.to_string()).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "",
            "2026-11-21",
            "20261121T093000Z",
            "2026-11-21 09:30:00Z",
            "2026-11-21_09:30:00Z",
            "2026-11-21T09:30:00",
            "2026-11-21T09:30Z",
            "2026-11-21T09:30:00+0930",
            "2026-11-21T09:30:00+09",
            "2026-11-21T09:30:00+9:30",
            "2026-11-21T09:30:00+009:30",
            "2026-11-21T09:30:00+24:00",
            "2026-11-21T09:30:00+01:60",
            "2026-11-21T09:30:00+01:00:00",
            "2026-11-21T09:30:00.Z",
            "2026-11-21T09:30:00,5Z",
            "2026-11-21T09:30:00.5",
            "2026-11-21T24:00:00Z",
            "2026-11-21T09:60:00Z",
            "2026-11-21T09:30:61Z",
            "2026-11-21T09:30:60Z",
            "2026-11-21T23:59:60Z",
            "2026-12-31T23:59:60+01:00",
            "2026-W47-6T09:30:00Z",
            "2026-325T09:30:00Z",
            "2026-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "+002026-11-21T09:30:00Z",
            "-2026-11-21T09:30:00Z",
            "12026-11-21T09:30:00Z",
            "026-11-21T09:30:00Z",
            "2026-11-21T09:30:00Z[UTC]",
            "2026-11-21T10:30:00+01:00[Europe/Berlin]",
            "2026-11-21T09:30:00[UTC]",
            " 2026-11-21T09:30:00Z",
            "2026-11-21T09:30:00Z ",
            "2026-11-21T09:30:00ZZ",
            "2026-11-21T09:30:00\u{2212}01:00",
            "2026-11-21T0\u{0669}:30:00Z",
            "٢٠٢٦-11-21T09:30:00Z",
            "yesterday",
            "1795253400",
        ] {
            assert_eq!(parse(text), Err(NotATime), "{text}");
        }
    }

    proptest! {
        #[test]
        fn s16_a_written_time_is_read_back(second in -62_167_219_200_i64..253_370_764_800, nanosecond in 0..1_000_000_000_i32, offset in -1439..=1439_i32) {
            let time = Timestamp::new(second, nanosecond).unwrap();
            prop_assert_eq!(parse(&time.to_string()), Ok(time));
            let local = Offset::from_seconds(offset * 60).unwrap().to_datetime(time);
            prop_assume!((0..=9999).contains(&local.year()));
            let sign = if offset < 0 { '-' } else { '+' };
            let text = format!("{local}{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60);
            prop_assert_eq!(parse(&text), Ok(time), "{}", text);
        }

        #[test]
        fn s16_nothing_makes_it_panic(text in "[0-9TtZz:.+\\- é]{0,40}") {
            let _any = parse(&text);
        }
    }
}
