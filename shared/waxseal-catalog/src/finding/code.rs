//! The codes of findings.

waxseal::codes! {
    // A finding is about a declaration, so nothing is redriven.
    parts: ["What happened", "How to see it", "How to mend it"];
    /// A kind of finding, such as `WX0109`. A code keeps its meaning for ever; a new kind gets a new
    /// code. The codes of failures at run time, `WX0001` and up, are [`waxseal::Code`].
    ///
    /// ```
    /// use waxseal_catalog::FindingCode;
    /// assert_eq!(FindingCode::NotEmitted.to_string(), "WX0109");
    /// ```
    pub enum FindingCode {
        TwoServices = "WX0101": "two services have one name",
        TwoHandlers = "WX0102": "a service registers two handlers of one name",
        TwoDeclarations = "WX0103": "a message is declared with two owners or two channels",
        ForeignEvent = "WX0104": "a service emits an event of another owner",
        WrongRecipient = "WX0105": "a service handles a command for another recipient",
        Cursor = "WX0106": "two handlers do not agree on a cursor",
        NoRecipient = "WX0107": "a command has no recipient",
        NotHandled = "WX0108": "a command's recipient has no handler for it",
        NotEmitted = "WX0109": "a service handles an event that no service emits",
        NotRead = "WX0110": "a service emits an event that no service handles",
        UnknownOwner = "WX0111": "the owner of an event is no service",
        NoHandlers = "WX0112": "a service has no handlers",
        NoRule = "WX0113": "a service has a pattern for a rule that it does not have",
        ReservedVariable = "WX0114": "a service sets a variable of Waxseal by hand",
        RefusedPattern = "WX0120": "AWS would refuse the pattern of a rule or the filter of a subscription",
        FifoQueue = "WX0121": "a FIFO queue of a service has a wrong name or a wrong batch",
        Uncaused = "WX0122": "a process waits for a message that nothing it sends can cause",
        UndoHandlers = "WX0123": "a command and its undo do not have one handler each in one service",
        UndoNotSent = "WX0124": "a process sends a command and not the command that undoes it",
    }
}
