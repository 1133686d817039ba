//! Codes of the operational errors of this crate: start-up, calls, publishing.

waxseal::codes! {
    /// A kind of operational error, such as `WX0307`. The text of an error ends in its code. A code keeps its meaning for
    /// ever; a new kind gets a new code.
    pub enum Code {
        NotSet = "WX0301": "a required environment variable is not set",
        BadValue = "WX0302": "an environment variable has a value that is not accepted",
        Misspelt = "WX0303": "an environment variable has a misspelt or a former name",
        Unreachable = "WX0304": "there is no connection to the endpoint of a service",
        NoAnswer = "WX0305": "a service did not answer in time",
        NoCredentials = "WX0306": "a request has no valid credentials",
        Throttled = "WX0307": "a service takes no more requests for now",
        ServiceFailed = "WX0308": "a service failed by itself",
        Missing = "WX0309": "a table, queue, topic, bus, bucket or secret does not exist",
        Denied = "WX0310": "a request is not allowed",
        NoKey = "WX0311": "the key that encrypts a resource cannot be used",
        TooLarge = "WX0312": "a request is too large for its service",
        Refused = "WX0313": "a service refused a request as invalid",
        NoChannel = "WX0314": "the relay has no variable for a channel",
        NoEnvelope = "WX0315": "a receipt emitted something that is no envelope or has no channel",
        Cancelled = "WX0316": "a transaction was cancelled",
        OtherKeys = "WX0317": "a table has other keys than the texts pk and sk",
        NoText = "WX0330": "a secret holds no text",
    }
}
