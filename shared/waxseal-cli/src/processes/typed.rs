//! What can be typed about instances of processes.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

/// An instance on a stage.
#[derive(Debug, Args)]
pub(crate) struct Instance {
    /// The kind of the process's rows, which may be left out where there is one, and the instance's id
    #[arg(value_names = ["KIND", "ID"], num_args = 1..=2, required = true)]
    pub(crate) instance: Vec<String>,
    /// The stage
    #[arg(long)]
    pub(crate) stage: String,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Processes {
    /// List the instances that have a timer; with `--scan`, all of them
    Ls(Ls),
    /// Go on with a compensation that has failed: its undo is sent again
    Resume(Instance),
    /// Leave the command that was not undone as it is, and go on with the compensation
    Skip(Instance),
    /// Say which rows of a stage this build cannot read, before it is deployed (exit code 3)
    Check(Check),
}

#[derive(Debug, Args)]
pub(crate) struct Ls {
    /// The stage
    #[arg(long)]
    pub(crate) stage: String,
    /// Those whose timer is late by more than three minutes, or that wait for a person
    #[arg(long)]
    pub(crate) stuck: bool,
    /// Those in this state; it can be given more than once
    #[arg(long, value_enum)]
    pub(crate) state: Vec<State>,
    /// Those that have been in their step for longer: 90s, 15m, 2h, 3d
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) older_than: Option<Duration>,
    /// Those of this kind of process
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Read the whole table, for instances without a timer too: without it, the command says what
    /// that costs
    #[arg(long)]
    pub(crate) scan: bool,
    /// Print a JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The stage
    #[arg(long)]
    pub(crate) stage: String,
    /// Read the whole table, for rows without a timer too
    #[arg(long)]
    pub(crate) all: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// The state of an instance, as its row names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    /// Inputs came, and none of them began it
    Unknown,
    Running,
    Compensating,
    /// It waits for a person
    CompensationFailed,
    Finished,
}

impl State {
    /// Its name in a row.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Running => "running",
            Self::Compensating => "compensating",
            Self::CompensationFailed => "compensation-failed",
            Self::Finished => "finished",
        }
    }

    /// Whether an instance in this state may have no timer that wakes it, by its nature. The index of
    /// timers does not find it then.
    pub(crate) fn has_no_timer(self) -> bool {
        matches!(self, Self::Unknown | Self::CompensationFailed | Self::Finished)
    }
}

/// A time such as `15m`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: write a number and s, m, h or d, such as 15m");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("2h", 7200), ("3d", 259_200), ("0s", 0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "m", "15", "15 m", "-1m", "1.5h", "15min", "5é"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn states_are_named_in_the_command_as_in_a_row() {
        for state in State::value_variants() {
            let typed = state.to_possible_value().unwrap();
            assert_eq!(typed.get_name(), state.name());
        }
    }
}
