use proptest::prelude::*;
use serde_json::json;

use super::*;

fn line() -> Value {
    json!({"key":"k-1","version":2,"order":{
        "orderId":"o-1","customer":{"id":"c-1","name":"大岩 O'Neil 🦔","email":"o@example.com"},
        "lines":[{"sku":"tee","quantity":2,"unitPrice":1250},{"sku":"gift","quantity":1,"unitPrice":0}],
        "currency":"EUR","paymentToken":"tok_visa"}})
}

fn with(pointer: &str, value: Value) -> String {
    let mut line = line();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match line.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        object => object[name] = value,
    }
    line.to_string()
}

fn error(line: &str) -> String {
    parse_line(line).unwrap_err().to_string()
}

#[test]
fn every_refusal_names_its_field() {
    let piece = "must be a whole number from 1 to 1000000";
    let price = "must be a whole number from 0 to 9007199254740991";
    for (pointer, value, problem) in [
        ("/key", json!(""), "is empty"),
        ("/key", json!(7), "must be a text"),
        ("/key", json!("k".repeat(129)), "has 129 bytes: 128 at most"),
        ("/version", json!(3), "is not a version of an order: there are 1 to 2"),
        ("/version", json!(0), "is not a version of an order: there are 1 to 2"),
        ("/version", json!("2"), "must be a whole number"),
        ("/version", Value::Null, "is missing: it must be a whole number"),
        ("/order", json!([]), "must be an object"),
        ("/order/orderId", json!(" \t"), "is empty"),
        ("/order/orderId", json!("o\u{0}1"), "holds a control character"),
        ("/order/customer", Value::Null, "is missing: it must be an object"),
        ("/order/customer/name", Value::Null, "is missing: it must be a text"),
        ("/order/customer/email", json!("nobody"), "must be an e-mail address such as ada@example.com"),
        ("/order/lines", json!([]), "must be a list of 1 to 50"),
        ("/order/lines", json!({}), "must be a list of 1 to 50"),
        (
            "/order/lines",
            json!(vec![json!({"sku":"a","quantity":1,"unitPrice":1}); 51]),
            "must be a list of 1 to 50",
        ),
        ("/order/lines/0", json!("tee"), "must be an object"),
        ("/order/lines/0/sku", json!(""), "is empty"),
        ("/order/lines/0/quantity", json!(0), piece),
        ("/order/lines/0/quantity", json!(-1), piece),
        ("/order/lines/0/quantity", json!(1.5), piece),
        ("/order/lines/0/quantity", json!(1_000_001), piece),
        ("/order/lines/0/quantity", json!("2"), piece),
        ("/order/lines/1/unitPrice", json!(-5), price),
        ("/order/lines/1/unitPrice", json!(12.5), price),
        ("/order/lines/1/unitPrice", json!(1e300), price),
        (
            "/order/lines",
            json!([{"sku":"a","quantity":1_000_000,"unitPrice":9_007_199_254_740_991u64}]),
            "the total is more than 9007199254740991 minor units",
        ),
        ("/order/currency", json!("XXX"), "must be the ISO 4217 code of a currency in use, such as EUR"),
        ("/order/currency", Value::Null, "is missing: it must be a text"),
        ("/order/paymentToken", json!(true), "must be a text"),
        ("/cancelAfterMs", json!(-1), "must be a whole number from 0 to 86400000"),
    ] {
        assert_eq!(error(&with(pointer, value.clone())), format!("{pointer} {problem}"), "{value}");
    }
    let v1 = with("/version", json!(1));
    assert_eq!(parse_line(&v1), parse_line(&line().to_string()));
    assert_eq!(
        error(&v1.replace("EUR", "USD")),
        "/order/currency must be absent in version 1, which meant EUR: use version 2"
    );
    assert_eq!(error("[]"), "it must be an object");
    assert_eq!(error("{\"key\":"), "it is not JSON: EOF while parsing a value at line 1 column 7");
}

#[test]
fn a_file_is_read_line_by_line_and_a_bad_one_is_refused_alone() {
    let mut file = b"\xEF\xBB\xBF".to_vec();
    file.extend(format!("{}\r\n\n", line()).bytes());
    file.extend(b"\xFF\xFE\n");
    file.extend(line().to_string().bytes());
    let lines: Vec<_> = parse_lines(&file).collect();
    assert_eq!(lines.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 3, 4]);
    assert_eq!(lines[1].1.as_ref().unwrap_err().to_string(), "it is not UTF-8");
    assert_eq!(lines[0].1, lines[2].1);
}

#[test]
fn a_body_is_the_order_or_names_its_version() {
    let wrapped = line();
    let bare = wrapped["order"].to_string();
    let one = parse_body("k-1", bare.as_bytes()).unwrap();
    assert_eq!(one, parse_body("k-1", wrapped.to_string().as_bytes()).unwrap());
    assert_eq!(one, parse_line(&wrapped.to_string()).unwrap());
    let mut v1 = wrapped.clone();
    v1["version"] = json!(1);
    v1["order"].as_object_mut().unwrap().remove("currency");
    assert_eq!(one, parse_body("k-1", v1.to_string().as_bytes()).unwrap());
    let missing = parse_body("k", v1["order"].to_string().as_bytes()).unwrap_err();
    assert_eq!(missing.pointer, "/currency");
}

#[test]
fn unknown_members_change_what_a_key_stands_for() {
    let plain = parse_line(&line().to_string()).unwrap();
    let more = parse_line(&with("/order/note", json!("bitte klingeln"))).unwrap();
    assert_eq!(plain.order, more.order);
    assert_ne!(plain.payload, more.payload);
}

#[test]
fn a_place_for_the_parcel_is_read_or_refused_by_its_field() {
    let address =
        json!({"lines":["南青山 3-1-30"],"postalCode":"107-0062","city":"東京都 港区","country":"JP"});
    let order = parse_line(&with("/order/shipTo", address.clone())).unwrap().order;
    assert_eq!(serde_json::to_value(order.ship_to).unwrap(), address);
    assert_eq!(parse_line(&line().to_string()).unwrap().order.ship_to, None);
    for (member, value) in [
        ("lines", json!([])),
        ("lines", json!(["1", "2", "3", "4", "5"])),
        ("city", json!(" ")),
        ("country", json!("Japan")),
        ("postalCode", json!(1070062)),
    ] {
        let mut bad = address.clone();
        bad[member] = value;
        let invalid = parse_line(&with("/order/shipTo", bad)).unwrap_err();
        assert_eq!(invalid.pointer, format!("/order/shipTo/{member}"), "{invalid}");
    }
}

proptest! {
    #[test]
    fn a_number_is_the_same_however_it_is_spelled(quantity in 1u32..=1_000_000, price in 0u64..1_000_000_000) {
        let spell = |quantity: String, price: String| {
            let line = line().to_string().replace("\"quantity\":2", &format!("\"quantity\":{quantity}"));
            parse_line(&line.replace("\"unitPrice\":1250", &format!("\"unitPrice\":{price}"))).unwrap()
        };
        let one = spell(quantity.to_string(), price.to_string());
        prop_assert_eq!(&one, &spell(format!("{quantity}.0"), format!("{price}.00e0")));
        prop_assert_eq!(one.order.lines[0].quantity, quantity);
    }

    #[test]
    fn whatever_arrives_is_an_answer_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..300) {
        let _ = parse_body("k", &bytes);
        let text = line().to_string();
        let cut = text.floor_char_boundary(cut);
        let _ = parse_line(&text[..cut]);
        let _: Vec<_> = parse_lines(&bytes).collect();
    }
}
