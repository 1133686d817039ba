//! The variables that are known here, and a name that is near one of them.
//!
//! A misspelt variable is refused at start, since its value would be ignored. One that resembles no known name is told in a
//! warning and no more: a newer template may set it, and an older binary has to start.

use crate::variables::{SettingError, Variable};

pub(crate) const TABLE: Variable = Variable {
    name: "WAXSEAL_TABLE",
    purpose: "the service's own DynamoDB table, name or ARN",
    example: "orders",
};
pub(crate) const DEAD_LETTERS: Variable = Variable {
    name: "WAXSEAL_DLQ_URL",
    purpose: "the URL of the standard queue that dead letters go to",
    example: "https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dlq",
};
pub(crate) const BUS: Variable = Variable {
    name: "WAXSEAL_BUS",
    purpose: "the EventBridge bus that events are published to, name or ARN",
    example: "shop",
};
pub(crate) const REGION: Variable = Variable {
    name: "AWS_REGION",
    purpose: "the region of the table and the queues; Lambda sets it",
    example: "eu-west-1",
};
pub(crate) const MAX_RECEIVES: Variable = Variable {
    name: "WAXSEAL_MAX_RECEIVES",
    purpose: "the source queue's maxReceiveCount: on the last receive the record is dead-lettered with its reason",
    example: "5",
};
pub(crate) const CONCURRENCY: Variable =
    Variable { name: "WAXSEAL_CONCURRENCY", purpose: "how many handlers run at once", example: "10" };
pub(crate) const HORIZON: Variable = Variable {
    name: "WAXSEAL_HORIZON_DAYS",
    purpose: "how long receipts are kept: queue retention + dead-letter retention + archive window + sweeps",
    example: "42",
};
pub(crate) const LEASE: Variable = Variable {
    name: "WAXSEAL_LEASE_SECONDS",
    purpose: "the least lease of an effect that names none",
    example: "60",
};
pub(crate) const MALFORMED: Variable = Variable {
    name: "WAXSEAL_MALFORMED",
    purpose: "what to do with records that cannot be read, dead-letter or retry",
    example: "dead-letter",
};
pub(crate) const CLAIMS: Variable = Variable {
    name: "WAXSEAL_CLAIMS",
    purpose: "where payloads are checked in, a bucket and perhaps a prefix",
    example: "s3://shop-claims/orders",
};
pub(crate) const CLAIMS_FROM: Variable = Variable {
    name: "WAXSEAL_CLAIMS_FROM",
    purpose: "other buckets that payloads may be fetched from, comma-separated",
    example: "catalog-claims,partner-claims",
};
pub(crate) const CLAIM_BYTES: Variable = Variable {
    name: "WAXSEAL_CLAIM_BYTES",
    purpose: "the largest payload that is checked in or fetched; times WAXSEAL_CONCURRENCY, it is memory",
    example: "10485760",
};
pub(crate) const ISOLATION: Variable = Variable {
    name: "WAXSEAL_ISOLATION",
    purpose: "whether records that were received before run alone and behind a marker, on or off",
    example: "on",
};
pub(crate) const GROUPING: Variable = Variable {
    name: "WAXSEAL_GROUPING",
    purpose: "how commits share requests, cheapest, fewest-requests or apart",
    example: "cheapest",
};
pub(crate) const GROUPS: Variable = Variable {
    name: "WAXSEAL_GROUPS",
    purpose: "what becomes of a FIFO group after a dead letter, skip or block",
    example: "skip",
};
pub(crate) const TOTAL_FAILURE: Variable = Variable {
    name: "WAXSEAL_TOTAL_FAILURE",
    purpose: "what is answered when every record failed, report or raise",
    example: "report",
};
pub(crate) const BACKOFF: Variable = Variable {
    name: "WAXSEAL_BACKOFF_SECONDS",
    purpose: "the most that the first retry of a record waits",
    example: "30",
};
pub(crate) const SWEEP: Variable = Variable {
    name: "WAXSEAL_SWEEP_DAYS",
    purpose: "how far back a relay's sweep may begin: consumers keep their receipts for that much longer",
    example: "7",
};
pub(crate) const TIMEOUT: Variable = Variable {
    name: "WAXSEAL_TIMEOUT_SECONDS",
    purpose: "the function's own time-out, as the template has it",
    example: "30",
};

