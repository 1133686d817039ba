//! Each finding of an application, from an application with exactly that mistake.

use serde::{Deserialize, Serialize};
use serde_json::json;
use waxseal::{
    Bus, Channel, Declared, Envelope, Fault, Filter, Handler, Sequencing, Service, Unit, catalog::Entry,
};
use waxseal_catalog::{App, Deployed, FifoQueue, FindingCode, Parameter, Publisher};

const fn declared(name: &'static str, owner: &'static str, channel: Channel) -> Declared {
    Declared::new(name, owner, channel)
}

const PLACED: Declared = declared("order.placed", "orders", Channel::Bus);
const LEVEL: Declared = declared("stock.level-changed", "stock", Channel::Topic("stock"));
const RESERVE: Declared = declared("reserve-stock", "stock", Channel::Queue("stock"));
const PLACE: Declared = declared("place-order", "orders", Channel::Queue("orders"));

/// A service with a handler for each message, and what the handler emits.
fn service(name: &str, handlers: &[(&'static str, Declared, &'static [Declared])]) -> Deployed {
    let entry = |(handler, consumes, emits): &(&'static str, Declared, &'static [Declared])| {
        Entry::new(name, handler, *consumes, emits)
    };
    Deployed::of_catalog(name, handlers.iter().map(entry).collect())
}

fn orders() -> Deployed {
    service("orders", &[("place", PLACE, &[PLACED]), ("watch", LEVEL, &[RESERVE])])
}

fn stock() -> Deployed {
    service("stock", &[("expect", PLACED, &[]), ("reserve", RESERVE, &[LEVEL])])
}

fn shop() -> App {
    App::new("shop").service(orders()).service(stock())
}

/// The findings as lines.
fn lines(app: &App) -> Vec<String> {
    app.check().iter().map(ToString::to_string).collect()
}

#[test]
fn an_application_without_a_mistake_has_no_finding() {
    assert_eq!(lines(&shop()), [] as [String; 0]);
}

#[test]
fn two_services_of_one_name_are_found() {
    let app = shop().service(orders());
    assert_eq!(
        lines(&app),
        [
            "WX0101 orders: two services have this name; rename one: receipts, queues and the stack are named after the \
          service"
        ]
    );
}

#[test]
fn two_handlers_of_one_name_are_found() {
    let app = App::new("shop")
        .service(orders())
        .service(service("stock", &[("reserve", PLACED, &[]), ("reserve", RESERVE, &[LEVEL])]));
    assert_eq!(
        lines(&app),
        [
            "WX0102 stock/reserve: the service registers two handlers of this name; rename one: each needs receipts of \
          its own"
        ]
    );
}

#[test]
fn a_message_with_two_declarations_is_found() {
    const ON_A_TOPIC: Declared = declared("order.placed", "orders", Channel::Topic("orders"));
    let app = App::new("shop")
        .service(orders())
        .service(service("stock", &[("expect", ON_A_TOPIC, &[]), ("reserve", RESERVE, &[LEVEL])]));
    assert_eq!(
        lines(&app),
        [
            "WX0103 orders/place: order.placed is declared by orders on topic:orders and by orders on bus; a message has \
          one owner and one channel"
        ]
    );
}

#[test]
fn an_event_of_another_owner_is_found() {
    let app = App::new("shop")
        .service(orders())
        .service(service("stock", &[("expect", PLACED, &[PLACED]), ("reserve", RESERVE, &[LEVEL])]));
    assert_eq!(
        lines(&app),
        [
            "WX0104 stock/expect: it emits order.placed, which orders owns; only the owner publishes an event: send the \
          owner a command, or emit an event of its own"
        ]
    );
}

#[test]
fn a_command_for_another_recipient_is_found() {
    let app = App::new("shop")
        .service(orders())
        .service(stock())
        .service(service("mail", &[("reserve-too", RESERVE, &[])]));
    assert_eq!(
        lines(&app),
        [
            "WX0105 mail/reserve-too: it handles the command reserve-stock, whose recipient is stock; register the handler \
          in the recipient, or declare another recipient"
        ]
    );
}

