//! Pictures and lists of the sample.

use std::time::Duration;

use serde_json::json;
use waxseal::{Timestamp, handler::Phase};

use crate::processes::{
    list,
    row::Row,
    sample::{Stuck, options},
    text::WIDTH,
    typed::{Ls, State},
    wanted::{
        Read::{Index, Scan},
        Wanted,
    },
};

#[test]
fn g8_a_person_finds_a_stuck_order_its_reason_and_the_way_on() {
    let stuck = Stuck::new();
    let (picture, json) = stuck.picture("order-7");
    // The guide shows this very picture.
    let guide = include_str!("../../../waxseal/src/guide/processes.md");
    assert!(guide.contains(picture.trim_end()), "the guide has another picture than this one:\n{picture}");
    assert!(picture.lines().all(|line| line.chars().count() <= WIDTH), "{picture}");
    assert_eq!(json["state"], "compensation-failed");
    assert_eq!(json["waits"][0]["for"], "a person: the undo of charge-card has no answer");
    assert_eq!(json["instance"]["state"]["data"]["order"], "order-7");

    // The way on that it shows.
    stuck.mend();
    let said = stuck.ask(json!({ "kind": "fulfilment", "id": "order-7", "decision": "resume" }));
    assert_eq!(said["outcome"], "applied");
    stuck.local.run_until(stuck.local.now() + Duration::from_mins(5));
    let (picture, json) = stuck.picture("order-7");
    assert!(
        matches!(stuck.instance("order-7").phase, Phase::Finished { outcome, .. } if outcome == "compensated")
    );
    assert!(picture.contains("undone by refund-card: card.refunded"), "{picture}");
    assert!(picture.contains("undone by release-stock: stock.released"), "{picture}");
    assert_eq!((&json["waits"], &json["stuck"]), (&json!([]), &json!(false)));
}

#[test]
fn g8_an_order_that_runs_says_what_it_waits_for_and_until_when() {
    let stuck = Stuck::new();
    let (picture, json) = stuck.picture("order-8");
    assert!(picture.contains("for the timer Stock, until"), "{picture}");
    assert!(picture.contains("(in 50 min)"), "{picture}");
    assert!(picture.contains("for an answer to reserve-stock"), "{picture}");
    assert!(!picture.contains("go on"), "nobody is to decide: {picture}");
    let (late, json_late) = stuck.picture_at("order-8", stuck.local.now() + Duration::from_hours(1));
    assert!(late.contains("(10 min late)") && late.contains("its timer is late"), "{late}");
    assert_eq!(json_late["stuck"], true);
    assert_eq!(json["waits"][1]["cause"], json!({ "id": "placed-order-8", "input": "order.placed" }));
    assert_eq!(
        (&json["stuck"], &json["waits"][0]["until"]),
        (&json!(false), &json["instance"]["timers"][0]["at"])
    );
}

#[test]
fn g8_lists_choose_by_state_age_and_lateness() {
    let stuck = Stuck::new();
    let now = stuck.local.now();
    let chosen = |typed: &Ls, now: Timestamp| {
        let wanted = Wanted { typed, now };
        let rows = stuck.items();
        let rows = rows.iter().filter_map(|item| Row::of("orders", item));
        let mut rows: Vec<Row> = rows.filter(|row| wanted.has(row)).collect();
        list::sort(&mut rows);
        rows
    };
    let ids = |typed: &Ls, now| chosen(typed, now).into_iter().map(|row| row.id).collect::<Vec<_>>();
    let both = ["order-7", "order-8"];
    assert_eq!(ids(&options(), now), both, "the oldest first, and no receipts");
    let only = Ls { stuck: true, ..options() };
    assert_eq!(ids(&only, now), both[..1]);
    // The timer of the other one is due in 50 minutes, and stuck a while after.
    assert_eq!(ids(&only, now + Duration::from_mins(52)), both[..1]);
    assert_eq!(ids(&only, now + Duration::from_mins(54)), both);
    let old = Ls { older_than: Some(Duration::from_mins(15)), ..options() };
    assert_eq!(ids(&old, now), both[..1]);
    let running = Ls { state: vec![State::Running, State::Compensating], ..options() };
    assert_eq!(ids(&running, now), both[1..]);
    assert_eq!(ids(&Ls { kind: Some("returns".to_owned()), ..options() }, now), [""; 0]);

    let read = |typed: &Ls| Wanted { typed, now }.read();
    assert_eq!(read(&running), Ok(Index(None)));
    assert_eq!(read(&only), Ok(Index(Some(now + Duration::from_hours(6)))), "a failing timeout lies ahead");
    let failed = Ls { state: vec![State::CompensationFailed], ..options() };
    assert_eq!(read(&failed), Err(State::CompensationFailed), "a scan is asked for, and never made unasked");
    assert_eq!(read(&Ls { scan: true, ..failed }), Ok(Scan));

    let rows = chosen(&options(), now);
    let text = list::draw(&rows, now);
    assert!(text.starts_with("compensation-failed! fulfilment order-7 (orders), "), "{text}");
    assert!(text.contains("waits for a person: the undo of charge-card has no answer\nrunning "), "{text}");
    let json = list::json(&rows, now);
    assert_eq!((&json[0]["stuck"], &json[1]["step"]), (&json!(true), &json!("Reserving")));
    // A row that nothing can read is never left out.
    let mut item = stuck.items().into_iter().find(|item| item.key.sort == "state").unwrap();
    item = item.text("data", "{}");
    let unreadable = Row::of("orders", &item).unwrap();
    assert!(Wanted { typed: &only, now }.has(&unreadable));
    assert!(list::draw(&[unreadable], now).starts_with("unreadable"));
}
