//! Queries over HTTP, as data (E-13).

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use waxseal::{Answers, Entity, Failure, Fault, Service, View};
use waxseal_testing::{Fixture, block_on};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct GetParcels {
    customer: String,
    carrier: String,
    limit: Option<u32>,
    #[serde(default)]
    only_lost: bool,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Parcels {
    asked: GetParcels,
    found: Option<u32>,
}

waxseal::query!(GetParcels {
    name: "get-parcels",
    version: 1,
    owner: "depot",
    path: "/customers/{customer}/parcels/{carrier}",
    answer: Parcels,
});

#[derive(Serialize, Deserialize)]
struct Count(u32);
impl Entity for Count {
    const KIND: &'static str = "count";
}

struct ParcelsOf;
impl Answers<GetParcels> for ParcelsOf {
    async fn answer(&self, query: &GetParcels, view: &View<'_>) -> Result<Option<Parcels>, Failure> {
        match &*query.customer {
            "nobody" => return Ok(None),
            "odd" => return Err(Fault::permanent("a customer is not odd").into()),
            _ => {}
        }
        let found = view.read::<Count>(&query.customer).await?.map(|count| count.0);
        let GetParcels { customer, carrier, limit, only_lost } = query;
        let asked = GetParcels {
            customer: customer.clone(),
            carrier: carrier.clone(),
            limit: *limit,
            only_lost: *only_lost,
        };
        Ok(Some(Parcels { asked, found }))
    }
}

fn service() -> Service {
    Service::new("depot").answers(ParcelsOf)
}

fn get(path: &str, members: &str) -> Option<(u16, serde_json::Value)> {
    let engine = Fixture::default().engine(service());
    let answered = block_on(engine.get(path, members))?;
    let expected = if answered.status == 200 { "application/json" } else { "application/problem+json" };
    assert_eq!(answered.content_type, expected);
    Some((answered.status, serde_json::from_str(&answered.body).expect("JSON")))
}

#[test]
fn e13_a_question_is_read_from_path_and_query_string() {
    let (status, answer) = get("/customers/c%2D7%2Fø/parcels/post", "limit=10&only_lost=true").unwrap();
    let answer: Parcels = serde_json::from_value(answer).unwrap();
    let asked =
        GetParcels { customer: "c-7/ø".into(), carrier: "post".into(), limit: Some(10), only_lost: true };
    assert_eq!((status, answer), (200, Parcels { asked, found: None }));
    assert_eq!(get("/customers/nobody/parcels/post", "").unwrap().0, 404);
    for elsewhere in [
        "/customers/c-7",
        "/customers/c-7/parcels",
        "/",
        "",
        "/customers/c-7/parcels/post/1",
        "/orders/c-7/parcels/post",
    ] {
        assert_eq!(get(elsewhere, ""), None, "{elsewhere}");
    }
}

#[test]
fn e13_what_cannot_be_answered_says_why() {
    for (path, members, status, text) in [
        ("/customers/c/parcels/post", "limit=many", 400, "invalid digit"),
        ("/customers/c/parcels/post", "limit=-1", 400, "invalid digit"),
        ("/customers/c/parcels/post", "customer=d", 400, "duplicate field `customer`"),
        ("/customers/odd/parcels/post", "", 400, "a customer is not odd"),
    ] {
        let (found, problem) = get(path, members).unwrap();
        assert_eq!(found, status, "{path} {members}");
        assert!(problem["detail"].as_str().unwrap().contains(text), "{problem}");
    }
    let fixture = Fixture::default();
    let engine = fixture.engine(service());
    fixture.table.set_unavailable(true);
    let answered = block_on(engine.get("/customers/c/parcels/post", "")).unwrap();
    assert_eq!((answered.status, answered.retry_after), (503, Some(1)));
    assert!(!answered.body.contains("/c"), "it says nothing of the question: {}", answered.body);
}

proptest! {
    /// Whatever is in a path and a query string: an answer or a problem, and no panic; and members
    /// that were escaped come back as they were.
    #[test]
    fn e13_any_path_and_query_string_has_an_answer(path in "\\PC{0,40}", members in "\\PC{0,40}", customer in "\\PC{1,20}") {
        let _ = get(&path, &members);
        let _ = get(&format!("/customers/{path}/parcels/{path}"), &members);
        let escaped: String = customer.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let (status, answer) = get(&format!("/customers/{escaped}/parcels/post"), "").unwrap();
        if status == 200 {
            prop_assert_eq!(answer["asked"]["customer"].as_str(), Some(&*customer));
        }
    }
}
