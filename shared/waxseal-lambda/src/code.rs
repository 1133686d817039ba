//! Codes of failed invocations and failed starts.

waxseal::codes! {
    /// A kind of failed invocation or failed start, such as `WX0203`. A code keeps its meaning for ever; a new kind gets a
    /// new code.
    pub enum Code {
        NotJson = "WX0201": "the payload is not JSON",
        Unrecognised = "WX0202": "the payload is of no known source",
        NotTaken = "WX0203": "the function does not take payloads of this source",
        MissingId = "WX0204": "a record has no identifier to name it by in the response",
        RecordsFailed = "WX0205": "records failed, and the invocation fails with them",
        BadSweep = "WX0206": "a sweep was asked for in a wrong form",
        SweepStopped = "WX0207": "a sweep could not go on",
        BadRelease = "WX0208": "a release was asked for in a wrong form",
        NotReleased = "WX0209": "a release changed nothing",
        ReleaseCutOff = "WX0210": "the time was up before the table answered a release",
        HttpFailed = "WX0211": "the HTTP service failed instead of answering",
        BadResponse = "WX0212": "the response cannot be written as JSON",
        Panicked = "WX0213": "a part beside the handlers panicked",
        NoLambda = "WX0214": "the environment is not that of a Lambda function",
        RuntimeApiFailed = "WX0215": "the Runtime API failed",
        BadProcess = "WX0216": "a process was asked about in a wrong form",
        ProcessFailed = "WX0217": "an instance of a process could not be read, or a decision changed nothing",
        ProcessCutOff = "WX0218": "the time was up before the table answered about a process",
        TickStopped = "WX0219": "a tick did not come to its end",
        NotKept = "WX0220": "a batch of a table's stream was not kept in the ledger",
    }
}
