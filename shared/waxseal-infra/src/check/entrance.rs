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
            if !is(find("bus", id).as_ref(), &wanted) {
                report.stack("bus", format!("{id} is not that of the entrance"));
            }
        }
    }
    for service in index.services() {
        let name = service.name();
        let Some(declared) = http::entrance(index.app, service) else { continue };
        let routes = &service.infrastructure.routes;
        let mut wanted = vec![
            (http::INTEGRATION.to_owned(), http::integration(index.app, service, declared)),
            (http::PERMISSION.to_owned(), http::permission(index.app, service)),
        ];
        wanted.extend(
            routes.iter().map(|route| (http::route_id(route), http::route(index.app, declared, route))),
        );
        for (id, wanted) in wanted {
            if !is(find(name, &id).as_ref(), &wanted) {
                report.stack(name, format!("{id} is not that of its routes"));
            }
        }
        let count = index.within(name, "AWS::ApiGatewayV2::Route").count();
        if count > routes.len() {
            report.stack(name, format!("{count} routes where the application has {}", routes.len()));
        }
        for url in index.within(name, "AWS::Lambda::Url") {
            let closed = url.body["Condition"] == HAS_URL;
            report.unless(closed, &url, "it lets callers pass by the entrance");
        }
    }
}
