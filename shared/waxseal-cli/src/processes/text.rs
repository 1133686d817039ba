//! Texts for a terminal of 80 columns.

use std::{fmt::Write as _, time::Duration};

use waxseal::Timestamp;

/// The usual width of a terminal.
pub(crate) const WIDTH: usize = 80;

/// A point in time, to the second, in UTC.
pub(crate) fn time(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(..19).unwrap_or(&text).replace('T', " ")
}

/// A duration in its two largest units.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let two = |large: u64, unit: &str, small: u64, below: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {below}"),
    };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => two(minutes, "min", seconds % 60, "s"),
        (0, ..) => two(hours, "h", minutes, "min"),
        _ => two(days, "d", hours, "h"),
    }
}

/// The time from `now` to `at`: `in 2 h`, or `2 h late`.
pub(crate) fn until(at: Timestamp, now: Timestamp) -> String {
    match at.checked_duration_since(now) {
        Some(left) => format!("in {}", duration(left)),
        None => format!("{} late", duration(now.saturating_duration_since(at))),
    }
}

/// `text` without control characters, in `width` columns at most; what is cut off shows as `…`.
pub(crate) fn clipped(text: &str, width: usize) -> String {
    let clean = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    match text.chars().count() <= width {
        true => clean.collect(),
        false => clean.take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// `text` after `head`, in lines of [`WIDTH`]. Later lines begin below its first, and a longer word
/// is clipped.
pub(crate) fn wrapped(head: &str, text: &str) -> String {
    let head = clipped(head, WIDTH / 2);
    let indent = head.chars().count();
    let (mut lines, mut at) = (head, indent);
    for word in text.split_whitespace() {
        let word = clipped(word, WIDTH - indent);
        let width = word.chars().count();
        if at > indent && at + 1 + width > WIDTH {
            let _ = write!(lines, "\n{:indent$}", "");
            at = indent;
        } else if at > indent {
            lines.push(' ');
            at += 1;
        }
        lines.push_str(&word);
        at += width;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (125, "2 min 5 s"),
            (7200, "2 h"),
            (7265, "2 h 1 min"),
            (90_000, "1 d 1 h"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(until(at(100), at(40)), "in 1 min");
        assert_eq!(until(at(40), at(100)), "1 min late");
        assert_eq!(time(at(0)), "1970-01-01 00:00:00");
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let long = "x".repeat(200);
        let text =
            wrapped("  because  ", &format!("the gateway\nsaid {long} and then {}", "no more ".repeat(30)));
        assert!(text.lines().count() > 3, "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        assert!(text.lines().skip(1).all(|line| line.starts_with("           ")), "{text}");
        assert_eq!(clipped("größe\u{1b}", 5), "größ…");
        assert_eq!(clipped("a\u{1b}b", 5), "a b");
    }
}
