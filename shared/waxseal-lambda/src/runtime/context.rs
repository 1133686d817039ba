//! An invocation's context, as `lambda_runtime` reads it from the headers of the Runtime API.

use lambda_runtime::Context;
use waxseal::Timestamp;

use crate::invocation::Invocation;

/// The day on which Lambda began, 2014-11-13, in milliseconds since 1970. No deadline lies before it. `cargo lambda watch`
/// 1.9.2 sends a duration (`600000`) where Lambda sends a time; taken as a time, it is long over.
const LAMBDA_BEGAN: i64 = 1_415_836_800_000;

impl From<Context> for Invocation {
    fn from(context: Context) -> Self {
        let deadline =
            i64::try_from(context.deadline).ok().filter(|milliseconds| *milliseconds >= LAMBDA_BEGAN);
        Self {
            request_id: context.request_id,
            deadline: deadline.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()),
            trace: context.xray_trace_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadline(milliseconds: u64) -> Option<Timestamp> {
        let mut context = Context::default();
        context.deadline = milliseconds;
        Invocation::from(context).deadline
    }

    #[test]
    fn s20_a_deadline_is_a_time_and_what_emulators_send_instead_is_none() {
        assert_eq!(deadline(1_795_253_400_123), Timestamp::from_millisecond(1_795_253_400_123).ok());
        // A duration from `cargo lambda watch`, and an empty context: no record would ever start.
        for nonsense in [600_000, 0, u64::MAX] {
            assert_eq!(deadline(nonsense), None, "{nonsense}");
        }
    }
}
