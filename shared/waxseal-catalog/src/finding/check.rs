//! The check of a whole application.

use crate::{
    app::App,
    finding::{infrastructure, messages, patterns, processes, report::Finding, routes, services, undo},
};

impl App {
    /// Every mistake that the declaration shows, in the order of codes and services. An application
    /// without one gives none.
    ///
    /// ```
    /// use waxseal::Service;
    /// use waxseal_catalog::{App, FindingCode};
    ///
    /// let findings = App::new("shop").service(Service::new("orders")).check();
    /// assert_eq!(findings[0].code, FindingCode::NoHandlers);
    /// assert_eq!(
    ///     findings[0].to_string(),
    ///     "WX0112 orders: it handles no message and answers no HTTP; register a handler, or remove the service"
    /// );
    /// ```
    #[must_use]
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = services::findings(self);
        findings.extend(messages::findings(self));
        findings.extend(patterns::findings(self));
        findings.extend(processes::findings(self));
        findings.extend(undo::findings(self));
        findings.extend(infrastructure::findings(self));
        findings.extend(routes::findings(self));
        findings.sort();
        findings
    }
}
