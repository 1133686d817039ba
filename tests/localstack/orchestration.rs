//! The platform in its other style: a stage of its own, with `fulfilment` deployed, and the commands by
//! which a person finds an order there.

use order_platform::Style;
use serde_json::{Value, json};
use waxseal_tests::localstack::{
    becomes,
    client::Client,
    deploy::{ask, deploy, undeploy},
    eventually,
    outside::Outside,
    progress,
    stage::Stage,
};

use crate::{
    books::sixty_orders,
    world::{VISIBILITY, localstack, peace, turn},
};

const STAGE: &str = "local-process";
const STYLE: Style = Style::Orchestration;

/// The deployed platform.
struct Shop {
    client: Client,
    /// Whether its `LocalStack` ends with this run.
    is_thrown_away: bool,
    stage: Stage,
    outside: Outside,
}

impl Shop {
    fn deploy() -> Result<Self, String> {
        let (client, is_thrown_away) = localstack()?;
        if !is_thrown_away && Stage::of(&client, STYLE, STAGE).is_ok() {
            // A run that was cut off has left it.
            undeploy(&client, STYLE, STAGE)?;
        }
        let outside = Outside::start();
        progress("deploying the platform in orchestration");
        deploy(&client, STYLE, STAGE, &outside)?;
        let stage = Stage::of(&client, STYLE, STAGE).map_err(|error| error.to_string())?;
        stage.set_visibility(VISIBILITY).map_err(|error| error.to_string())?;
        Ok(Self { client, is_thrown_away, stage, outside })
    }

    /// From here on it costs the other scenarios nothing.
    fn end(&self) {
        match self.is_thrown_away {
            true => self.stage.silence(),
            false => undeploy(&self.client, STYLE, STAGE).unwrap(),
        }
    }

    /// The answer to `GET /fulfilments/{order}`.
    fn fulfilment(&self, order: &str) -> Value {
        let host = self.stage.host_of("fulfilment").unwrap();
        let path = format!("/fulfilments/{order}");
        self.client.send("GET", &path, &[("host", &*host)], b"").unwrap().json()
    }

    /// What a command about the stage answers, as JSON.
    fn ask(&self, arguments: &[&str]) -> Value {
        let said = ask(&self.client, STYLE, &[arguments, &["--stage", STAGE, "--json"]].concat()).unwrap();
        serde_json::from_str(&said).unwrap()
    }

    /// Places an order of one piece, of an article that is there.
    fn place(&self, order: &str, sku: &str) {
        let body = json!({
            "orderId": order, "customer": {"id": "c-104", "name": "Zoë Núñez", "email": "zoe@example.es"},
            "lines": [{"sku": sku, "quantity": 1, "unitPrice": 1250}], "currency": "EUR",
            "paymentToken": "tok_visa",
        });
        let placed = eventually("orders answers", || {
            let headers = [("idempotency-key", order)];
            let answer = self.stage.http("POST", "/orders", &headers, body.to_string().as_bytes()).ok()?;
            (answer.status < 500).then_some(answer)
        });
        assert_eq!(placed.status, 202, "{}", placed.json());
    }
}

#[test]
fn g8_sixty_orders_in_orchestration_leave_the_same_books_and_a_person_finds_each_of_them() {
    // It takes most of the time, and disturbs no scenario.
    let deploying = peace();
    let shop = Shop::deploy().unwrap();
    drop(deploying);
    let _turn = turn("g8_sixty_orders_in_orchestration_leave_the_same_books_and_a_person_finds_each_of_them");
    let books = sixty_orders(STYLE, &shop.stage, &shop.outside);

    // The scan has every instance, and each has ended.
    let ended = shop.ask(&["processes", "ls", "--scan", "--state", "finished"]);
    assert_eq!(ended.as_array().unwrap().len() as u64, books.placed, "{ended:#}");
    an_order_that_waits_is_found(&shop, books.reserved.keys().next().unwrap());

    shop.end();
}

/// An order whose card nobody charges is found by the list and by its name, and so is its end.
fn an_order_that_waits_is_found(shop: &Shop, sku: &str) {
    let order = "waits-1";
    shop.stage.deliver("payment-commands", false);
    shop.place(order, sku);
    becomes("the card is to be charged", &json!("charging"), || shop.fulfilment(order)["step"].clone());

    let listed = shop.ask(&["processes", "ls"]);
    let [only] = &listed.as_array().unwrap()[..] else { panic!("it alone has a timer: {listed:#}") };
    let told = |found: &Value| ["service", "kind", "id", "state", "stuck"].map(|name| found[name].clone());
    let expected = ["fulfilment", "fulfilment", order, "running"].map(Value::from);
    let expected = [&expected[..], &[json!(false)]].concat();
    assert_eq!(told(only)[..], expected);
    assert_eq!(only["step"], "charging", "{only:#}");
    let found = shop.ask(&["where", order]);
    assert_eq!(told(&found)[..], expected);
    assert_eq!(found["waits"], only["waits"], "{found:#}");
    assert!(found["waits"][0]["until"].is_string(), "{found:#}");
    // What the shop's own API says of it is the same.
    let calls = &found["instance"]["calls"];
    assert_eq!(calls[0]["command"], "reserve-stock", "{calls:#}");
    assert_eq!(calls[1]["command"], "charge-card", "{calls:#}");

    shop.stage.deliver("payment-commands", true);
    becomes("it is confirmed", &json!("confirmed"), || {
        shop.stage.http("GET", &format!("/orders/{order}"), &[], b"").unwrap().json()["status"].clone()
    });
    shop.stage.settle();
    let text = ask(&shop.client, STYLE, &["where", order, "--stage", STAGE]).unwrap();
    assert!(text.starts_with("fulfilment waits-1: finished"), "{text}");
    assert!(text.contains("ended    as confirmed"), "{text}");
    assert!(text.contains("charge-card: sent") && text.contains("order.settled"), "{text}");
    let unknown = ask(&shop.client, STYLE, &["where", "nobody", "--stage", STAGE]).unwrap_err();
    assert!(unknown.contains("has no instance nobody of fulfilment"), "{unknown}");
    shop.stage.assert_no_dead_letters();
}
