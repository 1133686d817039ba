//! Laws of every application, not only of the order platform.

use proptest::{collection::vec, prelude::*, sample::Index};
use waxseal::{Channel, Declared, catalog::Entry};
use waxseal_catalog::{App, Deployed};
use waxseal_infra::{AppError, Finding, check, templates};

use crate::support::service;

const SERVICES: [&str; 5] = ["orders", "stock-keeping", "payment2", "mail", "a"];
const TOPICS: [&str; 3] = ["scans", "stock.levels", "price-changes"];
const NAMES: [&str; 12] = [
    "order.placed",
    "order.cancelled",
    "order.delivery-address-changed",
    "stock.reserved",
    "stock.short",
    "payment.captured",
    "payment.declined",
    "mail.sent",
    "reserve-stock",
    "charge-card",
    "package.scanned",
    "price.changed",
];

/// A random application. Each message has an owner and a channel. Services emit their own messages,
/// send commands to any service, and handle events and their own commands.
fn apps() -> impl Strategy<Value = App> {
    let claims = prop_oneof![2 => Just(None), 1 => Just(Some(100_000))];
    let message = (any::<Index>(), 0..3_u8, any::<Index>(), claims);
    let handler = (any::<Index>(), vec(any::<Index>(), 0..4));
    let service = (vec(handler, 0..5), any::<bool>(), 1..=300_u32, 0..=60_u32, 5..=20_u32);
    (vec(message, 1..NAMES.len()), vec(service, 1..=SERVICES.len())).prop_map(|(messages, services)| {
        let names = &SERVICES[..services.len()];
        let declared: Vec<Declared> = messages
            .iter()
            .enumerate()
            .map(|(index, (owner, channel, topic, claim_check_over))| {
                let owner = names[owner.index(names.len())];
                let channel = match channel {
                    0 => Channel::Bus,
                    1 => Channel::Topic(TOPICS[topic.index(TOPICS.len())]),
                    _ => Channel::Queue(owner),
                };
                declared(NAMES[index], owner, channel).claim_checked_over(*claim_check_over)
            })
            .collect();
        let mut app = App::new("shop");
        for (name, (handlers, http, timeout, window, receives)) in names.iter().zip(services) {
            let is_command = |one: &&Declared| matches!(one.channel, Channel::Queue(_));
            let may_handle: Vec<_> =
                declared.iter().filter(|one| !is_command(one) || one.owner == *name).collect();
            let may_emit: Vec<_> =
                declared.iter().filter(|one| is_command(one) || one.owner == *name).collect();
            let mut entries = Vec::new();
            for (consumes, emits) in handlers {
                if may_handle.is_empty() {
                    break;
                }
                let emits: Vec<Declared> = match may_emit.len() {
                    0 => Vec::new(),
                    count => emits.iter().map(|emit| *may_emit[emit.index(count)]).collect(),
                };
                let consumes = *may_handle[consumes.index(may_handle.len())];
                entries.push(Entry::new(*name, "handler", consumes, emits.leak()));
            }
            let mut service =
                Deployed::of_catalog(*name, entries).timeout(timeout).window(window).max_receives(receives);
            service.answers_http = http;
            app = app.service(service);
        }
        app
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_templates_of_every_catalog_pass_every_check(app in apps()) {
        let stacks = templates(&app).unwrap();
        let findings: Vec<String> = check(&app, &stacks).iter().map(Finding::to_string).collect();
        prop_assert!(findings.is_empty(), "{}", findings.join("\n"));
    }

    #[test]
    fn the_same_catalog_gives_the_same_text_whatever_the_order_of_services(app in apps()) {
        let text = |app: &App| -> Vec<(String, String)> {
            let stacks = templates(app).unwrap();
            stacks.iter().filter(|stack| stack.name != "bus").map(|stack| (stack.name.clone(), stack.to_yaml())).collect()
        };
        let mut turned = app.clone();
        turned.services.reverse();
        prop_assert_eq!(text(&app), text(&turned));
    }
}

const fn declared(name: &'static str, owner: &'static str, channel: Channel) -> Declared {
    Declared::new(name, owner, channel)
}

/// Two services that send each other commands.
fn talking() -> App {
    const ASK: Declared = declared("ask", "answers", Channel::Queue("answers"));
    const ANSWER: Declared = declared("answer", "questions", Channel::Queue("questions"));
    App::new("talk")
        .service(service("questions", &[(ANSWER, &[ASK])]))
        .service(service("answers", &[(ASK, &[ANSWER])]))
}

#[test]
fn services_that_send_each_other_commands_do_not_wait_for_each_others_stacks() {
    for stack in templates(&talking()).unwrap() {
        let imports = stack.to_yaml().matches("Fn::ImportValue").count();
        let of_the_bus = stack.to_yaml().matches("Fn::Sub: talk-${Stage}-bus-").count();
        assert!(of_the_bus >= imports, "{}: only the bus may be imported from", stack.name);
    }
}

#[test]
fn a_sender_that_is_not_told_or_not_allowed_is_found() {
    let app = talking();
    for (place, key) in [
        ("/Resources/Relay/Properties/Environment/Variables", "WAXSEAL_QUEUE_ANSWERS"),
        ("/Resources/RelayRole/Properties/Policies/0/PolicyDocument/Statement/6", "Resource"),
    ] {
        let mut stacks = templates(&app).unwrap();
        let questions = stacks.iter_mut().find(|stack| stack.name == "questions").unwrap();
        let part = questions.template.pointer_mut(place).unwrap().as_object_mut().unwrap();
        let value = part.get_mut(key).unwrap();
        *value = serde_json::json!({ "Fn::Sub": "somewhere-else" });
        let found: Vec<&str> = check(&app, &stacks).iter().map(|finding| finding.check).collect();
        assert_eq!(found, ["catalog-commands"], "{place}/{key}");
    }
}

#[test]
fn an_application_that_no_template_fits_is_refused_with_the_reason() {
    let error = |app: App| templates(&app).unwrap_err().to_string();
    let placed = declared("order.placed", "orders", Channel::Bus);
    assert_eq!(
        error(App::new("Shop")),
        "`Shop` cannot be the name of an application: take lower-case letters, digits and `-`, a letter first"
    );
    assert_eq!(
        error(App::new("shop").service(service("bus", &[]))),
        "two stacks would be named `bus`: rename the service or the program"
    );
    assert_eq!(
        error(App::new("shop").service(service(&"x".repeat(60), &[]))),
        "the names of service xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx would be 24 characters too long \
         for Lambda: shorten it, or the application's name"
    );
    let twice = App::new("shop")
        .service(service("mail", &[(placed, &[])]))
        .service(service("stock", &[(declared("order.placed", "stock", Channel::Bus), &[])]));
    assert_eq!(
        error(twice),
        "WX0103 stock/handler: order.placed is declared by orders on bus and by stock on bus; a message has one owner and one \
         channel"
    );
    let alike = App::new("shop")
        .service(service("mail", &[(placed, &[]), (declared("order-placed", "orders", Channel::Bus), &[])]));
    assert!(matches!(templates(&alike), Err(AppError::Alike { .. })));
}

#[test]
fn q3_the_horizon_follows_the_longest_way_to_a_second_arrival() {
    let horizon = |consumes: &[(Declared, &'static [Declared])], archive: u32| {
        let mut app = App::new("shop").service(service("mail", consumes));
        app.retention.archive = archive;
        let stacks = templates(&app).unwrap();
        let variables =
            &stacks[1].template["Resources"]["Function"]["Properties"]["Environment"]["Variables"];
        variables["WAXSEAL_HORIZON_DAYS"].as_str().unwrap().to_owned()
    };
    let bus = (declared("order.placed", "orders", Channel::Bus), &[][..]);
    let topic = (declared("package.scanned", "shipping", Channel::Topic("scans")), &[][..]);
    let command = (declared("send-mail", "mail", Channel::Queue("mail")), &[][..]);
    // Queue 4, dead letters 14 and sweep 7; before that delivery 1 and archive, or delivery 23, or
    // nothing.
    assert_eq!(horizon(&[bus], 14), "40");
    assert_eq!(horizon(&[bus, topic], 14), "48");
    assert_eq!(horizon(&[bus, topic], 90), "116");
    assert_eq!(horizon(&[command], 90), "25");
}
