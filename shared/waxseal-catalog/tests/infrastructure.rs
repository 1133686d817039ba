//! Findings about what a service's stack has beside its messages: permissions, secrets, routes, numbers.

use waxseal::{Channel, Declared, catalog::Entry};
use waxseal_catalog::{App, Deployed, Entrance, HttpRoute, Secret, Statement};

const ASK: Declared = Declared::new("place-order", "orders", Channel::Queue("orders"));
const RESERVE: Declared = Declared::new("reserve-stock", "stock", Channel::Queue("stock"));

fn service(name: &'static str, consumes: Declared, emits: &'static [Declared]) -> Deployed {
    Deployed::of_catalog(name, vec![Entry::new(name, "handle", consumes, emits)])
}

/// Two services that send each other commands, with a change of `orders`.
fn shop_with(change: impl FnOnce(Deployed) -> Deployed) -> App {
    let orders = service("orders", ASK, &[RESERVE]);
    App::new("shop").service(change(orders)).service(service("stock", RESERVE, &[ASK]))
}

/// The findings as lines.
fn lines(app: &App) -> Vec<String> {
    app.check().iter().map(ToString::to_string).collect()
}

#[test]
fn i1_a_permission_that_reaches_what_ownership_protects_is_found() {
    let all = "arn:${AWS::Partition}:";
    let here = "${AWS::Region}:${AWS::AccountId}";
    for (action, resource, what) in [
        (
            "events:PutEvents",
            format!("{all}events:{here}:event-bus/shop-${{Stage}}-bus"),
            "the application's bus",
        ),
        ("events:PutEvents", format!("{all}events:{here}:event-bus/*"), "the application's bus"),
        (
            "events:PutRule",
            format!("{all}events:{here}:rule/shop-prod-bus/x"),
            "rules of the application's bus",
        ),
        (
            "dynamodb:PutItem",
            format!("{all}dynamodb:{here}:table/shop-${{Stage}}-orders"),
            "the table of orders",
        ),
        (
            "dynamodb:Query",
            format!("{all}dynamodb:{here}:table/shop-${{Stage}}-stock/index/x"),
            "the table of stock",
        ),
        ("dynamodb:PutItem", format!("{all}dynamodb:{here}:table/shop-*"), "the table of orders"),
        ("sqs:SendMessage", format!("{all}sqs:{here}:shop-${{Stage}}-stock-commands"), "the queues of stock"),
        ("sns:Publish", format!("{all}sns:{here}:shop-${{Stage}}-topic-stock"), "the application's topics"),
        (
            "s3:GetObject",
            format!("{all}s3:::shop-${{Stage}}-claims-${{AWS::AccountId}}/stock/*"),
            "the bucket of checked-in payloads",
        ),
        (
            "lambda:InvokeFunction",
            format!("{all}lambda:{here}:function:shop-${{Stage}}-stock"),
            "the function of stock",
        ),
        ("iam:PassRole", "arn:aws:iam::${AWS::AccountId}:role/*".to_owned(), "the roles of orders"),
    ] {
        let statement = Statement::allow([action]).on([resource.clone()]);
        let found = lines(&shop_with(|orders| orders.statement(statement)));
        let reaches = |line: &String| line.starts_with("WX0140 orders: ") && line.contains(what);
        assert!(found.iter().any(reaches), "{resource}: {found:?}");
    }
    // The names of others resemble none of these.
    for (action, resource) in [
        ("s3:GetObject", format!("{all}s3:::prices-${{Stage}}/*")),
        ("events:PutEvents", format!("{all}events:{here}:event-bus/partners")),
        ("dynamodb:GetItem", format!("{all}dynamodb:{here}:table/shop-${{Stage}}-lookup")),
        ("sqs:SendMessage", format!("{all}sqs:{here}:legacy")),
        ("ses:SendEmail", format!("{all}ses:{here}:identity/example.org")),
    ] {
        let statement = Statement::allow([action]).on([resource.clone()]);
        assert_eq!(lines(&shop_with(|orders| orders.statement(statement))), [""; 0], "{resource}");
    }
}

