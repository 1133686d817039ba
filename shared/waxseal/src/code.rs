//! Codes of failures: a short, stable name for each kind of failure. Dead letters carry the
//! code, so that they group by cause.

use serde::{Serialize, Serializer};

crate::codes! {
    /// A kind of failure, such as `WX0006`. A code keeps its meaning for ever; a new kind gets a new
    /// code.
    ///
    /// ```
    /// use waxseal::Code;
    /// assert_eq!(Code::HandlerFailed.to_string(), "WX0006");
    /// assert!(Code::HandlerFailed.about().contains("handler"));
    /// ```
    pub enum Code {
        Malformed = "WX0001": "the record holds no message that can be read",
        NoHandler = "WX0002": "no handler takes messages of this name",
        PayloadShape = "WX0003": "the payload does not fit the handler's type",
        NewerVersion = "WX0004": "the payload has a newer version than the build knows",
        PayloadMismatch = "WX0005": "the id was used before with another payload",
        HandlerFailed = "WX0006": "the handler said that it failed",
        HandlerPanicked = "WX0007": "the handler panicked",
        FailedBefore = "WX0008": "the effect failed for good before, and nothing has released it",
        OutcomeUnknown = "WX0009": "the effect may have been applied, and the outside has forgotten its key",
        TooLarge = "WX0010": "the staged changes do not fit one write request",
        TableUnavailable = "WX0011": "the table could not be read or written",
        Contended = "WX0012": "other writers were in the way each time",
        OutOfTime = "WX0013": "the invocation's time was up each time",
        SuspectedPoison = "WX0014": "the record is suspected of ending its process",
        GroupBlocked = "WX0015": "an earlier record of its FIFO group was dead-lettered",
        NotPublished = "WX0016": "the relay could not publish the message",
        WrongSource = "WX0017": "the record is of a source that the function does not take",
        NotLoaded = "WX0018": "the handler wrote an entity that it had not loaded",
        UndoUnknown = "WX0019": "nothing says whether the command that is to be undone took effect",
        HistoryUnreadable = "WX0020": "an event of a history cannot be read",
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_its_place_in_the_list() {
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let expected: Vec<String> = (1..=Code::ALL.len()).map(|number| format!("WX{number:04}")).collect();
        assert_eq!(codes, expected);
    }
}