#[derive(Serialize, Deserialize)]
struct ParcelMoved {}
waxseal::event!(ParcelMoved { name: "parcel.moved", version: 1, owner: "shipping" });

struct Newest;
impl Handler for Newest {
    const NAME: &str = "newest";
    const SEQUENCING: Sequencing = Sequencing::Newest("place");
    type Event = ParcelMoved;
    type Emits = ();
    async fn handle(&self, _: &Envelope<ParcelMoved>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

struct Gapless;
impl Handler for Gapless {
    const NAME: &str = "gapless";
    const SEQUENCING: Sequencing = Sequencing::Gapless("place");
    type Event = ParcelMoved;
    type Emits = ();
    async fn handle(&self, _: &Envelope<ParcelMoved>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

#[test]
fn two_handlers_that_do_not_agree_on_a_cursor_are_found() {
    let app = App::new("parcels")
        .service(Service::new("tracking").handler(Newest).handler(Gapless))
        .emitted_elsewhere("parcel.moved");
    assert_eq!(
        lines(&app),
        [
            "WX0106 tracking: two handlers of parcel.moved do not agree on the cursor place; give each handler a cursor of \
          its own name"
        ]
    );
}

#[test]
fn a_command_without_a_recipient_is_found_unless_it_is_handled_elsewhere() {
    const PACK: Declared = declared("pack", "warehouse", Channel::Queue("warehouse"));
    let app = App::new("shop")
        .service(orders())
        .service(service("stock", &[("expect", PLACED, &[PACK]), ("reserve", RESERVE, &[LEVEL])]));
    assert_eq!(
        lines(&app),
        [
            "WX0107 stock/expect: it sends the command pack to warehouse, which is not deployed; deploy warehouse, or say \
          App::handled_elsewhere(\"pack\")"
        ]
    );
    assert_eq!(lines(&app.handled_elsewhere("pack")), [] as [String; 0]);
}

#[test]
fn a_command_that_its_recipient_does_not_handle_is_found() {
    const COUNT: Declared = declared("count", "stock", Channel::Queue("stock"));
    let app = App::new("shop")
        .service(stock())
        .service(service("orders", &[("place", PLACE, &[PLACED]), ("watch", LEVEL, &[RESERVE, COUNT])]));
    assert_eq!(
        lines(&app),
        [
            "WX0108 orders/watch: it sends the command count, for which stock has no handler; register a handler in stock, \
          or stop sending the command"
        ]
    );
}

#[test]
fn an_event_that_no_service_emits_is_found_unless_it_is_emitted_elsewhere() {
    const COUNTED: Declared = declared("stock.counted", "stock", Channel::Bus);
    let app = App::new("shop").service(stock()).service(service(
        "orders",
        &[("place", PLACE, &[PLACED]), ("watch", LEVEL, &[RESERVE]), ("note", COUNTED, &[])],
    ));
    assert_eq!(
        lines(&app),
        ["WX0109 orders/note: it handles stock.counted, which no service emits; emit it, or say \
          App::emitted_elsewhere(\"stock.counted\")"]
    );
    assert_eq!(lines(&app.emitted_elsewhere("stock.counted")), [] as [String; 0]);
}

#[test]
fn an_event_that_no_service_handles_is_found_once_unless_it_is_handled_elsewhere() {
    const COUNTED: Declared = declared("stock.counted", "stock", Channel::Bus);
    let app = App::new("shop").service(orders()).service(service(
        "stock",
        &[("expect", PLACED, &[COUNTED]), ("reserve", RESERVE, &[LEVEL, COUNTED])],
    ));
    assert_eq!(
        lines(&app),
        [
            "WX0110 stock/expect: it emits stock.counted, which no service handles; handle it, stop emitting it, or say \
          App::handled_elsewhere(\"stock.counted\")"
        ]
    );
    assert_eq!(lines(&app.handled_elsewhere("stock.counted")), [] as [String; 0]);
}

#[test]
fn an_owner_that_is_no_service_is_found() {
    let app = App::new("shop").service(service("stock", &[("expect", PLACED, &[])]));
    let codes: Vec<FindingCode> = app.check().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [FindingCode::NotEmitted, FindingCode::UnknownOwner]);
    assert_eq!(
        lines(&app)[1],
        "WX0111 stock/expect: order.placed belongs to orders, which is no service of the application; correct the owner, \
         add the service, or say App::emitted_elsewhere(\"order.placed\")"
    );
    assert_eq!(lines(&app.emitted_elsewhere("order.placed")), [] as [String; 0]);
}

#[test]
fn a_service_without_handlers_is_found_unless_it_answers_http() {
    let mut app = shop().service(service("pages", &[]));
    assert_eq!(
        lines(&app),
        [
            "WX0112 pages: it handles no message and answers no HTTP; register a handler, or remove the service"
        ]
    );
    app.find_mut("pages").expect("the service").answers_http = true;
    assert_eq!(lines(&app), [] as [String; 0]);
}

#[test]
fn a_pattern_without_a_rule_is_found() {
    let pattern = json!({ "source": ["stock"], "detail-type": ["stock.level-changed"] });
    let app = App::new("shop").service(orders().pattern("stock.level-changed", pattern)).service(stock());
    assert_eq!(
        lines(&app),
        [
            "WX0113 orders: it has a pattern for stock.level-changed, which it does not handle from the bus; correct the \
          event's name, or remove the pattern"
        ]
    );
}

#[test]
fn a_variable_of_waxseal_that_is_set_by_hand_is_found() {
    let by_hand = orders()
        .variable("WAXSEAL_ISOLATION", "on")
        .parameter(Parameter::new("WAXSEAL_LEASE_SECONDS", "a lease"))
        .variable("SHOP_NAME", "Waxseal");
    let app = App::new("shop").service(by_hand).service(stock());
    let found: Vec<String> = app.check().iter().map(|finding| finding.problem.clone()).collect();
    assert_eq!(found, ["it sets WAXSEAL_ISOLATION by hand", "it sets WAXSEAL_LEASE_SECONDS by hand"]);
    assert!(app.check().iter().all(|finding| finding.code == FindingCode::ReservedVariable));
}

#[test]
fn s50_a_foreign_event_needs_no_emitter_and_no_owner_among_the_services() {
    let created = declared("Object Created", "aws.s3", Channel::Foreign(Some(Bus::Default)));
    let elsewhere = declared("Object Created", "backup", Channel::Foreign(None));
    let files = service("files", &[("import", created, &[]), ("restore", elsewhere, &[])])
        .pattern("Object Created", json!({ "source": ["aws.s3"], "detail-type": ["Object Created"] }));
    let app = shop().service(files);
    assert_eq!(lines(&app), [] as [String; 0]);
    let consumes = app.services[2].consumes();
    assert_eq!(consumes.len(), 2, "two owners of one name");
    assert!(consumes.iter().all(Declared::is_foreign));
}

#[test]
fn s50_an_event_of_a_foreign_name_is_not_handled_by_a_handler_of_the_foreign_one() {
    let theirs = declared("order.placed", "elsewhere", Channel::Foreign(None));
    let app =
        App::new("shop").service(service("orders", &[("place", PLACE, &[PLACED]), ("see", theirs, &[])]));
    let found: Vec<_> = app.check().iter().map(|finding| finding.code).collect();
    assert_eq!(found, [FindingCode::NotRead]);
}

/// The shop with a program.
fn with_program(name: &str, emits: &[Declared]) -> App {
    let mut app = shop();
    app.publishers.push(Publisher::new(name, emits.iter().copied()));
    app
}

#[test]
fn s64_a_program_emits_its_own_events_and_sends_commands_that_somebody_handles() {
    const IMPORTED: Declared = declared("stock.imported", "stock-import", Channel::Bus);
    let reader = || service("audit", &[("record", IMPORTED, &[])]);
    assert_eq!(
        lines(&with_program("stock-import", &[IMPORTED, RESERVE]).service(reader())),
        [] as [String; 0]
    );
    // The wrong programs, each with its finding.
    assert_eq!(
        lines(&with_program("stock-import", &[PLACED])),
        [
            "WX0104 stock-import: it emits order.placed, which orders owns; only the owner publishes an event: send the owner a \
             command, or emit an event of its own"
        ]
    );
    assert_eq!(
        lines(&with_program("orders", &[RESERVE])),
        [
            "WX0101 orders: a service and a program, or two programs, have this name; rename one: its stack and its permissions \
             are named after it"
        ]
    );
    assert_eq!(
        lines(&with_program("stock-import", &[IMPORTED])),
        [
            "WX0110 stock-import: it emits stock.imported, which no service handles; handle it, stop emitting it, or say \
             App::handled_elsewhere(\"stock.imported\")"
        ]
    );
    const SCAN: Declared = declared("scan", "scanner", Channel::Queue("scanner"));
    assert_eq!(
        lines(&with_program("stock-import", &[SCAN])),
        [
            "WX0107 stock-import: it sends the command scan to scanner, which is not deployed; deploy scanner, or say \
             App::handled_elsewhere(\"scan\")"
        ]
    );
}

#[test]
fn s67_filters_that_together_break_a_limit_of_a_transport_are_found() {
    let levels = |filter: &'static str| {
        let entry = |entry: &Entry| entry.clone().filtered(Filter::new(filter));
        let watch = service("orders", &[("watch", LEVEL, &[])]);
        let watch = Deployed::of_catalog("orders", watch.catalog().iter().map(entry).collect());
        App::new("shop").service(watch).emitted_elsewhere("stock.level-changed")
    };
    assert_eq!(lines(&levels(r#"{"sku":["hat"],"left":[{"numeric":["<",10]}]}"#)), [] as [String; 0]);
    // 9 and 9 values, each two levels deep: 9 × 2 × 9 × 2 × 1.
    let many = r#"{"a":["1","2","3","4","5","6","7","8","9"],"b":["1","2","3","4","5","6","7","8","9"]}"#;
    assert_eq!(
        lines(&levels(many)),
        [
            "WX0120 orders: AWS refuses the filter of the subscription to stock: event pattern, at the top: 324 combinations (the \
             numbers of values multiplied, each with the depth of its field), and a filter policy has 150 at most; give fewer \
             values in the filters of its handlers, or correct Deployed::pattern"
        ]
    );
}

#[test]
fn s68_a_fifo_queue_with_a_wrong_name_or_a_wrong_batch_is_found() {
    let with = |queues: &[FifoQueue]| {
        let stock = queues.iter().fold(stock(), |stock, queue| stock.fifo(queue.clone()));
        lines(&App::new("shop").service(orders()).service(stock))
    };
    assert_eq!(with(&[FifoQueue::new("returns"), FifoQueue::new("bookings-2").batch(1)]), [] as [String; 0]);
    assert_eq!(
        with(&[FifoQueue::new("returns"), FifoQueue::new("returns")]),
        ["WX0121 stock: two FIFO queues have the name returns; rename one"]
    );
    for name in ["", "Returns", "returns.fifo", "2", "a-"] {
        let found = with(&[FifoQueue::new(name)]);
        assert!(found.len() == 1 && found[0].starts_with("WX0121 stock: `"), "{name}: {found:?}");
    }
    for batch in [0, 11] {
        assert_eq!(
            with(&[FifoQueue::new("returns").batch(batch)]),
            [format!("WX0121 stock: the FIFO queue returns has a batch of {batch}; take 1 to 10 records")]
        );
    }
}

mod processes {
    use super::*;
    use waxseal::catalog::Input;

    const CANCEL: Declared = declared("cancel-order", "desk", Channel::Queue("desk"));
    const SHIPPED: Declared = declared("order.shipped", "stock", Channel::Bus);
    const WITHDRAWN: Declared = declared("order.withdrawn", "orders", Channel::Bus);
    const RESERVED: Declared = RESERVE.undone_by("release-stock");
    const RELEASE: Declared = declared("release-stock", "stock", Channel::Queue("stock"));

    /// A process that begins with an order, sends these, and waits for these.
    fn desk(emits: &'static [Declared], inputs: &[Declared]) -> Deployed {
        let begins = Entry::new("desk", "desk", PLACED, emits).input(Input::Begins);
        let steps = inputs.iter().map(|input| Entry::new("desk", "desk", *input, emits).input(Input::Steps));
        Deployed::of_catalog("desk", [begins].into_iter().chain(steps).collect())
    }

    fn orders() -> Deployed {
        service("orders", &[("place", PLACE, &[PLACED]), ("withdraw", PLACE_OFF, &[WITHDRAWN])])
    }
    const PLACE_OFF: Declared = declared("withdraw-order", "orders", Channel::Queue("orders"));

    #[test]
    fn an_input_that_a_process_cannot_cause_is_found() {
        // The reply comes in two hops: stock.level-changed is read by `ship`.
        let stock = || service("stock", &[("reserve", RESERVE, &[LEVEL]), ("ship", LEVEL, &[SHIPPED])]);
        let app = |inputs: &[Declared]| {
            App::new("shop").service(orders()).service(stock()).service(desk(&[RESERVE], inputs))
        };
        assert_eq!(
            lines(&app(&[SHIPPED, LEVEL, WITHDRAWN, CANCEL]).caused_elsewhere("order.withdrawn")),
            NONE
        );
        assert_eq!(
            lines(&app(&[SHIPPED, WITHDRAWN])),
            [
                "WX0122 desk/desk: it waits for order.withdrawn, and nothing that it sends leads to it; send the command that causes \
                 it, let it begin an instance, or say App::caused_elsewhere(\"order.withdrawn\")"
            ]
        );
        let silent = App::new("shop").service(orders()).service(stock()).service(desk(&[], &[SHIPPED]));
        let codes: Vec<_> = silent.check().iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&FindingCode::Uncaused), "it sends nothing: {codes:?}");
    }
    const NONE: [&str; 0] = [];

    #[test]
    fn a_command_whose_undo_has_no_handler_beside_it_is_found() {
        let app = |stock: Deployed| {
            App::new("shop").service(orders()).service(stock).service(desk(&[RESERVED, RELEASE], &[LEVEL]))
        };
        let undo_lines = |app: &App| {
            let found = app.check().into_iter().filter(|finding| finding.code == FindingCode::UndoHandlers);
            found.map(|finding| finding.problem).collect::<Vec<_>>()
        };
        let both = service("stock", &[("reserve", RESERVED, &[LEVEL]), ("release", RELEASE, &[])]);
        assert_eq!(undo_lines(&app(both)), NONE);
        let without = service("stock", &[("reserve", RESERVED, &[LEVEL])]);
        assert_eq!(
            undo_lines(&app(without)),
            [
                "reserve-stock names the undo release-stock, and here reserve-stock has one handler and release-stock has no handler"
            ]
        );
        let twice = service(
            "stock",
            &[("reserve", RESERVED, &[LEVEL]), ("count", RESERVED, &[]), ("release", RELEASE, &[])],
        );
        assert_eq!(
            undo_lines(&app(twice)),
            [
                "reserve-stock names the undo release-stock, and here reserve-stock has 2 handlers and release-stock has one handler"
            ]
        );
    }

    #[test]
    fn a_process_that_cannot_send_an_undo_is_found_once() {
        let stock = service("stock", &[("reserve", RESERVED, &[LEVEL]), ("release", RELEASE, &[])]);
        let app = App::new("shop").service(orders()).service(stock).service(desk(&[RESERVED], &[LEVEL]));
        let found: Vec<_> = lines(&app).into_iter().filter(|line| line.starts_with("WX0124")).collect();
        assert_eq!(
            found,
            [
                "WX0124 desk/desk: it sends reserve-stock, and its `type Emits` does not have release-stock, which undoes it; add \
                 release-stock to `type Emits`: a compensation sends it"
            ]
        );
    }
}
