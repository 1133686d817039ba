//! Times on the wire are exactly RFC 3339. Envelopes, CloudEvents and EventBridge share one reader
//! and one writer.
//!
//! Dates are counted in the proleptic Gregorian calendar by the algorithms of Howard Hinnant's
//! "chrono-compatible low-level date algorithms". A test compares them with the `jiff` crate.

use std::fmt;

const DAY: i64 = 86_400;

/// Reads a time; `None` where the text is no RFC 3339 time.
pub(crate) fn read(text: &[u8]) -> Option<(i64, i32)> {
    let (start, rest) = text.split_at_checked(19)?;
    let [.., b'-', _, _, b'-', _, _, b'T' | b't', _, _, b':', _, _, b':', _, _] = start else { return None };
    let year = number(&start[..4])?;
    let [month, day, hour, minute, second] = [5, 8, 11, 14, 17].map(|at| number(&start[at..at + 2]));
    let (month, day, hour, minute, second) = (month?, day?, hour?, minute?, second?);
    let (nanosecond, rest) = fraction(rest)?;
    let offset = offset(rest)?;
    let is_date = (1..=12).contains(&month) && (1..=last_of_month(year, month)).contains(&day);
    if !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let of_day = i64::from(hour * 3600 + minute * 60 + second.min(59));
    let second_utc = days(i64::from(year), i64::from(month), i64::from(day)) * DAY + of_day - offset;
    (second < 60 || may_leap(second_utc)).then_some((second_utc, nanosecond))
}

/// Writes a time in UTC, with as many digits of a fraction as it needs: in one piece, since every
/// message has one.
pub(crate) fn write(second: i64, nanosecond: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (year, month, day) = date(second.div_euclid(DAY));
    let second = second.rem_euclid(DAY);
    let mut text = *b"0000-00-00T00:00:00.000000000Z";
    for (end, digits, number) in [
        (4, 4, year),
        (7, 2, month),
        (10, 2, day),
        (13, 2, second / 3600),
        (16, 2, second / 60 % 60),
        (19, 2, second % 60),
        (29, 9, i64::from(nanosecond)),
    ] {
        write_digits(&mut text[end - digits..end], number);
    }
    let fraction = text[20..29].iter().rposition(|digit| *digit != b'0');
    let length = fraction.map_or(19, |last| 20 + last + 1);
    text[length] = b'Z';
    f.write_str(str::from_utf8(&text[..=length]).map_err(|_| fmt::Error)?)
}

fn write_digits(text: &mut [u8], mut number: i64) {
    for digit in text.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number.rem_euclid(10)).unwrap_or_default();
        number /= 10;
    }
}

/// Days since 1970 of a date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a day since 1970.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn last_of_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Two or four digits as a number.
fn number(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

/// The nanoseconds of a fraction, and the text after it.
fn fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let Some(rest) = text.strip_prefix(b".") else { return Some((0, text)) };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at(count);
    let (first, _) = digits.split_first()?;
    let padded = std::iter::once(first).chain(&digits[1..]).chain(std::iter::repeat(&b'0')).take(9);
    Some((padded.fold(0, |number, digit| number * 10 + i32::from(digit - b'0')), rest))
}

/// Seconds east of UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, text) = match text {
        [b'Z' | b'z'] => return Some(0),
        [b'+', text @ ..] => (1, text),
        [b'-', text @ ..] => (-1, text),
        _ => return None,
    };
    let [hour @ .., b':', _, _] = text else { return None };
    let (hour, minute) = (number(hour).filter(|_| hour.len() == 2)?, number(&text[text.len() - 2..])?);
    (hour <= 23 && minute <= 59).then(|| sign * i64::from(hour * 3600 + minute * 60))
}

/// Whether the second after `time`, a second 59, can be a leap second: the last one of a month.
fn may_leap(second: i64) -> bool {
    let (_, _, day_after) = date(second.div_euclid(DAY) + 1);
    second.rem_euclid(DAY) / 60 == DAY / 60 - 1 && day_after == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::timestamp::Timestamp;

    fn parse(text: &str) -> Option<Timestamp> {
        text.parse().ok()
    }

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
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
            ("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.999999999Z"),
            ("0000-01-01T00:00:00+01:00", "0000-01-01T00:00:00Z"),
        ] {
            assert_eq!(parse(text).map(|time| time.to_string()).as_deref(), Some(expected), "{text}");
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
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn s16_a_written_time_is_read_back(
            second in Timestamp::MIN.as_second()..=Timestamp::MAX.as_second(),
            nanosecond in 0..1_000_000_000_i32,
            offset in -1439..=1439_i32,
        ) {
            let time = Timestamp::new(second, nanosecond).unwrap();
            prop_assert_eq!(parse(&time.to_string()), Some(time));
            let local = time.as_second() + i64::from(offset) * 60;
            let Ok(local) = Timestamp::new(local, nanosecond) else { return Ok(()) };
            let sign = if offset < 0 { '-' } else { '+' };
            let text = local.to_string().replace('Z', &format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60));
            prop_assert_eq!(parse(&text), Some(time), "{}", text);
        }

        #[test]
        fn s16_a_time_is_written_as_jiff_writes_it(second in -62_167_219_200_i64..253_402_200_000, nanosecond in 0..1_000_000_000_i32) {
            let jiff = jiff::Timestamp::new(second, nanosecond).unwrap();
            prop_assert_eq!(Timestamp::new(second, nanosecond).unwrap().to_string(), jiff.to_string());
        }

        #[test]
        fn s16_nothing_makes_it_panic(text in "[0-9TtZz:.+\\- é]{0,40}") {
            let _any = parse(&text);
        }
    }
}
