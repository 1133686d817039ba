//! Foreign events find their handlers by name and source.

use serde::{Deserialize, Serialize};
use serde_json::json;
use waxseal::Service;

use crate::support::{Deployed, Keep, OK, Seen, sqs};

macro_rules! declared {
    ($($name:ident { $($declaration:tt)* })*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        struct $name {}
        waxseal::foreign!($name { $($declaration)* });
    )*};
}
declared! {
    Crm { detail_type: "User Created", source: "crm", bus: application }
    Shop { detail_type: "User Created", source: "shop", bus: application }
    Partner { detail_type: "User Created", source: "aws.partner/auth0.com", bus: partner }
    Anyone { type: "User Created" }
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Own {}
waxseal::event!(Own { name: "user.created", version: 1, owner: "users" });
declared! { Theirs { type: "user.created", source: "crm" } }

fn event(name: &str, source: &str, id: &str) -> String {
    let event = json!({
        "version": "0", "id": id, "detail-type": name, "source": source, "account": "1", "region": "eu-west-1",
        "time": "2026-11-21T09:30:01Z", "resources": [], "detail": {},
    });
    sqs("m1", &event.to_string(), &json!({}))
}

/// How often the handlers of `User Created` run for one of `source`: of the CRM, the shop, the partner and
/// anyone.
fn runs(source: &str) -> [usize; 4] {
    let seen: (Seen<Crm>, Seen<Shop>, Seen<Partner>, Seen<Anyone>) = Default::default();
    macro_rules! service {
        ($($handler:ident $name:literal $event:ident $at:tt)*) => {{
            $(
                struct $handler(Seen<$event>);
                impl waxseal::Handler for $handler {
                    const NAME: &str = $name;
                    type Event = $event;
                    type Emits = ();
                    async fn handle(
                        &self,
                        event: &waxseal::Envelope<$event>,
                        unit: &mut waxseal::Unit<'_, ()>,
                    ) -> Result<(), waxseal::Fault> {
                        Keep(self.0.clone()).handle(event, unit).await
                    }
                }
            )*
            Service::new("users")$(.handler($handler(seen.$at.clone())))*
        }};
    }
    let service = service! { OfCrm "crm" Crm 0 OfShop "shop" Shop 1 OfPartner "partner" Partner 2 OfAnyone "anyone" Anyone 3 };
    let deployed = Deployed::new(service);
    deployed.succeeds(event("User Created", source, "e-1"));
    [seen.0.count(), seen.1.count(), seen.2.count(), seen.3.count()]
}

#[test]
fn s50_two_owners_of_one_name_are_told_apart() {
    assert_eq!(runs("crm"), [1, 0, 0, 1]);
    assert_eq!(runs("shop"), [0, 1, 0, 1]);
    assert_eq!(runs("aws.partner/auth0.com/tenant-1/logs"), [0, 0, 1, 1]);
    assert_eq!(runs("aws.partner/auth0.community"), [0, 0, 0, 1], "another partner");
    assert_eq!(runs("somebody"), [0, 0, 0, 1]);
}

#[test]
fn s50_an_event_of_another_source_is_a_dead_letter() {
    let (deployed, seen) = Deployed::keeping::<Crm>();
    assert_eq!(deployed.invoke(event("User Created", "shop", "e-1")).unwrap(), OK);
    assert_eq!(seen.count(), 0);
    let reasons = deployed.reasons();
    assert!(reasons.len() == 1 && reasons[0].contains("no handler for User Created"), "{reasons:?}");
}

#[test]
fn s50_an_event_of_a_declared_source_is_not_the_applications_own() {
    let (own, theirs): (Seen<Own>, Seen<Theirs>) = Default::default();
    struct Ours(Seen<Own>);
    impl waxseal::Handler for Ours {
        const NAME: &str = "ours";
        type Event = Own;
        type Emits = ();
        async fn handle(
            &self,
            event: &waxseal::Envelope<Own>,
            unit: &mut waxseal::Unit<'_, ()>,
        ) -> Result<(), waxseal::Fault> {
            Keep(self.0.clone()).handle(event, unit).await
        }
    }
    let deployed =
        Deployed::new(Service::new("users").handler(Ours(own.clone())).handler(Keep(theirs.clone())));
    deployed.succeeds(event("user.created", "crm", "e-1"));
    assert_eq!((own.count(), theirs.count()), (0, 1));
    deployed.succeeds(event("user.created", "users", "e-2"));
    assert_eq!((own.count(), theirs.count()), (1, 1));
}

#[test]
fn s50_one_id_of_two_sources_is_two_events_and_one_id_of_one_source_is_one() {
    let (deployed, seen) = Deployed::keeping::<Anyone>();
    for source in ["crm", "shop", "crm"] {
        deployed.succeeds(event("User Created", source, "e-1"));
    }
    assert_eq!(seen.count(), 2);
}

#[test]
fn s50_an_identity_beyond_the_limits_is_malformed_with_a_reason() {
    let long = "x".repeat(257);
    for (name, source, id, says) in [
        ("User Created", "crm", &*long, "whose id has more than 256 bytes"),
        ("User Created", &*long, "e-1", "whose source has more than 256 bytes"),
        (&*long, "crm", "e-1", "whose detail-type has more than 256 bytes"),
        ("User Created", "crm", "", "whose id is empty"),
        ("User Created", "", "e-1", "whose source is empty"),
    ] {
        let (deployed, seen) = Deployed::keeping::<Anyone>();
        assert_eq!(deployed.invoke(event(name, source, id)).unwrap(), OK);
        let dead_letters = deployed.dead_letters();
        assert!(dead_letters.len() == 1 && dead_letters[0].reason.contains(says), "{dead_letters:?}");
        assert_eq!((dead_letters[0].code.as_str(), seen.count()), ("WX0001", 0));
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct PaidV1 {
    cents: u64,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Paid {
    amount: String,
}
impl From<PaidV1> for Paid {
    fn from(v1: PaidV1) -> Self {
        Self { amount: format!("{}.{:02}", v1.cents / 100, v1.cents % 100) }
    }
}
waxseal::foreign!(PaidV1 { type: "paid", source: "bank", version_at: "/schema/version" });
waxseal::foreign!(Paid { type: "paid", source: "bank", version: 2, version_at: "/schema/version", previous: PaidV1 });

#[test]
fn s50_a_version_is_where_its_owner_writes_it() {
    let paid = |detail: serde_json::Value| {
        let event = json!({
            "version": "0", "id": "e-1", "detail-type": "paid", "source": "bank", "time": "2026-11-21T09:30:01Z",
            "detail": detail,
        });
        let (deployed, seen) = Deployed::keeping::<Paid>();
        let answer = deployed.invoke(sqs("m1", &event.to_string(), &json!({}))).unwrap();
        if answer != OK {
            return Err("comes again".to_owned());
        }
        deployed
            .reasons()
            .into_iter()
            .next()
            .map_or_else(|| Ok(seen.one(|event| event.data.amount.clone())), Err)
    };
    assert_eq!(paid(json!({"cents": 1250})).unwrap(), "12.50", "no version is the first");
    assert_eq!(paid(json!({"schema": {"version": "1.4"}, "cents": 5})).unwrap(), "0.05");
    assert_eq!(paid(json!({"schema": {"version": 2}, "amount": "7.00"})).unwrap(), "7.00");
    assert_eq!(paid(json!({"schema": {"version": "3"}, "amount": "7.00"})).unwrap_err(), "comes again");
    let error = paid(json!({"schema": {"version": "anna@example.com"}})).unwrap_err();
    assert!(
        error.contains("its version at /schema/version is no whole number") && !error.contains("anna"),
        "{error}"
    );
}
