//! Tenants: a message may name the tenant on whose behalf it travels, and its receipt carries the
//! name to the relay.

use std::{borrow::Cow, convert::Infallible};

use serde::{Deserialize, Serialize};

use super::{
    domain::{OrderPlaced, Script, Tally, announcing, order_of},
    env::ContractEnv,
    world::World,
};
use waxseal::{
    Aggregate, Attempt, Decide, Effect, Envelope, Fault, Handler, Out, Raw, Refusal, Service, Unit,
    table::attribute,
};

#[derive(Debug, Serialize, Deserialize)]
struct RenderInvoice {
    customer: String,
}
waxseal::command!(RenderInvoice {
    name: "render-invoice",
    version: 1,
    recipient: "invoices",
    tenant: |RenderInvoice { customer }| customer,
});

#[derive(Debug, Serialize, Deserialize)]
struct Invoiced {
    customer: Option<String>,
}
waxseal::event!(Invoiced {
    name: "order.invoiced",
    version: 1,
    owner: "billing",
    tenant: |invoiced| invoiced.customer.as_deref(),
});

/// The customer name of an order without a customer.
const UNKNOWN: &str = "unknown";

/// A command and an event for the order. The order's article stands for the customer.
fn both(order: &OrderPlaced) -> (RenderInvoice, Invoiced) {
    let customer = order.sku.clone();
    (
        RenderInvoice { customer: customer.clone() },
        Invoiced { customer: Some(customer).filter(|name| name != UNKNOWN) },
    )
}

struct Ask;
impl Handler for Ask {
    const NAME: &str = "ask";
    type Event = OrderPlaced;
    type Emits = (RenderInvoice, Invoiced);
    async fn handle(
        &self,
        order: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let (command, event) = both(&order.data);
        unit.send(command);
        unit.emit(event);
        Ok(())
    }
}

struct AskPurely;
impl Aggregate for AskPurely {
    const NAME: &'static str = "ask-purely";
    type State = Tally;
    type Decides = (OrderPlaced,);
    type Emits = (RenderInvoice, Invoiced);
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for AskPurely {
    fn key(order: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed(&order.sku)
    }
    fn decide(
        &self,
        state: &mut Option<Tally>,
        order: &Envelope<OrderPlaced>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        state.get_or_insert_default();
        let (command, event) = both(&order.data);
        out.send(command);
        out.emit_in_sequence(event);
        Ok(())
    }
}

struct AskOutside;
impl Effect for AskOutside {
    const NAME: &str = "ask-outside";
    const KEY_TTL: std::time::Duration = super::domain::KEY_TTL;
    type Event = OrderPlaced;
    type Emits = (RenderInvoice, Invoiced);
    async fn act(
        &self,
        order: &Envelope<OrderPlaced>,
        _: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let (command, event) = both(&order.data);
        unit.send(command);
        unit.emit(event);
        Ok(())
    }
}

/// The tenants that each form of handler emitted for an order of this customer, by emission.
async fn tenants(env: &impl ContractEnv, customer: &str) -> [Vec<Option<String>>; 3] {
    let world = World::of(env).await;
    let service = Service::new("billing").handler(Ask).aggregate(AskPurely).effect(AskOutside);
    let raw = order_of("o-48", customer);
    world.function(service).deliver(&raw).await.unwrap();
    let mut tenants: [Vec<Option<String>>; 3] = Default::default();
    for (found, consumer) in
        tenants.iter_mut().zip(["billing/ask", "billing/ask-purely/order.placed", "billing/ask-outside"])
    {
        let emitted = world.emitted(consumer, &raw).await;
        let names = emitted.iter().map(|emission| Raw::parse(emission.envelope.get()).unwrap().name);
        assert_eq!(names.collect::<Vec<_>>(), ["render-invoice", "order.invoiced"], "{consumer}");
        *found =
            emitted.into_iter().map(|emission| emission.tenant.map(|tenant| tenant.to_string())).collect();
    }
    tenants
}

/// Every form of handler stores the tenant, for every channel.
pub async fn s48_a_receipt_carries_the_tenant_of_what_it_emitted(env: &impl ContractEnv) {
    for customer in ["customer/4711", "~", &"x".repeat(128)] {
        let tenant = Some(customer.to_owned());
        let expected = vec![tenant.clone(), tenant];
        assert_eq!(tenants(env, customer).await, [expected.clone(), expected.clone(), expected]);
    }
    // The payload has no tenant.
    let expected = vec![Some(UNKNOWN.to_owned()), None];
    assert_eq!(tenants(env, UNKNOWN).await, [expected.clone(), expected.clone(), expected]);
}

/// A tenant that SQS would refuse is left off, and its message is kept.
pub async fn s48_an_invalid_tenant_is_left_off_and_its_message_is_not_lost(env: &impl ContractEnv) {
    for customer in ["Zoë", "two words", "línea", &"x".repeat(129)] {
        assert_eq!(tenants(env, customer).await, [const { [None, None] }; 3].map(Vec::from), "{customer}");
    }
}

/// A row without tenants is byte for byte that of older builds, and costs the same. An emission
/// whose stored tenant is damaged keeps its envelope.
pub async fn s48_without_a_tenant_a_receipt_is_as_older_builds_wrote_it(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order_of("o-48", "hat");
    world.function(announcing(&Script::default())).deliver(&raw).await.unwrap();
    let item = world.receipt_item("inventory/announce", &raw).await.unwrap();
    let text = item.get_text(attribute::EMITTED).unwrap();
    let emitted = &world.emitted("inventory/announce", &raw).await[0];
    assert_eq!(text, format!(r#"[{{"channel":"bus","envelope":{}}}]"#, emitted.envelope));
    assert_eq!(emitted.tenant, None);

    for (stored, tenant) in [
        (r#""a""#, Some("a")),
        (r#""\u0061""#, Some("a")),
        (r#""""#, None),
        (r#""ü""#, None),
        ("null", None),
        ("1e999", None),
        (r#"{"a":["b"]}"#, None),
    ] {
        let text = format!(r#"[{{"tenant":{stored},"channel":"bus","envelope":{{"eventId":"e"}}}}]"#);
        let emitted = waxseal::read_emissions(&text).unwrap();
        assert_eq!(emitted[0].envelope.get(), r#"{"eventId":"e"}"#, "{stored}");
        assert_eq!(emitted[0].tenant.as_ref().map(|tenant| tenant.as_str()), tenant, "{stored}");
    }

    // The price is that of a message without a tenant: one write for each commit.
    let world = World::of(env).await;
    let function = world.function(Service::new("billing").handler(Ask));
    let (done, requests) = function.count(&order_of("o-48", "customer/4711")).await;
    assert_eq!((done.is_ok(), requests), (true, 1));
}