/// Every variable that stands alone.
const ALL: [&Variable; 18] = [
    &TABLE,
    &DEAD_LETTERS,
    &BUS,
    &MAX_RECEIVES,
    &CONCURRENCY,
    &HORIZON,
    &LEASE,
    &MALFORMED,
    &CLAIMS,
    &CLAIMS_FROM,
    &CLAIM_BYTES,
    &ISOLATION,
    &GROUPING,
    &GROUPS,
    &TOTAL_FAILURE,
    &BACKOFF,
    &SWEEP,
    &TIMEOUT,
];

/// A topic of the relay; the rest of the variable's name is the topic's.
pub(crate) const TOPICS: Variable = Variable {
    name: "WAXSEAL_TOPIC_",
    purpose: "the ARN of the SNS topic of that name",
    example: "arn:aws:sns:eu-west-1:123456789012:stock-level-changed",
};
/// A queue of the relay; the rest of the variable's name is its service's.
pub(crate) const QUEUES: Variable = Variable {
    name: "WAXSEAL_QUEUE_",
    purpose: "the URL of the queue that takes the commands for that service",
    example: "https://sqs.eu-west-1.amazonaws.com/123456789012/inventory",
};

const OURS: &str = "WAXSEAL_";

/// Whether a variable may be meant for us: also one whose prefix is misspelt.
pub(crate) fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with(OURS) || known_near(&name).is_some() || family_near(&name).is_some()
}

/// The meaning of a name that is set.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Known,
    /// A slip: it is near this known name.
    Near(SettingError),
    /// Of no build up to this one; the known name that resembles it most.
    Unknown(&'static str),
}

/// Judges the name of a variable that [is ours](is_ours).
pub(crate) fn judge(name: &str) -> Name {
    if ALL.iter().any(|known| known.name == name) {
        return Name::Known;
    }
    for family in [&TOPICS, &QUEUES] {
        if let Some(rest) = name.strip_prefix(family.name)
            && !rest.is_empty()
        {
            let right = crate::variables::suffix(rest);
            return match right == rest {
                true => Name::Known,
                false => near(name, format!("{}{right}", family.name), family),
            };
        }
    }
    let upper = name.to_ascii_uppercase();
    if let Some(known) = known_near(&upper) {
        return near(name, known.name.to_owned(), known);
    }
    match family_near(&upper) {
        Some((family, rest)) => near(name, format!("{}{rest}", family.name), family),
        None => Name::Unknown(resembling(&upper)),
    }
}

fn near(name: &str, meant: String, variable: &Variable) -> Name {
    Name::Near(SettingError::misspelt(name, meant, variable.purpose, variable.example))
}

/// The known variable that a name is a slip of, or a part of: `WAXSEAL_TABEL`, `WAXSEAL_DLQ`.
fn known_near(name: &str) -> Option<&'static Variable> {
    let whole_words =
        |known: &Variable| known.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    let closest = ALL.into_iter().min_by_key(|known| distance(known.name, name))?;
    // Two slips in a word of three letters are another word.
    let most = if closest.name.len() - OURS.len() <= 4 { 1 } else { 2 };
    if distance(closest.name, name) <= most {
        return Some(closest);
    }
    ALL.into_iter().find(|known| name.len() > OURS.len() && whole_words(known))
}

/// The family that a name is a slip of, and the rest of the name: `WAXSEAL_TOPICS_STOCK`, `WAXSEAL_QUEUE`.
fn family_near(name: &str) -> Option<(&'static Variable, String)> {
    const FAMILIES: [&Variable; 2] = [&TOPICS, &QUEUES];
    // The prefix is two words, and so is its slip.
    let ends = name.match_indices('_').map(|(at, _)| at).chain([name.len()]);
    let slip =
        |end: usize, family: &&Variable| distance(&name[..end], family.name.trim_end_matches('_')) <= 1;
    ends.into_iter().find_map(|end| {
        let family = FAMILIES.into_iter().find(|family| slip(end, family))?;
        let rest = name[end..].trim_start_matches('_');
        Some((family, if rest.is_empty() { "<NAME>".to_owned() } else { rest.to_owned() }))
    })
}

/// The known name that is nearest, whole words first.
fn resembling(name: &str) -> &'static str {
    let shared = |known: &str| known.split('_').zip(name.split('_')).take_while(|(a, b)| a == b).count();
    let best = ALL.into_iter().map(|known| known.name).chain([TOPICS.name, QUEUES.name]);
    best.min_by_key(|known| (usize::MAX - shared(known), distance(known, name))).unwrap_or(TABLE.name)
}

