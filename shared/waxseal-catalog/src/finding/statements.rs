//! Permissions of a service's own that reach too much.
//!
//! Ownership is an IAM condition: a relay publishes under its service's name alone, and a function
//! writes receipts through its engine alone. A statement that reaches the application's own resources
//! would pass by that. So each text of a resource is compared with the names of what is protected, as
//! patterns on both sides: whatever a stage, an account or a wildcard may stand for counts as a match.

use crate::{
    app::App,
    deployed::Deployed,
    finding::{code::FindingCode, report::Finding},
    infrastructure::parts::Statement,
};

/// The findings of a service's statements.
pub(super) fn findings(app: &App, service: &Deployed) -> Vec<Finding> {
    let protected = protected(app);
    let mut findings = Vec::new();
    for statement in &service.infrastructure.statements {
        let mut wrong = |problem: String, advice: &'static str| {
            findings.push(Finding::new(FindingCode::Statement, service.name(), problem, advice));
        };
        let shown = statement.actions.join(", ");
        if statement.actions.is_empty() {
            wrong("a permission of its own allows no action".to_owned(), "name the actions");
        }
        for action in &statement.actions {
            let parts =
                action.split_once(':').filter(|(service, name)| !service.is_empty() && !name.is_empty());
            if action.contains(['*', '?']) || parts.is_none() {
                let advice = "name each action, as in s3:GetObject";
                wrong(format!("a permission of its own allows the action `{action}`"), advice);
            }
        }
        match (&statement.why_everything, statement.resources.as_slice()) {
            (None, []) => wrong(
                format!("a permission of its own allows {shown} on nothing"),
                "name its resources with on(…), or say with on_everything(…) why they have none",
            ),
            (None, resources) if resources.iter().any(|resource| is_everything(resource)) => wrong(
                format!("a permission of its own allows {shown} on everything, without a reason"),
                "name its resources, or say with on_everything(…) why they have none",
            ),
            (Some(why), []) if why.trim().is_empty() => wrong(
                format!("a permission of its own allows {shown} on everything, without a reason"),
                "say why the actions know no resources",
            ),
            (Some(_), [_, ..]) => wrong(
                format!("a permission of its own allows {shown} on everything, and on some resources"),
                "take either on(…) or on_everything(…)",
            ),
            _ => {}
        }
        for what in reached(statement, &protected) {
            wrong(
                format!("a permission of its own ({shown}) reaches {what}"),
                "such permissions follow from the messages that its handlers name: emit an event, send a command, or load an entity",
            );
        }
    }
    findings
}

fn is_everything(resource: &str) -> bool {
    resource.chars().all(|c| matches!(c, '*' | ':')) && resource.contains('*')
}

/// Something that no permission of a service's own may reach.
struct Protected {
    /// The service of its actions.
    service: &'static str,
    /// Its ARN, as a pattern.
    arn: String,
    /// Its name in a finding.
    what: String,
}

/// Stands for a stage, a region or an account in a pattern: any text without `:` and `/`.
const WORD: char = '\u{1}';

/// What the templates of an application make. Names as `waxseal-infra` gives them; its tests compare.
fn protected(app: &App) -> Vec<Protected> {
    let name = format!("{}-{WORD}", app.name);
    let mut all = Vec::new();
    let mut add = |service: &'static str, rest: String, what: String| {
        // A bucket's ARN has neither region nor account.
        let account = if service == "s3" { ":".to_owned() } else { format!("{WORD}:{WORD}") };
        let arn = format!("arn:{WORD}:{service}:{account}:{rest}");
        all.push(Protected { service, arn, what });
    };
    add("events", format!("event-bus/{name}-bus"), "the application's bus".to_owned());
    add("events", format!("rule/{name}-bus/*"), "rules of the application's bus".to_owned());
    add("events", format!("archive/{name}-archive"), "the application's archive".to_owned());
    add("sns", format!("{name}-topic-*"), "the application's topics".to_owned());
    add("sns", format!("{name}-alarms"), "the topic of the application's alarms".to_owned());
    add("s3", format!("{name}-claims-*"), "the bucket of checked-in payloads".to_owned());
    for service in app.services.iter().map(Deployed::name) {
        let of = |what: &str| format!("the {what} of {service}");
        add("dynamodb", format!("table/{name}-{service}"), of("table"));
        add("dynamodb", format!("table/{name}-{service}/*"), of("table"));
        add("sqs", format!("{name}-{service}-*"), of("queues"));
        add("s3", format!("{name}-{service}-discarded-*"), of("discarded batches"));
        for function in ["", "-relay", ":*", "-relay:*"] {
            add("lambda", format!("function:{name}-{service}{function}"), of("function"));
        }
        add("iam", format!("role/{name}-{service}-*"), of("roles"));
    }
    all
}