#[test]
fn i1_a_permission_for_everything_says_why_and_knows_no_resources() {
    let of = |statement: Statement| lines(&shop_with(|orders| orders.statement(statement)));
    let textract = || Statement::allow(["textract:AnalyzeDocument"]);
    assert_eq!(of(textract().on_everything("Textract knows no resources")), [""; 0]);
    for statement in [
        textract(),
        textract().on(["*"]),
        textract().on_everything(" "),
        textract().on(["arn:aws:textract:::x"]).on_everything("both"),
        Statement::allow(["textract:*"]).on_everything("all of it"),
        Statement::allow(["*"]).on(["*"]),
        Statement::allow(["dynamodb:PutItem"]).on_everything("tables know resources"),
        Statement::allow::<&str>([]).on(["arn:aws:s3:::x"]),
    ] {
        let shown = format!("{statement:?}");
        let found = of(statement);
        assert!(found.iter().any(|line| line.starts_with("WX0140 orders: ")), "{shown}: {found:?}");
    }
}

#[test]
fn i3_a_secret_that_is_declared_wrongly_is_found() {
    let of = |secret: Secret| lines(&shop_with(|orders| orders.variable("TAKEN", "x").secret(secret)));
    assert_eq!(of(Secret::manager("TOKEN", "shop/${Stage}/token", "a token").key("alias/shop")), [""; 0]);
    assert_eq!(of(Secret::parameter("TOKEN", "/shop/${Stage}/token", "a token")), [""; 0]);
    for secret in [
        Secret::manager("token", "shop/token", "a token"),
        Secret::manager("TAKEN", "shop/token", "a token"),
        Secret::manager("TOKEN", "shop/*", "a token"),
        Secret::manager("TOKEN", "", "a token"),
        Secret::parameter("TOKEN", "shop/token", "a token"),
        Secret::manager("TOKEN", "shop/token", "a token").key("alias/*"),
        Secret::manager("TOKEN", "shop/token", "a token").key("0f1e"),
    ] {
        let shown = format!("{secret:?}");
        let found = of(secret);
        assert!(found.len() == 1 && found[0].starts_with("WX0143 orders: "), "{shown}: {found:?}");
    }
    let token = || Secret::manager("TOKEN", "shop/token", "a token");
    let found = lines(&shop_with(|orders| orders.secret(token()).secret(token())));
    assert_eq!(found, ["WX0143 orders: two secrets have the name TOKEN; rename one"]);
}

#[test]
fn i4_a_route_is_one_of_api_gateway_leads_to_one_service_and_has_an_entrance() {
    let routed = |route: &str| shop_with(|orders| orders.route(route));
    let found = lines(&routed("POST /orders"));
    let advice = "give the application an entrance: App::entrance(Entrance::new())";
    assert_eq!(
        found,
        [format!("WX0144 orders: it has routes, and the application has no entrance; {advice}")]
    );
    for route in ["POST /orders", "GET /orders/{id}", "ANY /{proxy+}", "GET /"] {
        assert_eq!(lines(&routed(route).entrance(Entrance::new())), [""; 0], "{route}");
    }
    for route in ["/orders", "POST orders", "FETCH /orders", "GET /orders/{}", "GET /a b"] {
        let found = lines(&routed(route).entrance(Entrance::new()));
        assert!(found.len() == 1 && found[0].contains("is no route"), "{route}: {found:?}");
    }
    let mut app = routed("POST /orders").entrance(Entrance::new());
    let stock = app.find_mut("stock").unwrap();
    *stock = stock.clone().route("POST /orders");
    assert!(lines(&app)[0].contains("the route POST /orders is that of orders too"), "{:?}", lines(&app));
}