/// How many slips two names are apart: a letter more, less or another, or two that changed places.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Far apart in any case, and a name may be as long as its environment allows.
    if a.len().abs_diff(b.len()) > 8 {
        return usize::MAX / 2;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(left != right)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *left == b[j - 1] && a[i - 1] == *right {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(name: &str) -> String {
        match judge(name) {
            Name::Near(error) => {
                let text = error.to_string();
                text.split(" is not known; ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
            }
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn every_slip_of_a_known_name_is_near_it() {
        for known in ALL {
            let tail = known.name.len() - OURS.len();
            assert_eq!(judge(known.name), Name::Known);
            for at in 0..tail {
                let at = OURS.len() + at;
                let (left, right) = known.name.split_at(at);
                for slip in [
                    format!("{left}{}", &right[1..]),
                    format!("{left}Q{right}"),
                    format!("{left}Q{}", &right[1..]),
                ] {
                    if ALL.iter().all(|other| other.name != slip) && !slip.ends_with('_') && slip != OURS {
                        let meant = meant(&slip);
                        assert!(meant == known.name || distance(&meant, &slip) <= 1, "{slip}: {meant}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_slip_is_named_with_what_was_meant() {
        for (name, right) in [
            ("WAXSEAL_TABEL", "WAXSEAL_TABLE"),
            ("WAXSEAL_CONCURENCY", "WAXSEAL_CONCURRENCY"),
            ("WAXSEAL_DLQ", "WAXSEAL_DLQ_URL"),
            ("WAXSEAL_DQL_URL", "WAXSEAL_DLQ_URL"),
            ("WAXSEAL_HORIZON", "WAXSEAL_HORIZON_DAYS"),
            ("WAXSEAL_MAX_RECEIVE", "WAXSEAL_MAX_RECEIVES"),
            ("WAXSEAL_SWEEP_DAY", "WAXSEAL_SWEEP_DAYS"),
            ("waxseal_table", "WAXSEAL_TABLE"),
            ("Waxseal_Bus", "WAXSEAL_BUS"),
            ("WAXSEL_TABLE", "WAXSEAL_TABLE"),
            ("WAXSEAL__BUS", "WAXSEAL_BUS"),
            ("WAXSEAL_TOPICS_STOCK", "WAXSEAL_TOPIC_STOCK"),
            ("WAXSEAL_TOPCI_STOCK", "WAXSEAL_TOPIC_STOCK"),
            ("WAXSEL_TOPIC_STOCK", "WAXSEAL_TOPIC_STOCK"),
            ("WAXSEAL_QUEU_INVENTORY", "WAXSEAL_QUEUE_INVENTORY"),
            ("WAXSEAL_QUEUES_INVENTORY", "WAXSEAL_QUEUE_INVENTORY"),
            ("WAXSEAL_TOPIC_stock", "WAXSEAL_TOPIC_STOCK"),
            ("WAXSEAL_TOPIC_stock.level-changed", "WAXSEAL_TOPIC_STOCK_LEVEL_CHANGED"),
            ("WAXSEAL_QUEUE", "WAXSEAL_QUEUE_<NAME>"),
            ("WAXSEAL_TOPIC_", "WAXSEAL_TOPIC_<NAME>"),
        ] {
            assert!(is_ours(name), "{name}");
            assert_eq!(meant(name), right, "{name}");
        }
    }

    #[test]
    fn a_name_that_a_newer_template_may_set_is_no_slip() {
        for (name, resembles) in [
            ("WAXSEAL_TABLE_REPLICA", "WAXSEAL_TABLE"),
            ("WAXSEAL_FIFO_GROUPS", "WAXSEAL_GROUPS"),
            ("WAXSEAL_LEASE_MILLISECONDS", "WAXSEAL_LEASE_SECONDS"),
        ] {
            assert_eq!(judge(name), Name::Unknown(resembles));
        }
        for name in ["WAXSEAL_TEST_CASE", "WAXSEAL_IN", "WAXSEAL_LEDGER_BUCKET", "WAXSEAL_Ü", "WAXSEAL_"] {
            assert!(matches!(judge(name), Name::Unknown(_)), "{name}");
        }
        for name in ["PATH", "TABLE", "AWS_REGION", "SMTP_URL", "_HANDLER", "SEAL", ""] {
            assert!(!is_ours(name), "{name}");
        }
        for name in ["WAXSEAL_TOPIC_STOCK", "WAXSEAL_QUEUE_INVENTORY", "WAXSEAL_TOPIC_A_B_2"] {
            assert_eq!(judge(name), Name::Known);
        }
    }
}
