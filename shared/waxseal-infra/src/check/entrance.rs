//! The entrance of the application, and the routes that lead through it.

use serde_json::Value;
use waxseal_catalog::FindingCode;

use crate::{
    check::{
        index::{Resource, TemplateIndex},
        report::Report,
    },
    entrance::{self, HAS_URL},
    service::http,
};

/// Whether a resource is the one that is wanted.
fn is(found: Option<&Resource<'_>>, wanted: &Value) -> bool {
    found.is_some_and(|resource| resource.body == wanted)
}

pub(super) fn entrance(index: &TemplateIndex<'_>, report: &mut Report) {
    for mistake in index.mistakes.iter().filter(|mistake| mistake.code == FindingCode::Route) {
        report.stack(&mistake.service, mistake.problem.clone());
    }
    let find = |stack: &str, id: &str| index.all().find(|one| one.stack == stack && one.id == id);
    if let Some(declared) = &index.app.entrance {
        for (id, wanted) in entrance::resources(index.app, declared) {
            if !is(find("bus", &id).as_ref(), &wanted) {
                report.stack("bus", format!("{id} is not that of the entrance"));
            }
        }
        let routes = index.app.services.iter().map(|service| service.infrastructure.routes.len()).sum();
        let count = index.within("bus", "AWS::ApiGateway::Method").count();
        if count > routes {
            report.stack("bus", format!("{count} methods where the application has {routes} routes"));
        }
    }
    for service in index.services() {
        let name = service.name();
        let Some(declared) = http::entrance(index.app, service) else { continue };
        for (id, wanted) in http::resources(index.app, service, declared) {
            if !is(find(name, &id).as_ref(), &wanted) {
                report.stack(name, format!("{id} is not that of its routes"));
            }
        }
        let routes = &service.infrastructure.routes;
        let count: usize = http::ROUTES.iter().map(|kind| index.within(name, kind).count()).sum();
        if count > routes.len() {
            report.stack(name, format!("{count} routes where the application has {}", routes.len()));
        }
        for url in index.within(name, "AWS::Lambda::Url") {
            let closed = url.body["Condition"] == HAS_URL;
            report.unless(closed, &url, "it lets callers pass by the entrance");
        }
    }
}
