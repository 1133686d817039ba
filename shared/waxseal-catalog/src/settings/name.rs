//! Names of variables, and the known name that is near a misspelt one.
//!
//! A misspelt variable would be ignored in silence, so it is refused. A variable that resembles no known name is not
//! refused: a newer template may set it, and an older binary has to start.

use super::{
    setting::Setting,
    suffix::suffix,
    table::{QUEUES, SECRETS, SETTINGS, TABLE, TOPICS},
};

const PREFIX: &str = "WAXSEAL_";

/// The meaning of a variable's name.
#[derive(Debug)]
#[non_exhaustive]
pub enum Name {
    /// The name of this setting, or of a member of this family.
    Known(&'static Setting),
    /// A slip, or a former name.
    Near {
        /// The name that may be meant.
        meant: String,
        /// Its setting.
        setting: &'static Setting,
    },
    /// A name that no build up to this one knows.
    Unknown {
        /// The known name that resembles it most.
        resembles: &'static str,
    },
}

/// Whether a variable may be meant for Waxseal. That holds for a misspelt prefix too.
#[must_use]
pub fn concerns(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with(PREFIX) || known_near(&name).is_some() || family_near(&name).is_some()
}

/// Judges the name of a variable that [concerns] Waxseal.
#[must_use]
pub fn judge(name: &str) -> Name {
    if let Some(known) = singles().find(|known| known.name == name) {
        return Name::Known(known);
    }
    for family in families() {
        if let Some(rest) = name.strip_prefix(family.name)
            && !rest.is_empty()
        {
            return match suffix(rest) == rest {
                true => Name::Known(family),
                false => Name::Near { meant: family.member(rest), setting: family },
            };
        }
    }
    let upper = name.to_ascii_uppercase();
    if let Some(setting) = known_near(&upper) {
        return Name::Near { meant: setting.name.to_owned(), setting };
    }
    match family_near(&upper) {
        Some((setting, rest)) => Name::Near { meant: format!("{}{rest}", setting.name), setting },
        None => Name::Unknown { resembles: resembling(&upper) },
    }
}

/// Waxseal's settings that are one variable each.
fn singles() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().copied().filter(|known| known.name.starts_with(PREFIX) && !known.is_family())
}

fn families() -> [&'static Setting; 3] {
    [&TOPICS, &QUEUES, &SECRETS]
}

/// The setting that a name is a slip of, a part of, or a former name of: `WAXSEAL_TABEL`, `WAXSEAL_DLQ`,
/// `WAXSEAL_GROUPS`.
fn known_near(name: &str) -> Option<&'static Setting> {
    let spellings = || {
        singles().flat_map(|known| {
            [known.name].into_iter().chain(known.former_names.iter().copied()).map(move |name| (name, known))
        })
    };
    let (spelling, closest) = spellings().min_by_key(|(spelling, _)| distance(spelling, name))?;
    // Two slips in a word of three letters are another word.
    let most = if spelling.len() - PREFIX.len() <= 4 { 1 } else { 2 };
    if distance(spelling, name) <= most {
        return Some(closest);
    }
    let is_part = |known: &&Setting| known.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    singles().filter(|_| name.len() > PREFIX.len()).find(is_part)
}

/// The family that a name is a slip of, and the rest of the name: `WAXSEAL_TOPICS_STOCK`, `WAXSEAL_QUEUE`.
fn family_near(name: &str) -> Option<(&'static Setting, String)> {
    // A family's name ends at an underscore, so a misspelt one does too.
    let ends = name.match_indices('_').map(|(at, _)| at).chain([name.len()]);
    let is_slip =
        |end: usize, family: &&Setting| distance(&name[..end], family.name.trim_end_matches('_')) <= 1;
    ends.into_iter().find_map(|end| {
        let family = families().into_iter().find(|family| is_slip(end, family))?;
        let rest = name[end..].trim_start_matches('_');
        Some((family, if rest.is_empty() { "<NAME>".to_owned() } else { rest.to_owned() }))
    })
}

/// The known name that shares most words with a name, then the one at the least distance.
fn resembling(name: &str) -> &'static str {
    let shared = |known: &str| known.split('_').zip(name.split('_')).take_while(|(a, b)| a == b).count();
    let best = singles().chain(families()).map(|known| known.name);
    best.min_by_key(|known| (usize::MAX - shared(known), distance(known, name))).unwrap_or(TABLE.name)
}

/// The number of slips between two names. A slip is a letter too many, a missing letter, a wrong letter, or two letters
/// that changed places.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // These are far apart in any case, and a name may be as long as its environment allows.
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
            Name::Near { meant, .. } => meant,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn every_slip_of_a_known_name_is_near_it() {
        for known in singles() {
            assert!(matches!(judge(known.name), Name::Known(setting) if setting.name == known.name));
            for at in PREFIX.len()..known.name.len() {
                let (left, right) = known.name.split_at(at);
                for slip in [
                    format!("{left}{}", &right[1..]),
                    format!("{left}Q{right}"),
                    format!("{left}Q{}", &right[1..]),
                ] {
                    if !matches!(judge(&slip), Name::Known(_)) {
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
            assert!(concerns(name), "{name}");
            assert_eq!(meant(name), right, "{name}");
        }
    }

    #[test]
    fn a_former_name_is_refused_with_the_new_one() {
        for (name, right) in [
            ("WAXSEAL_GROUPS", "WAXSEAL_FIFO_GROUPS"),
            ("WAXSEAL_GROUP", "WAXSEAL_FIFO_GROUPS"),
            ("WAXSEAL_GROUPING", "WAXSEAL_COMMIT_GROUPING"),
        ] {
            assert_eq!(meant(name), right, "{name}");
        }
    }

    #[test]
    fn a_name_that_a_newer_template_may_set_is_no_slip() {
        for (name, right) in [
            ("WAXSEAL_TABLE_REPLICA", "WAXSEAL_TABLE"),
            ("WAXSEAL_COMMIT_LIMIT", "WAXSEAL_COMMIT_GROUPING"),
            ("WAXSEAL_LEASE_MILLISECONDS", "WAXSEAL_LEASE_SECONDS"),
        ] {
            assert!(matches!(judge(name), Name::Unknown { resembles } if resembles == right), "{name}");
        }
        for name in ["WAXSEAL_TEST_CASE", "WAXSEAL_IN", "WAXSEAL_LEDGER_BUCKET", "WAXSEAL_Ü", "WAXSEAL_"] {
            assert!(matches!(judge(name), Name::Unknown { .. }), "{name}");
        }
        for name in ["PATH", "TABLE", "AWS_REGION", "SMTP_URL", "_HANDLER", "SEAL", ""] {
            assert!(!concerns(name), "{name}");
        }
        for name in ["WAXSEAL_TOPIC_STOCK", "WAXSEAL_QUEUE_INVENTORY", "WAXSEAL_TOPIC_A_B_2"] {
            assert!(matches!(judge(name), Name::Known(_)), "{name}");
        }
    }

    #[test]
    fn a_channel_names_its_variable() {
        assert_eq!(suffix("stock.level-changed"), "STOCK_LEVEL_CHANGED");
    }
}