/// The findings of routes behind an entrance, in the order of the texts.
fn behind(entrance: Entrance, routes: &[(&str, Option<u16>)]) -> Vec<String> {
    let route = |(key, priority): &(&str, Option<u16>)| {
        let route = HttpRoute::new(*key);
        priority.map_or(route.clone(), |priority| route.priority(priority))
    };
    let routed = |orders: Deployed| routes.iter().map(route).fold(orders, Deployed::route);
    let found = lines(&shop_with(routed).entrance(entrance));
    found.into_iter().map(|line| line.split("; ").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn i8_what_a_kind_of_entrance_does_not_do_is_found() {
    let sound = [("GET /orders/{id}", None), ("POST /orders/{id}/lines", None), ("ANY /a/{rest+}", None)];
    assert_eq!(behind(Entrance::rest_api().jwt().throttle(1, 2), &sound), [""; 0]);
    let headers = behind(Entrance::rest_api().header("x-a", "b"), &sound);
    assert_eq!(headers, ["WX0144 bus: the entrance sets headers, which an HTTP API alone does"]);
    let bound = behind(Entrance::load_balancer().throttle(1, 2), &[]);
    assert_eq!(bound, ["WX0144 bus: the entrance bounds requests, which no load balancer does"]);
    for entrance in [Entrance::new(), Entrance::rest_api()] {
        let found = behind(entrance, &[("GET /orders", Some(7))]);
        assert_eq!(found, ["WX0144 orders: the route GET /orders has a priority"]);
    }
}

#[test]
fn i8_a_rest_api_has_one_variable_at_one_place_of_a_path() {
    let both = [("GET /orders/{id}", None), ("DELETE /orders/{order}", None)];
    let found = behind(Entrance::rest_api(), &both);
    assert_eq!(found, ["WX0144 orders: DELETE /orders/{order} has {order} where another route has {id}"]);
    let greedy = [("GET /orders/{id}", None), ("ANY /orders/{id+}", None)];
    assert_eq!(behind(Entrance::rest_api(), &greedy).len(), 1);
    assert_eq!(behind(Entrance::new(), &both), [""; 0], "an HTTP API does not care");
    for path in ["GET /~orders", "GET /orders/", "GET //orders"] {
        let found = behind(Entrance::rest_api(), &[(path, None)]);
        assert_eq!(found, [format!("WX0144 orders: a REST API takes no path as that of {path}")]);
    }
    assert_eq!(behind(Entrance::rest_api(), &[("GET /", None)]), [""; 0]);
}

#[test]
fn i8_the_rules_of_a_listener_have_priorities_and_the_more_exact_one_comes_first() {
    let of = |routes: &[(&str, Option<u16>)]| behind(Entrance::load_balancer(), routes);
    let sound = [
        ("GET /orders/open", Some(1)),
        ("GET /orders/{id}", Some(2)),
        ("DELETE /orders/open", Some(3)),
        ("ANY /orders/{rest+}", Some(50_000)),
    ];
    assert_eq!(of(&sound), [""; 0]);
    for priority in [None, Some(0), Some(50_001)] {
        let found = of(&[("GET /orders", priority)]);
        assert_eq!(found, ["WX0144 orders: the route GET /orders has no priority"], "{priority:?}");
    }
    let twice = of(&[("GET /a", Some(1)), ("GET /b", Some(1))]);
    assert_eq!(twice, ["WX0144 orders: GET /b has the priority of GET /a"]);
    let long = format!("GET /{}", "a".repeat(128));
    assert_eq!(
        of(&[(&long, Some(1))]),
        [format!("WX0144 orders: the path of {long} is too long for a listener")]
    );
    for (wide, narrow) in [
        ("GET /orders/{id}", "GET /orders/open"),
        ("ANY /orders/{id}", "GET /orders/{order}"),
        ("ANY /{rest+}", "GET /orders/{id}/lines"),
        ("GET /{a}/{rest+}", "GET /orders/{rest+}"),
    ] {
        let found = of(&[(wide, Some(1)), (narrow, Some(2))]);
        let wanted = format!("WX0144 orders: {narrow} comes after {wide}, which takes its requests");
        assert_eq!(found, [wanted]);
        assert_eq!(of(&[(narrow, Some(1)), (wide, Some(2))]), [""; 0], "{narrow} first");
    }
    for (first, second) in [
        ("GET /orders/{id}", "POST /orders/open"),
        ("GET /orders/{id}", "GET /orders/{rest+}"),
        ("GET /orders/{id}", "GET /orders/open/lines"),
        ("GET /orders/{rest+}", "GET /orders"),
    ] {
        assert_eq!(of(&[(first, Some(1)), (second, Some(2))]), [""; 0], "{first}, {second}");
    }
}

#[test]
fn i2_a_number_that_lambda_refuses_is_found() {
    let layers = |orders: Deployed| (0..6).fold(orders, |orders, n| orders.layer(format!("arn:{n}")));
    for app in [
        shop_with(layers),
        shop_with(|orders| orders.storage(511)),
        shop_with(|orders| orders.storage(10_241)),
        shop_with(|orders| orders.memory(64)),
    ] {
        let found = lines(&app);
        assert!(found.len() == 1 && found[0].starts_with("WX0145 orders: its function has "), "{found:?}");
    }
    assert_eq!(lines(&shop_with(|orders| orders.storage(10_240).memory(10_240))), [""; 0]);
}
