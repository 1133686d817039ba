//! What follows from a service's timers: its queue, its relay's channels and variables, its horizon.

use waxseal::{
    Channel, Declared, Service,
    catalog::{Entry, Input},
};
use waxseal_catalog::{App, Deployed, routes::QueueKind, settings::TIMERS_OF};

const PLACED: Declared = Declared::new("order.placed", "orders", Channel::Bus);

#[test]
fn s69_a_service_with_timers_has_a_queue_for_hints_and_a_relay_that_sends_them() {
    let process = Entry::new("desk", "desk", PLACED, &[]).input(Input::Begins);
    let with = [
        Deployed::new(Service::new("desk").schedules_messages()),
        Deployed::of_catalog("desk", vec![process]),
    ];
    for service in with {
        let app = App::new("shop").service(service);
        let service = &app.services[0];
        let routes = app.routes(service);
        assert!(routes.has_timers && routes.has_relay());
        assert!(routes.queue(QueueKind::Commands).is_some());
        assert_eq!(routes.publishes.recipients.iter().collect::<Vec<_>>(), ["desk"]);
        assert_eq!(app.relay_variables(service)[TIMERS_OF.name], "desk");
        assert!(app.horizon(service) >= app.arrivals(Channel::Queue("desk")));
    }
}

#[test]
fn s69_a_service_without_timers_has_none_of_it() {
    let app =
        App::new("shop").service(Deployed::of_catalog("desk", vec![Entry::new("desk", "desk", PLACED, &[])]));
    let service = &app.services[0];
    let routes = app.routes(service);
    assert!(!routes.has_timers && !routes.has_relay());
    assert!(routes.queue(QueueKind::Commands).is_none());
    assert!(!app.relay_variables(service).contains_key(TIMERS_OF.name));
}