/// The protected things that a statement reaches, each once.
fn reached<'p>(statement: &Statement, protected: &'p [Protected]) -> Vec<&'p str> {
    let services: Vec<&str> =
        statement.actions.iter().map(|action| action.split(':').next().unwrap_or_default()).collect();
    let is_named = |one: &Protected| services.iter().any(|given| overlap(given, one.service));
    let everything = ["*".to_owned()];
    let resources = match statement.why_everything {
        Some(_) => &everything[..],
        None => &statement.resources,
    };
    let mut found: Vec<&str> = Vec::new();
    for one in protected.iter().filter(|one| is_named(one)) {
        let reaches = resources.iter().any(|resource| overlap(&filled(resource), &one.arn));
        if reaches && !found.contains(&&*one.what) {
            found.push(&one.what);
        }
    }
    found
}

/// A text with a pattern in the place of each `${…}`.
fn filled(text: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        filled.push(WORD);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    filled + rest
}

/// Whether some text matches both patterns. `*` stands for any text, `?` for one letter.
///
/// One row of the table at a time: quadratic, and patterns are short.
fn overlap(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    // row[j]: whether the rest of `one` and the rest of `other` from j on have a text in common.
    let mut below: Vec<bool> = Vec::new();
    for i in (0..=one.len()).rev() {
        let mut row = vec![false; other.len() + 1];
        for j in (0..=other.len()).rev() {
            let (a, b) = (one.get(i), other.get(j));
            let right = j < other.len() && row[j + 1];
            let down = i < one.len() && below[j];
            row[j] = match (a, b) {
                (None, None) => true,
                (Some('*' | &WORD), None) => down,
                (None, Some('*' | &WORD)) => right,
                (Some('*'), Some(_)) | (Some(_), Some('*')) | (Some(&WORD), Some(&WORD)) => right || down,
                (Some(&WORD), Some(b)) => down || right && !":/".contains(*b),
                (Some(a), Some(&WORD)) => right || down && !":/".contains(*a),
                (Some(a), Some(b)) => (a == b || *a == '?' || *b == '?') && below[j + 1],
                _ => false,
            };
        }
        below = row;
    }
    below.first().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i1_patterns_overlap_where_a_text_matches_both() {
        for (one, other, wanted) in [
            ("a", "a", true),
            ("a", "b", false),
            ("", "", true),
            ("*", "", true),
            ("a*", "*b", true),
            ("a*c", "ab*", true),
            ("a?c", "a*c", true),
            ("a?", "a", false),
            ("shop-*-x", "shop-*-orders", false),
            ("shop-*", "shop-*-orders", true),
            ("*-orders", "shop-*-orders", true),
            ("shop-prod-orders", "shop-*-orders", true),
            ("shop-prod-orders", "shop-\u{1}-orders", true),
            ("shop-\u{1}-orders", "shop-\u{1}-orders", true),
            ("shop-*", "shop-\u{1}-orders", true),
            ("table/shop-a-b/index/x", "table/shop-\u{1}-b/*", true),
            ("table/shop-a-b/index/x", "table/shop-\u{1}-c/*", false),
            ("a/orders", "\u{1}orders", false),
        ] {
            assert_eq!((overlap(one, other), overlap(other, one)), (wanted, wanted), "{one} {other}");
        }
    }

    #[test]
    fn i1_what_a_stage_brings_may_be_anything() {
        assert_eq!(filled("arn:${AWS::Partition}:s3:::prices-${Stage}/*"), "arn:\u{1}:s3:::prices-\u{1}/*");
        assert_eq!(filled("a${unclosed"), "a\u{1}");
    }
}
