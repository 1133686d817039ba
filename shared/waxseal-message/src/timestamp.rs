//! A point in time, as envelopes carry it.
//!
//! The type is ours, so that the public API depends on no date library. It covers exactly the years
//! of RFC 3339, 0000 to
//! 9999. Zones, calendars and durations of months are a date library's work: convert by way of
//!       [`SystemTime`] or of the seconds.

use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::{Duration, SystemTime},
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

use crate::rfc3339;

const NANOSECONDS: i128 = 1_000_000_000;

/// A point in time in UTC with nanoseconds, from the beginning of the year 0000 to the end of the
/// year 9999.
///
/// Its text is RFC 3339. Arithmetic never panics: it returns `None`, or stops at [`Timestamp::MIN`]
/// and [`Timestamp::MAX`].
///
/// ```
/// use std::time::Duration;
/// use waxseal_message::Timestamp;
///
/// let time: Timestamp = "2026-11-21T10:30:00.1234567891+01:00".parse().unwrap();
/// assert_eq!(time.to_string(), "2026-11-21T09:30:00.123456789Z");
/// assert_eq!(time.saturating_add(Duration::from_secs(60)).as_second(), time.as_second() + 60);
/// assert!("20261121T093000Z".parse::<Timestamp>().is_err());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Seconds since 1970, rounded down.
    second: i64,
    /// Below one second.
    nanosecond: u32,
}

/// The error for a number outside of the years 0000 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfRange;

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no time between the years 0000 and 9999")
    }
}

impl std::error::Error for OutOfRange {}

/// The error for a text that is no RFC 3339 time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotATime;

impl fmt::Display for NotATime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no RFC 3339 time such as 2026-11-21T09:30:00.123Z")
    }
}

impl std::error::Error for NotATime {}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self { second: 0, nanosecond: 0 };
    /// 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self { second: -62_167_219_200, nanosecond: 0 };
    /// 9999-12-31T23:59:59.999999999Z.
    pub const MAX: Self = Self { second: 253_402_300_799, nanosecond: 999_999_999 };

    /// The time `second` and `nanosecond` after 1970; both may be negative.
    ///
    /// # Errors
    /// [`OutOfRange`] outside of the years 0000 to 9999.
    pub fn new(second: i64, nanosecond: i32) -> Result<Self, OutOfRange> {
        Self::from_nanosecond(i128::from(second) * NANOSECONDS + i128::from(nanosecond))
    }

    /// The time that many seconds after 1970.
    ///
    /// # Errors
    /// As [`Timestamp::new`].
    pub fn from_second(second: i64) -> Result<Self, OutOfRange> {
        Self::new(second, 0)
    }

    /// The time that many milliseconds after 1970.
    ///
    /// # Errors
    /// As [`Timestamp::new`].
    pub fn from_millisecond(millisecond: i64) -> Result<Self, OutOfRange> {
        Self::from_nanosecond(i128::from(millisecond) * 1_000_000)
    }

    fn from_nanosecond(nanosecond: i128) -> Result<Self, OutOfRange> {
        let second = i64::try_from(nanosecond.div_euclid(NANOSECONDS)).map_err(|_| OutOfRange)?;
        let rest = u32::try_from(nanosecond.rem_euclid(NANOSECONDS)).map_err(|_| OutOfRange)?;
        let time = Self { second, nanosecond: rest };
        if (Self::MIN..=Self::MAX).contains(&time) { Ok(time) } else { Err(OutOfRange) }
    }

    fn nanoseconds(self) -> i128 {
        i128::from(self.second) * NANOSECONDS + i128::from(self.nanosecond)
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub fn as_second(self) -> i64 {
        self.second
    }

    /// Whole milliseconds since 1970, rounded down.
    #[must_use]
    pub fn as_millisecond(self) -> i64 {
        self.second * 1000 + i64::from(self.nanosecond / 1_000_000)
    }

    /// The nanoseconds beyond the whole second.
    #[must_use]
    pub fn subsec_nanosecond(self) -> u32 {
        self.nanosecond
    }

    /// The time `duration` later; `None` after the year 9999.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let nanoseconds = i128::try_from(duration.as_nanos()).ok()?;
        Self::from_nanosecond(self.nanoseconds().checked_add(nanoseconds)?).ok()
    }

    /// The time `duration` earlier; `None` before the year 0000.
    #[must_use]
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        let nanoseconds = i128::try_from(duration.as_nanos()).ok()?;
        Self::from_nanosecond(self.nanoseconds().checked_sub(nanoseconds)?).ok()
    }

    /// The time `duration` later, [`Timestamp::MAX`] at the latest.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        self.checked_add(duration).unwrap_or(Self::MAX)
    }

    /// The time `duration` earlier, [`Timestamp::MIN`] at the earliest.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        self.checked_sub(duration).unwrap_or(Self::MIN)
    }

    /// The time from `earlier` to this one; `None` where `earlier` is later.
    #[must_use]
    pub fn checked_duration_since(self, earlier: Self) -> Option<Duration> {
        let nanoseconds = u128::try_from(self.nanoseconds() - earlier.nanoseconds()).ok()?;
        Some(Duration::from_nanos_u128(nanoseconds))
    }

    /// The time from `earlier` to this one; zero where `earlier` is later.
    #[must_use]
    pub fn saturating_duration_since(self, earlier: Self) -> Duration {
        self.checked_duration_since(earlier).unwrap_or_default()
    }
}

