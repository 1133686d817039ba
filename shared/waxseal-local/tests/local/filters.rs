//! A filter gives the same answer in a rule, in a subscription, in the engine and in the embedded
//! environment (S-66), and what nobody wants costs nothing (S-65).

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use waxseal::{Channel, Declared, Entity, Envelope, Fault, Filter, Handler, Service, Unit, catalog::Entry};
use waxseal_catalog::{App, Deployed};
use waxseal_local::{Entry as BusEntry, Input, Local, Pattern, QueueSettings, Subscription};
use waxseal_pattern::any_of;

const ON_BUS: Declared = Declared::new("order.placed", "orders", Channel::Bus);
const ON_TOPIC: Declared = Declared::new("order.placed", "orders", Channel::Topic("orders"));

/// A test of one value, in the plainest form of its documented meaning.
#[derive(Debug, Clone)]
enum Ask {
    Is(Value),
    Prefix(String),
    Suffix(String),
    IgnoringCase(String),
    AnythingBut(Vec<String>),
    /// Hundredths: a lower and an upper bound, both inside.
    Between(i64, i64),
}

impl Ask {
    fn to_json(&self) -> Value {
        let hundredths = |number: i64| {
            let text = format!(
                "{}{}.{:02}",
                if number < 0 { "-" } else { "" },
                number.abs() / 100,
                number.abs() % 100
            );
            serde_json::from_str::<Value>(&text).unwrap()
        };
        match self {
            Self::Is(value) => value.clone(),
            Self::Prefix(text) => json!({ "prefix": text }),
            Self::Suffix(text) => json!({ "suffix": text }),
            Self::IgnoringCase(text) => json!({ "equals-ignore-case": text }),
            Self::AnythingBut(texts) => json!({ "anything-but": texts }),
            Self::Between(low, high) if low == high => json!({ "numeric": ["=", hundredths(*low)] }),
            Self::Between(low, high) => {
                json!({ "numeric": [">=", hundredths(*low), "<=", hundredths(*high)] })
            }
        }
    }

    fn takes(&self, leaf: &Value) -> bool {
        let text = leaf.as_str();
        match self {
            Self::Is(wanted) => wanted == leaf,
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(&**prefix)),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(&**suffix)),
            Self::IgnoringCase(wanted) => text.is_some_and(|text| text.eq_ignore_ascii_case(wanted)),
            Self::AnythingBut(texts) => !texts.iter().any(|other| Some(&**other) == text),
            Self::Between(low, high) => leaf.as_f64().is_some_and(|number| {
                let number = (number * 100.0).round() as i64;
                (*low..=*high).contains(&number)
            }),
        }
    }
}

/// A filter: alternatives of fields, each with its tests.
#[derive(Debug, Clone)]
struct Asks(Vec<BTreeMap<Vec<&'static str>, Vec<Ask>>>);

impl Asks {
    fn filter(&self) -> Filter {
        let of = |fields: &BTreeMap<Vec<&'static str>, Vec<Ask>>| {
            let mut object = json!({});
            for (path, asks) in fields {
                let pointer = format!("/{}", path.join("/"));
                if let [outer, _] = &path[..]
                    && object[*outer].is_null()
                {
                    object[*outer] = json!({});
                }
                let (parent, last) = pointer.rsplit_once('/').unwrap();
                object.pointer_mut(parent).unwrap()[last] = asks.iter().map(Ask::to_json).collect();
            }
            object
        };
        let text = any_of(self.0.iter().map(of).collect()).to_string();
        Filter::checked(Box::leak(text.clone().into_boxed_str()))
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn wants(&self, payload: &Value) -> bool {
        let field = |path: &[&'static str], asks: &[Ask]| {
            let value = payload.pointer(&format!("/{}", path.join("/")));
            let leaves = match value {
                None | Some(Value::Object(_)) => Vec::new(),
                Some(Value::Array(leaves)) => leaves.iter().collect(),
                Some(leaf) => vec![leaf],
            };
            leaves.iter().any(|leaf| asks.iter().any(|ask| ask.takes(leaf)))
        };
        self.0.iter().any(|fields| fields.iter().all(|(path, asks)| field(path, asks)))
    }
}

const TEXTS: [&str; 7] = ["DE", "de", "Größe", "a", "ab", "b/a", "x"];

fn text() -> impl Strategy<Value = String> {
    proptest::sample::select(TEXTS.as_slice()).prop_map(str::to_owned)
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        text().prop_map(|text| Ask::Is(json!(text))),
        any::<bool>().prop_map(|word| Ask::Is(json!(word))),
        text().prop_map(Ask::Prefix),
        text().prop_map(Ask::Suffix),
        text().prop_filter("ASCII", |text| text.is_ascii()).prop_map(Ask::IgnoringCase),
        vec(text(), 1..3).prop_map(Ask::AnythingBut),
        (-300..300_i64, 0..200_i64).prop_map(|(low, width)| Ask::Between(low, low + width)),
    ]
}

