//! What a finding says, and what to do about it.

use crate::explore::kind::Kind;

impl Kind {
    /// What is wrong with the `subject`: an input, a command, a timer or a step.
    pub(super) fn says(self, subject: &str) -> String {
        match self {
            Self::NoSample => format!("{subject} has no sample"),
            Self::OtherInstance => format!("{subject} addresses another instance"),
            Self::NoCause => format!("{subject} has no cause in the process"),
            Self::DeadInput => format!("{subject} changes nothing in any state"),
            Self::Swallowed => format!("{subject} changes nothing, and its command waits for it"),
            Self::UnsaidRefusal => format!("{subject} is refused, and stays on the list to undo"),
            Self::UnfoundedRefusal => format!("{subject} was not refused, and the process says so"),
            Self::Repeated => format!("{subject} is emitted twice with one payload"),
            Self::NoExit => format!("nothing leads out of {subject}"),
            Self::NoDeadline => format!("{subject} waits without a timer"),
            Self::UnreachedStep => format!("no input leads to {subject}"),
            Self::OutlivedTimer => format!("the timer {subject} is still armed in the next step"),
            Self::TimerAfterEnd => format!("the timer {subject} is armed where no step sees it"),
            Self::DeadTimeout => format!("the end of the timer {subject} changes nothing"),
            Self::Livelock => format!("the timer {subject} leads back to the same state, for ever"),
            Self::NoUndo => format!("{subject} is not undone by the compensation"),
            Self::UnansweredUndo => format!("no input answers {subject}"),
            Self::SilentFailure => format!("{subject} is not undone, and no event says so"),
            Self::LeftBehind => format!("the instance ends, and {subject} is left behind"),
            Self::Panics => format!("the step at {subject} panics"),
            Self::Impure => format!("the step at {subject} gives two results"),
            Self::Unreadable => format!("the instance cannot be stored after {subject}"),
            Self::TooManyStates => format!("{subject} has more states than the bound"),
        }
    }

    /// What to do about it.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::NoSample => "give a sample with `.input(..)`, or take the type out of the process",
            Self::OtherInstance => "give samples of one instance, or correct `key`",
            Self::NoCause => {
                "say which command causes it with `.answers::<C>()`, or that it may come at any time with `.at_any_time()`; \
                 else let the process send the command"
            }
            Self::DeadInput => {
                "send the command that it answers, take a step at it, or take it out of the process"
            }
            Self::Swallowed => {
                "take a step at it in this state; where it may be ignored, say so with `.ignorable()`"
            }
            Self::UnsaidRefusal => "call `flow.refused::<C>()` in the step before it compensates",
            Self::UnfoundedRefusal => {
                "name the command that was refused in `flow.refused::<C>()`; where this input refuses it, say so with `.refuses::<C>()`"
            }
            Self::Repeated => "emit it once: its recipient would act on both",
            Self::NoExit => "call `flow.finish(..)` or `flow.compensate(..)`, arm a timer, or send a command",
            Self::NoDeadline => {
                "arm a timer in this step; where it may wait for ever, say so with `.may_wait(step)`"
            }
            Self::UnreachedStep => "go to the step with `flow.go(..)`, or remove it",
            Self::OutlivedTimer => {
                "clear it with `flow.clear(..)`; where it spans several steps, say so with `.spans(timer)`"
            }
            Self::TimerAfterEnd => "arm no timer after `flow.finish(..)` and `flow.compensate(..)`",
            Self::DeadTimeout => "act in `timeout`, or clear the timer where it no longer matters",
            Self::Livelock => {
                "count the rounds in the data, arm a deadline that ends them, or say so with `.asks_again(timer)`"
            }
            Self::NoUndo => {
                "name an `undo` in its `command!`; where it does no harm, say so with `.harmless::<C>()`"
            }
            Self::UnansweredUndo => {
                "let the recipient answer the undo, add the answer to `type Inputs`, and give its sample with `.answers::<Undo>()`"
            }
            Self::SilentFailure => "emit an event in `compensation_failed` that somebody reads",
            Self::LeftBehind => {
                "call `flow.compensate(..)` and not `flow.finish(..)`; where it may stay, say so with `.harmless::<C>()`"
            }
            Self::Panics => "take a step in every state; `flow.unexpected()` records what should not come",
            Self::Impure => "take time, ids and chance from the message, and order from sorted collections",
            Self::Unreadable => "give data, step and timer a JSON form that can be read back",
            Self::TooManyStates => {
                "keep numbers and times that grow out of the data, or raise the bound with `.most_states(..)`"
            }
        }
    }
}
