//! Patterns that AWS would refuse.

use waxseal_pattern::{Pattern, PatternError};

use crate::{
    app::App,
    finding::{code::FindingCode, report::Finding},
};

const ADVICE: &str = "give fewer values in the filters of its handlers, or correct Deployed::pattern";

/// The rules and subscriptions that AWS would refuse.
pub(super) fn findings(app: &App) -> Vec<Finding> {
    let mut findings = Vec::new();
    for service in &app.services {
        let mut refused = |what: String, error: &PatternError| {
            let problem = format!("AWS refuses {what}: {error}");
            findings.push(Finding::new(FindingCode::RefusedPattern, service.name(), problem, ADVICE));
        };
        let routes = app.routes(service);
        for rule in &routes.rules {
            if let Err(error) = Pattern::new(&rule.pattern) {
                refused(format!("the rule for {}", rule.event.name), &error);
            }
        }
        for subscription in &routes.subscriptions {
            let policy = Pattern::new(&subscription.filter);
            if let Err(error) = policy.and_then(|policy| policy.check_filter_policy()) {
                refused(format!("the filter of the subscription to {}", subscription.topic), &error);
            }
        }
    }
    findings
}
