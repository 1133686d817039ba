//! Bus, topics and queues take and refuse messages as on AWS.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};
use waxseal::{Entity, Envelope, Fault, Handler, Raw, Service, Unit};
use waxseal_local::{Entry, Input, Local, NewMessage, Pattern, Queue, QueueSettings, Subscription};

fn queue(local: &Local) -> Queue {
    local.create_queue("watcher", QueueSettings::default())
}

fn entry(source: &str, detail_type: &str, detail: &str) -> Entry {
    let detail = RawValue::from_string(detail.to_owned()).unwrap();
    Entry { source: source.to_owned(), detail_type: detail_type.to_owned(), detail }
}

#[test]
fn l2_an_event_that_serde_cannot_hold_reaches_its_rule() {
    let local = Local::builder().build();
    let queue = queue(&local);
    let pattern =
        Pattern::new(&json!({"source": ["lab"], "detail": {"samples": {"id": ["s2"], "kept": [true]}}}))
            .unwrap();
    local.bus().rule("kept", pattern, &queue, Input::Detail);
    let samples = r#""samples":[{"id":"s1","kept":true},{"id":"s2","kept":true}]"#;
    let nested = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let odd = [
        format!(r#"{{"mass":1e400,{samples}}}"#),
        format!(r#"{{"mass":123456789012345678901234567890.12345678901234567890,{samples}}}"#),
        format!(r#"{{"note":"half \ud800 of a pair",{samples}}}"#),
        format!(r#"{{"nested":{nested},{samples}}}"#),
    ];
    for detail in &odd {
        local.bus().put(&entry("lab", "sample.weighed", detail)).unwrap();
    }
    // Only together: the second sample is not kept.
    local
        .bus()
        .put(&entry(
            "lab",
            "sample.weighed",
            r#"{"samples":[{"id":"s1","kept":true},{"id":"s2","kept":false}]}"#,
        ))
        .unwrap();
    let bodies: Vec<String> = queue.peek().into_iter().map(|message| message.content.body).collect();
    assert_eq!(bodies, odd, "verbatim");
}

#[test]
fn l3_a_filter_policy_that_sns_refuses_is_refused() {
    let local = Local::builder().build();
    let queue = queue(&local);
    let subscribe = |pattern| {
        let filter = Some(Pattern::new(&pattern).unwrap());
        local.topic("parcels").subscribe("mine", Subscription { queue: queue.clone(), filter, raw: true })
    };
    let error = subscribe(json!({"parcel": {"id": [{"wildcard": "p*"}]}})).unwrap_err().to_string();
    assert_eq!(error, "event pattern, at parcel.id: a filter policy knows no wildcard");
    assert!(local.topic("parcels").subscriptions().is_empty());
    subscribe(json!({"parcel": {"id": [{"prefix": "p"}]}})).unwrap();
    for message in [r#"{"parcel":[{"id":"q1"},{"id":"p1"}]}"#, r#"{"parcel":{"id":"q1"}}"#, "no JSON"] {
        local.topic("parcels").publish(message).unwrap();
    }
    assert_eq!(queue.len(), 1);
}

const MIB: usize = 1024 * 1024;

fn object(depth: usize) -> String {
    format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth))
}

fn text(bytes: usize) -> String {
    format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes - r#"{"text":""}"#.len()))
}

#[test]
fn l4_put_events_refuses_what_aws_refuses() {
    let local = Local::builder().build();
    let long = |length| "ü".repeat(length);
    let room = MIB - 1 - 14 - "lab".len() - "sample.weighed".len();
    for (source, detail_type, detail, code) in [
        ("lab", "sample.weighed", text(room), None),
        ("lab", "sample.weighed", text(room + 1), Some("ValidationException")),
        ("lab", "sample.weighed", object(1100), None),
        ("lab", "sample.weighed", object(1101), Some("MalformedDetail")),
        ("lab", "sample.weighed", "[1]".to_owned(), Some("MalformedDetail")),
        ("lab", "sample.weighed", "null".to_owned(), Some("MalformedDetail")),
        ("aws.s3", "sample.weighed", object(1), Some("NotAuthorizedForSourceException")),
        ("aws", "sample.weighed", object(1), None),
        ("awsome.lab", "sample.weighed", object(1), None),
        ("", "sample.weighed", object(1), Some("InvalidArgument")),
        ("lab", "", object(1), Some("InvalidArgument")),
        (&*long(256), &*long(128), object(1), None),
        (&*long(257), "sample.weighed", object(1), Some("InvalidArgument")),
        ("lab", &*long(129), object(1), Some("InvalidArgument")),
    ] {
        let entry = entry(source, detail_type, &detail);
        let shown = format!("{source} {detail_type} {}", &detail[..detail.len().min(60)]);
        assert_eq!(local.bus().put(&entry).err().map(|error| error.code()), code, "{shown}");
        assert_eq!(local.bus().replay("story", &entry).err().map(|error| error.code()), code, "{shown}");
    }
}

#[test]
fn l4_a_topic_takes_256_kib() {
    let topic = Local::builder().build().topic("parcels");
    assert!(topic.publish(&"x".repeat(256 * 1024)).is_ok());
    let error = topic.publish(&"x".repeat(256 * 1024 + 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "InvalidParameter: the message has 262145 bytes, and 262144 are taken: check its payload in as a claim"
    );
    assert_eq!(topic.publish("").unwrap_err().code(), "InvalidParameter");
}

#[test]
fn l4_a_queue_takes_1_mib_of_the_characters_of_xml() {
    let local = Local::builder().build();
    let queue = queue(&local);
    let with = |attributes: &[(&str, &str)], body: String| {
        let attributes = attributes.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        NewMessage { attributes: attributes.collect(), ..NewMessage::new(body) }
    };
    let body = |bytes| "x".repeat(bytes);
    let many = |count: usize| {
        let attributes: BTreeMap<_, _> = (0..count).map(|n| (format!("a{n}"), "x".to_owned())).collect();
        NewMessage { attributes, ..NewMessage::new("x") }
    };
    let said = |code: &'static str| Some(code);
    for (message, code) in [
        (with(&[], body(MIB)), None),
        (with(&[], body(MIB + 1)), said("InvalidParameterValue")),
        // Name, type and value of an attribute count.
        (with(&[("a", "b")], body(MIB - 8)), None),
        (with(&[("a", "b")], body(MIB - 7)), said("InvalidParameterValue")),
        (with(&[], String::new()), said("MissingParameter")),
        (with(&[], "tab\tline\r\n\u{7f} größe 🎩 \u{fffd}".to_owned()), None),
        (with(&[], "\u{1b}[31m".to_owned()), said("InvalidMessageContents")),
        (with(&[], "\0".to_owned()), said("InvalidMessageContents")),
        (with(&[], "\u{fffe}".to_owned()), said("InvalidMessageContents")),
        (with(&[("a", "\u{b}")], body(1)), said("InvalidMessageContents")),
        (with(&[("a", "")], body(1)), said("InvalidParameterValue")),
        (many(10), None),
        (many(11), said("InvalidParameterValue")),
    ] {
        let before = queue.len();
        let shown: String = format!("{message:?}").chars().take(80).collect();
        assert_eq!(queue.send(message).err().map(|error| error.code()), code, "{shown}");
        assert_eq!(queue.len() - before, usize::from(code.is_none()), "{shown}");
    }
    let mut settings = QueueSettings::default();
    settings.fifo = true;
    let fifo = local.create_queue("orders.fifo", settings);
    assert_eq!(fifo.send(NewMessage::new("x")).unwrap_err().code(), "MissingParameter");
    let grouped = NewMessage { group: Some("o1".into()), ..NewMessage::new("x") };
    assert_eq!(fifo.send(grouped.clone()).unwrap_err().code(), "InvalidParameterValue");
    fifo.send(NewMessage { deduplication: Some("d1".into()), ..grouped }).unwrap();
}

#[test]
fn l4_a_message_group_has_128_characters_of_ascii_at_most() {
    let local = Local::builder().build();
    let queue = queue(&local);
    let topic = local.topic("levels");
    for (group, is_taken) in [
        ("customer/4711", true),
        ("~", true),
        (&*"x".repeat(128), true),
        (&*"x".repeat(129), false),
        ("", false),
        ("two words", false),
        ("größe", false),
        ("a\u{7f}", false),
    ] {
        let sent = queue.send(NewMessage { group: Some(group.into()), ..NewMessage::new("x") });
        let code = sent.map_err(|refused| refused.code()).err();
        assert_eq!(code, (!is_taken).then_some("InvalidParameterValue"), "{group}");
        let published = topic.publish_for(group, "x").map_err(|refused| refused.code());
        assert_eq!(published.err(), (!is_taken).then_some("InvalidParameter"), "{group}");
    }
    let repeat = NewMessage { deduplication: Some("d-1".into()), ..NewMessage::new("x") };
    assert_eq!(queue.send(repeat).unwrap_err().code(), "InvalidParameterValue");
}

#[test]
fn l4_a_message_is_hidden_for_12_hours_at_most() {
    let local = Local::builder().build();
    let queue = queue(&local);
    queue.send(NewMessage::new("x")).unwrap();
    let [message] = &queue.receive(1)[..] else { panic!("one message") };
    let hours = Duration::from_hours;
    queue.change_visibility(message, hours(12)).unwrap();
    let sleep = |time| {
        let clock = local.clock().clone();
        local.executor().block_on(async move { clock.sleep(time).await });
    };
    sleep(hours(6));
    // Twelve hours count from the receive.
    assert_eq!(queue.change_visibility(message, hours(7)).unwrap_err().code(), "InvalidParameterValue");
    queue.change_visibility(message, hours(5)).unwrap();
    sleep(hours(5));
    assert_eq!(queue.receive(1).len(), 1, "the refused change changed nothing");
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ordered {
    label: String,
}
waxseal::event!(Ordered { name: "order.placed", version: 1, owner: "shop" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Print {
    label: String,
}
waxseal::command!(Print { name: "print-label", version: 1, recipient: "printer" });

struct Label;
impl Handler for Label {
    const NAME: &str = "label";
    type Event = Ordered;
    type Emits = (Print,);
    async fn handle(&self, event: &Envelope<Ordered>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        unit.send(Print { label: event.data.label.clone() });
        Ok(())
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Printed(Vec<String>);
impl Entity for Printed {
    const KIND: &'static str = "printed";
}

struct Printer;
impl Handler for Printer {
    const NAME: &str = "print";
    type Event = Print;
    type Emits = ();
    async fn handle(&self, command: &Envelope<Print>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let mut printed = match unit.load::<Printed>("all").await? {
            Some(printed) => printed,
            None => unit.create("all", Printed::default()),
        };
        printed.0.push(command.data.label.clone());
        unit.save(printed);
        Ok(())
    }
}

#[test]
fn l4_o6_a_command_that_its_queue_refuses_is_dead_lettered_and_blocks_nobody() {
    let local = Local::builder().build();
    local.deploy_service(Service::new("warehouse").handler(Label)).unwrap();
    local.deploy_service(Service::new("printer").handler(Printer)).unwrap();
    for (id, label) in [("e1", "odd \u{fffe}"), ("e2", "plain")] {
        let event = Envelope::starting(id, "shop", local.now(), Ordered { label: label.into() });
        // SQS refuses the character; EventBridge takes it in escaped form.
        let json = serde_json::to_string(&event).unwrap().replace('\u{fffe}', "\\ufffe");
        local.put(&Raw::parse(&json).unwrap()).unwrap();
    }
    local.run_until_idle();
    let letters = local.relay_dead_letters("warehouse").unwrap().peek();
    let reasons: Vec<_> = letters.iter().map(|letter| letter.note().unwrap().reason).collect();
    assert_eq!(
        reasons,
        [
            "cannot be published to queue:printer: queue printer-commands: InvalidMessageContents: the character \\u{fffe} is \
          none that XML 1.0 has: encode the text"
        ]
    );
    assert_eq!(local.read::<Printed>("printer", "all").unwrap().0, ["plain"]);
}

#[test]
fn l4_an_event_with_a_source_of_aws_is_refused() {
    let local = Local::builder().build();
    let event = Envelope::starting("e3", "aws.shop", local.now(), Ordered { label: "x".into() });
    let error = local.put(&event.into_raw().unwrap()).unwrap_err().to_string();
    assert!(error.starts_with("not published: the bus: NotAuthorizedForSourceException: "), "{error}");
}

#[test]
fn l2_an_event_that_serde_cannot_hold_is_handled_or_dead_lettered() {
    let local = Local::builder().build();
    local.deploy_service(Service::new("warehouse").handler(Label)).unwrap();
    local.deploy_service(Service::new("printer").handler(Printer)).unwrap();
    let nested = format!("{}{}", "[".repeat(300), "]".repeat(300));
    let odd = [r#""mass":1e400"#, r#""note":"half \ud800 of a pair""#, &format!(r#""nested":{nested}"#)];
    for (number, member) in odd.iter().enumerate() {
        let detail = format!(
            r#"{{"eventId":"e{number}","eventType":"order.placed","eventVersion":1,"source":"shop",
                "timestamp":"2026-11-21T09:30:00Z","data":{{"label":"{number}",{member}}}}}"#
        );
        local.bus().put(&entry("shop", "order.placed", &detail)).unwrap();
    }
    local.run_until_idle();
    let printed = local.read::<Printed>("printer", "all").map_or(0, |printed| printed.0.len());
    let letters = local.dead_letters("warehouse").unwrap().len();
    assert_eq!(printed + letters, odd.len(), "{printed} handled, {letters} dead-lettered");
}