/// As [`Timestamp::saturating_add`].
impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        self.saturating_add(duration)
    }
}

/// As [`Timestamp::saturating_sub`].
impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        self.saturating_sub(duration)
    }
}

/// Converts the machine's time; times out of range become [`Timestamp::MIN`] or [`Timestamp::MAX`].
///
/// ```
/// let now = waxseal_message::Timestamp::from(std::time::SystemTime::now());
/// assert!(now > waxseal_message::Timestamp::UNIX_EPOCH);
/// ```
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => Self::UNIX_EPOCH.saturating_add(since),
            Err(before) => Self::UNIX_EPOCH.saturating_sub(before.duration()),
        }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        match time.checked_duration_since(Timestamp::UNIX_EPOCH) {
            Some(since) => Self::UNIX_EPOCH + since,
            None => Self::UNIX_EPOCH - Timestamp::UNIX_EPOCH.saturating_duration_since(time),
        }
    }
}

impl FromStr for Timestamp {
    type Err = NotATime;

    /// Reads `date-time` of RFC 3339, section 5.6.
    ///
    /// - `T` and `Z` may be lower case; a space is no `T`. The offset is `Z` or `+hh:mm`.
    /// - A fraction has any number of digits; those beyond nanoseconds are cut.
    /// - Second 60 is read as second 59 at the end of a month in UTC, where a leap second can be.
    /// - A time that its offset moves out of the years 0000 to 9999 becomes the first or the last
    ///   time.
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let (second, nanosecond) = rfc3339::read(text.as_bytes()).ok_or(NotATime)?;
        // A year has four digits, so only an offset can move a time out of the range.
        let end = if second < 0 { Self::MIN } else { Self::MAX };
        Ok(Self::new(second, nanosecond).unwrap_or(end))
    }
}

/// RFC 3339 in UTC, with as many digits of a fraction as it needs.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        rfc3339::write(self.second, self.nanosecond, f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn times() -> impl Strategy<Value = Timestamp> {
        (Timestamp::MIN.second..=Timestamp::MAX.second, 0..1_000_000_000_i32)
            .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap())
    }

    proptest! {
        #[test]
        fn later_and_earlier_are_inverse(time in times(), nanoseconds in any::<u64>()) {
            let duration = Duration::from_nanos(nanoseconds);
            if let Some(later) = time.checked_add(duration) {
                prop_assert!(later >= time);
                prop_assert_eq!(later.checked_sub(duration), Some(time));
                prop_assert_eq!(later.checked_duration_since(time), Some(duration));
                prop_assert_eq!(time.checked_duration_since(later).is_none(), nanoseconds > 0);
            } else {
                prop_assert_eq!(time.saturating_add(duration), Timestamp::MAX);
            }
        }

        #[test]
        fn the_parts_are_rounded_down(time in times()) {
            prop_assert_eq!(Timestamp::new(time.as_second(), i32::try_from(time.subsec_nanosecond()).unwrap()), Ok(time));
            let millisecond = Timestamp::from_millisecond(time.as_millisecond()).unwrap();
            prop_assert!(time.saturating_duration_since(millisecond) < Duration::from_millis(1));
        }
    }

    #[test]
    fn the_range_ends_with_the_year_9999() {
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999999Z");
        assert_eq!(Timestamp::MIN.to_string(), "0000-01-01T00:00:00Z");
        assert_eq!(Timestamp::from_second(253_402_300_800), Err(OutOfRange));
        assert_eq!(Timestamp::from_second(i64::MIN), Err(OutOfRange));
        assert_eq!(Timestamp::MAX.saturating_add(Duration::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.saturating_sub(Duration::MAX), Timestamp::MIN);
    }

    #[test]
    fn json_is_the_same_text() {
        let json = r#""2026-11-21T09:30:00.5Z""#;
        let time: Timestamp = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), json);
        assert!(serde_json::from_str::<Timestamp>("1795253400").is_err());
    }
}
