//! Mistakes in the entrance and in the routes that lead through it.

use std::collections::BTreeMap;

use crate::{
    app::App,
    finding::{code::FindingCode, report::Finding},
    infrastructure::{
        entrance::{Entrance, EntranceKind},
        parts::HttpRoute,
    },
};

/// The priorities of a listener's rules. Source: Elastic Load Balancing API, `CreateRule`.
const PRIORITIES: std::ops::RangeInclusive<u16> = 1..=50_000;
/// Characters of the longest path in a listener's rule. Source: `PathPatternConditionConfig`.
const LONGEST_PATH: usize = 128;

/// A route and the service that it leads to.
type Routed<'a> = (&'a str, &'a HttpRoute);

pub(super) fn findings(app: &App) -> Vec<Finding> {
    let mut findings = Vec::new();
    let of = |service: &str, problem: String, advice: &str| {
        Finding::new(FindingCode::Route, service, problem, advice)
    };
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    let mut sound: Vec<Routed<'_>> = Vec::new();
    for service in &app.services {
        let (name, routes) = (service.name(), &service.infrastructure.routes);
        if !routes.is_empty() && app.entrance.is_none() {
            let advice = "give the application an entrance: App::entrance(Entrance::new())";
            findings.push(of(name, "it has routes, and the application has no entrance".to_owned(), advice));
        }
        for route in routes {
            if !is_route(&route.key) {
                let advice = "take a method and a path, such as POST /orders or ANY /{proxy+}";
                findings.push(of(name, format!("`{}` is no route", route.key), advice));
            } else if let Some(other) = taken.insert(&route.key, name) {
                let advice = "a route leads to one service: remove one";
                findings.push(of(name, format!("the route {} is that of {other} too", route.key), advice));
            } else {
                sound.push((name, route));
            }
        }
    }
    if let Some(entrance) = &app.entrance {
        let wrong = lacks(entrance).into_iter().chain(match entrance.kind {
            EntranceKind::HttpApi => Vec::new(),
            EntranceKind::RestApi => of_rest(&sound),
            EntranceKind::LoadBalancer => of_listener(&sound),
        });
        let wrong = wrong.chain(needless(entrance, &sound));
        findings.extend(wrong.map(|(service, problem, advice)| of(service, problem, advice)));
    }
    findings
}

/// Service, problem and advice.
type Wrong<'a> = (&'a str, String, &'static str);

/// What an entrance asks for, and its kind does not do. It lies in the stack of the bus.
fn lacks(entrance: &Entrance) -> Vec<Wrong<'static>> {
    let mut wrong = Vec::new();
    if entrance.kind != EntranceKind::HttpApi && !entrance.headers.is_empty() {
        let advice = "take an HTTP API, or read the token's claims from the request";
        wrong.push(("bus", "the entrance sets headers, which an HTTP API alone does".to_owned(), advice));
    }
    if entrance.kind == EntranceKind::LoadBalancer && (entrance.rate, entrance.burst) != (0, 0) {
        let advice = "remove the bound, and put a rule of AWS WAF on the load balancer";
        wrong.push(("bus", "the entrance bounds requests, which no load balancer does".to_owned(), advice));
    }
    wrong
}

/// Priorities where no listener reads them.
fn needless<'a>(entrance: &Entrance, routes: &[Routed<'a>]) -> Vec<Wrong<'a>> {
    let is_read = entrance.kind == EntranceKind::LoadBalancer;
    let has = routes.iter().filter(|(_, route)| !is_read && route.priority.is_some());
    let advice = "remove it: an API finds the most exact route itself";
    has.map(|(service, route)| (*service, format!("the route {} has a priority", route.key), advice))
        .collect()
}

/// What a REST API refuses and an HTTP API takes. Source: API Gateway API, `CreateResource`.
fn of_rest<'a>(routes: &[Routed<'a>]) -> Vec<Wrong<'a>> {
    let mut variables: BTreeMap<String, &str> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (service, route) in routes {
        let (mut above, parts) = (String::new(), parts(route));
        if parts.iter().any(|part| part.contains('~') || part.is_empty()) && parts != [""] {
            let advice = "remove `~` and empty parts";
            wrong.push((*service, format!("a REST API takes no path as that of {}", route.key), advice));
        }
        for part in parts {
            if part.starts_with('{')
                && let Some(other) = variables.insert(above.clone(), part).filter(|other| *other != part)
            {
                let advice = "give the parts of a path at one place one name";
                let problem = format!("{} has {part} where another route has {other}", route.key);
                wrong.push((*service, problem, advice));
            }
            above = format!("{above}/{part}");
        }
    }
    wrong
}

/// Routes that are no rules of one listener.
fn of_listener<'a>(routes: &[Routed<'a>]) -> Vec<Wrong<'a>> {
    let mut taken: BTreeMap<u16, &str> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (service, route) in routes {
        let key = &route.key;
        match route.priority {
            Some(priority) if PRIORITIES.contains(&priority) => {
                if let Some(other) = taken.insert(priority, key) {
                    let advice = "give each route a priority of its own";
                    wrong.push((*service, format!("{key} has the priority of {other}"), advice));
                }
            }
            _ => {
                let advice = "say its place in the listener: HttpRoute::new(…).priority(10), 1 to 50,000";
                wrong.push((*service, format!("the route {key} has no priority"), advice));
            }
        }
        if route.expression().len() > LONGEST_PATH {
            let advice = "shorten it";
            wrong.push((*service, format!("the path of {key} is too long for a listener"), advice));
        }
        let first = |other: &&Routed<'a>| other.1.priority < route.priority && takes(other.1, route);
        if let Some((_, other)) = routes.iter().find(first) {
            let advice = "give the more exact route the lower priority";
            wrong.push((
                *service,
                format!("{key} comes after {}, which takes its requests", other.key),
                advice,
            ));
        }
    }
    wrong
}

fn parts(route: &HttpRoute) -> Vec<&str> {
    let path = route.key.split_once(" /").map_or("", |(_, path)| path);
    path.split('/').collect()
}

/// Whether the first takes every request of the second.
fn takes(first: &HttpRoute, second: &HttpRoute) -> bool {
    let method = |route: &HttpRoute| route.key.split(' ').next().unwrap_or_default().to_owned();
    let (wide, narrow) = (parts(first), parts(second));
    let of_any = ["ANY".to_owned(), method(second)].contains(&method(first));
    let is_greedy = |part: &&str| part.ends_with("+}");
    let fits = |(wide, narrow): (&&str, &&str)| {
        wide == narrow || wide.starts_with('{') && (is_greedy(wide) || !is_greedy(narrow))
    };
    let same = wide.len() == narrow.len() || wide.last().is_some_and(is_greedy) && wide.len() < narrow.len();
    of_any && same && wide.iter().zip(&narrow).all(fits)
}

/// Source: API Gateway developer guide, "Create routes for HTTP APIs".
fn is_route(key: &str) -> bool {
    const METHODS: [&str; 8] = ["ANY", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE"];
    let Some((method, path)) = key.split_once(' ') else { return false };
    let is_part = |part: &str| match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => {
            !name.trim_end_matches('+').is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c))
        }
        None => part.chars().all(|c| c.is_ascii_alphanumeric() || "._~-".contains(c)),
    };
    let Some(parts) = path.strip_prefix('/') else { return false };
    METHODS.contains(&method) && parts.split('/').all(is_part)
}
