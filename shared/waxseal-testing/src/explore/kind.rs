//! The kinds of findings.

/// A kind of finding about a process. A kind that is often the consequence of another one stands
/// after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// No sample of the input was given, so its steps were not walked.
    NoSample,
    /// The sample addresses another instance than the one that it is to reach.
    OtherInstance,
    /// No command of the process causes the input. It may come before the process has begun, and
    /// would be recorded without an effect.
    NoCause,
    /// The step panics.
    Panics,
    /// The step gives two results for one input.
    Impure,
    /// The instance does not survive its JSON form.
    Unreadable,
    /// The process has more states than the bound, so it was not walked to its end.
    TooManyStates,
    /// The reply to an open command changes nothing.
    Swallowed,
    /// The reply refuses a command, and the process does not say so: compensation would undo what
    /// was not done.
    UnsaidRefusal,
    /// The process says that a command was refused, and no reply has refused it: compensation would
    /// leave it as it is.
    UnfoundedRefusal,
    /// One step emits a message twice with one payload.
    Repeated,
    /// The instance runs, has no timer, and waits for nothing that could come.
    NoExit,
    /// The instance waits for an input without a timer.
    NoDeadline,
    /// A timer is still armed in the step after the one that it belongs to.
    OutlivedTimer,
    /// A timer is armed after the end of the instance, or while it compensates. No step sees it.
    TimerAfterEnd,
    /// The end of a timer changes nothing.
    DeadTimeout,
    /// Timers arm each other in a circle that no input and no other timer ends.
    Livelock,
    /// The process compensates, and a command that it has sent names no undo.
    NoUndo,
    /// No input answers the undo, so compensation ends by a person alone.
    UnansweredUndo,
    /// A compensation fails, and no event says so.
    SilentFailure,
    /// The instance ends, and what it has done is neither complete nor undone.
    LeftBehind,
    /// The input changes nothing in any state, or can never come.
    DeadInput,
    /// No input leads to the step.
    UnreachedStep,
}