fn asks() -> impl Strategy<Value = Asks> {
    let path = prop_oneof![
        Just(vec!["country"]),
        Just(vec!["total"]),
        Just(vec!["who", "name"]),
        Just(vec!["who", "age"]),
    ];
    let fields = proptest::collection::btree_map(path, vec(ask(), 1..3), 1..3);
    vec(fields, 1..3).prop_map(Asks)
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(|text| json!(text)),
        3 => (-400..400_i64).prop_map(|number| serde_json::from_str(&format!("{number}e-2")).unwrap()),
        2 => (-4..4_i64).prop_map(|number| json!(number)),
        2 => any::<bool>().prop_map(|word| json!(word)),
        1 => Just(Value::Null),
        1 => Just(json!("")),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![5 => leaf(), 1 => vec(leaf(), 0..3).prop_map(Value::Array)]
}

fn payload() -> impl Strategy<Value = Value> {
    let member = |name: &'static str| {
        proptest::option::weighted(0.8, value()).prop_map(move |value| value.map(|value| (name, value)))
    };
    let object = |members: Vec<Option<(&'static str, Value)>>| {
        Value::Object(members.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let who = (member("name"), member("age")).prop_map(move |(name, age)| object(vec![name, age]));
    let who = prop_oneof![4 => who.prop_map(Some), 1 => value().prop_map(Some), 1 => Just(None)];
    (member("country"), member("total"), who)
        .prop_map(move |(country, total, who)| object(vec![country, total, who.map(|who| ("who", who))]))
}

/// A service whose handlers have these filters.
fn service(event: Declared, filters: &[Filter]) -> Deployed {
    const NAMES: [&str; 3] = ["a", "b", "c"];
    let entry = |(filter, name): (&Filter, &'static str)| Entry::new("s", name, event, &[]).filtered(*filter);
    Deployed::of_catalog("s", filters.iter().zip(NAMES).map(entry).collect())
}

fn envelope(payload: &Value) -> Value {
    json!({
        "eventId": "e-1", "eventType": "order.placed", "eventVersion": 1, "source": "orders",
        "timestamp": "2026-11-21T09:29:58.250Z", "correlationId": "e-1", "data": payload, "metadata": {},
    })
}

/// How a rule is derived from the filters of a service.
type Derive = fn(&[Filter]) -> Value;

/// The right way.
fn as_derived(filters: &[Filter]) -> Value {
    let app = App::new("shop").service(service(ON_BUS, filters));
    app.routes(&app.services[0]).rules[0].pattern.clone()
}

fn with_detail(detail: Option<Value>) -> Value {
    let mut pattern = json!({ "source": ["orders"], "detail-type": ["order.placed"] });
    if let Some(detail) = detail {
        pattern["detail"] = detail;
    }
    pattern
}

/// A wrong way: the payload of an own event is looked for where that of a foreign one is.
fn on_the_detail(filters: &[Filter]) -> Value {
    with_detail(Filter::any(filters.iter().copied()).map(any_of))
}

/// A wrong way: the first handler decides for all.
fn of_the_first_handler(filters: &[Filter]) -> Value {
    with_detail(Filter::any(filters.iter().copied().take(1)).map(|all| json!({ "data": any_of(all) })))
}

/// A wrong way: a handler without a filter does not count.
fn of_filtered_handlers_alone(filters: &[Filter]) -> Value {
    let filtered = filters.iter().copied().filter(|filter| !filter.is_all());
    with_detail(Filter::any(filtered).map(|all| json!({ "data": any_of(all) })))
}

fn rule_takes(derive: Derive, filters: &[Filter], payload: &Value) -> bool {
    let event = json!({
        "version": "0", "id": "11710aed", "source": "orders", "detail-type": "order.placed",
        "account": "123456789012", "time": "2026-11-21T09:29:58Z", "region": "eu-west-1", "resources": [],
        "detail": envelope(payload),
    });
    Pattern::new(&derive(filters)).unwrap().matches(&event)
}

fn subscription(filters: &[Filter]) -> Pattern {
    let app = App::new("shop").service(service(ON_TOPIC, filters));
    let policy = Pattern::new(&app.routes(&app.services[0]).subscriptions[0].filter).unwrap();
    policy.check_filter_policy().unwrap();
    policy
}

fn engine_takes(filters: &[Filter], payload: &Value) -> bool {
    let wants = |filter: &Filter| filter.compile().is_none_or(|it| it.matches(&payload.to_string()));
    filters.iter().any(wants)
}

/// What arrives in the queues of a rule and of a subscription of the embedded environment.
fn embedded_takes(filters: &[Filter], payload: &Value) -> (bool, bool) {
    let local = Local::builder().build();
    let queue = |name: &str| local.create_queue(name, QueueSettings::default());
    let (of_rule, of_topic) = (queue("rule"), queue("topic"));
    local.bus().rule("r", Pattern::new(&as_derived(filters)).unwrap(), &of_rule, Input::Whole);
    let to = Subscription { queue: of_topic.clone(), filter: Some(subscription(filters)), raw: true };
    local.topic("orders").subscribe("s", to).unwrap();
    let text = envelope(payload).to_string();
    let detail = serde_json::value::RawValue::from_string(text.clone()).unwrap();
    local
        .bus()
        .put(&BusEntry { source: "orders".into(), detail_type: "order.placed".into(), detail })
        .unwrap();
    local.topic("orders").publish(&text).unwrap();
    (of_rule.len() == 1, of_topic.len() == 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn s66_a_filter_gives_the_same_answer_everywhere(
        asks in vec(proptest::option::weighted(0.9, asks()), 1..3),
        payload in payload(),
    ) {
        let filters: Vec<Filter> =
            asks.iter().map(|asks| asks.as_ref().map_or(Filter::ALL, Asks::filter)).collect();
        let wanted = asks.iter().any(|asks| asks.as_ref().is_none_or(|asks| asks.wants(&payload)));
        let policy = subscription(&filters);
        prop_assert_eq!(engine_takes(&filters, &payload), wanted, "the engine");
        prop_assert_eq!(rule_takes(as_derived, &filters, &payload), wanted, "the rule");
        prop_assert_eq!(policy.matches(&envelope(&payload)), wanted, "the subscription");
        prop_assert_eq!(embedded_takes(&filters, &payload), (wanted, wanted), "the embedded environment");
    }
}

/// Whether a way to derive rules agrees with the engine on these samples.
fn agrees(derive: Derive) -> bool {
    let (german, large) =
        (Filter::new(r#"{"country":["DE"]}"#), Filter::new(r#"{"total":[{"numeric":[">=",100]}]}"#));
    let services = [vec![german], vec![german, large], vec![german, Filter::ALL]];
    let payloads =
        [json!({ "country": "DE", "total": 1 }), json!({ "country": "FR", "total": 100.0 }), json!({})];
    services.iter().all(|filters| {
        payloads.iter().all(|payload| rule_takes(derive, filters, payload) == engine_takes(filters, payload))
    })
}

#[test]
fn s66_every_wrong_way_to_derive_a_rule_gives_another_answer() {
    assert!(agrees(as_derived));
    for wrong in [on_the_detail as Derive, of_the_first_handler, of_filtered_handlers_alone] {
        assert!(!agrees(wrong));
    }
}

#[derive(Serialize, Deserialize)]
struct OrderPlaced {
    country: String,
}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    orders: u32,
}
impl Entity for Seen {
    const KIND: &'static str = "seen";
}

struct CountGerman;
impl Handler for CountGerman {
    const NAME: &str = "count-german";
    const FILTER: Filter = Filter::new(r#"{"country":["DE"]}"#);
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, event: &Envelope<OrderPlaced>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let mut seen = match unit.load::<Seen>(&event.data.country).await? {
            Some(seen) => seen,
            None => unit.create(&event.data.country, Seen::default()),
        };
        seen.orders += 1;
        unit.save(seen);
        Ok(())
    }
}

#[test]
fn s65_what_nobody_wants_is_not_delivered_and_what_passes_by_the_rule_is_ignored() {
    let local = Local::builder().build();
    local.deploy_service(Service::new("counter").handler(CountGerman)).unwrap();
    let order = |id: &str, country: &str| {
        let placed = OrderPlaced { country: country.to_owned() };
        Envelope::starting(id, "orders", local.now(), placed).into_raw().unwrap()
    };
    local.put(&order("o-1", "DE")).unwrap();
    local.put(&order("o-2", "FR")).unwrap();
    local.run_until_idle();
    assert_eq!(local.deliveries(), 1, "the rule holds the other one back");
    // A redrive or a replay to the queue passes by the rule.
    let queue = local.queue("counter").unwrap();
    let body = serde_json::to_string(&order("o-2", "FR")).unwrap();
    queue.send(waxseal_local::NewMessage::new(body)).unwrap();
    local.run_until_idle();
    assert_eq!(local.deliveries(), 2);
    assert_eq!(local.read::<Seen>("counter", "DE"), Some(Seen { orders: 1 }));
    assert_eq!(local.read::<Seen>("counter", "FR"), None);
    local.expect_no_dead_letters();
    assert!(queue.is_empty());
}
