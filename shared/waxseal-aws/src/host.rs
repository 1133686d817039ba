//! The clock and the entropy of a Lambda function.

use std::time::SystemTime;

use waxseal::{Host, Timestamp, Token};

/// The system's clock to the millisecond, and random tokens. It holds nothing, so a snapshot of the process (`SnapStart`)
/// repeats nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemHost;

impl Host for SystemHost {
    fn now(&self) -> Timestamp {
        // A clock before 1970 or beyond the year 9999 is no clock: the epoch makes every lease and expiry visibly wrong.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis())
            .ok()
            .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
            .unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn token(&self) -> Token {
        Token(uuid::Uuid::new_v4().as_u128())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_whole_milliseconds_and_tokens_differ() {
        let now = SystemHost.now();
        assert!(now.as_second() > 1_700_000_000);
        assert_eq!(now.subsec_nanosecond() % 1_000_000, 0);
        assert_ne!(SystemHost.token(), SystemHost.token());
    }
}
