//! A process with several timers at a time: which one ends first, and what ends a circle of them.

use std::{borrow::Cow, collections::HashMap, time::Duration};

use serde::{Deserialize, Serialize};
use waxseal::{Begin, Envelope, Flow, Process, Step};
use waxseal_testing::explore::{Exploration, Explored, Finding, Kind};

use crate::{
    fulfilment::HOUR,
    messages::{OrderCancelled, OrderPlaced, OrderShipped, ShipOrder},
};

/// Reminds of an order, until the order is too old.
struct Reminders {
    /// The deadline of the whole, where there is one.
    whole: Option<Duration>,
    /// The time between two reminders.
    between: Duration,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Last {
    /// The id of the last message.
    id: String,
    /// A map whose order is another one on each reading.
    words: HashMap<u32, String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
enum At {
    #[default]
    Silent,
    Reminded,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Wait {
    Reminder,
    Whole,
}

impl Process for Reminders {
    const NAME: &'static str = "reminders";
    const KIND: &'static str = "reminders";
    type Data = Last;
    type Step = At;
    type Timer = Wait;
    type Begins = (OrderPlaced,);
    type Inputs = (OrderCancelled, OrderShipped);
    type Emits = (ShipOrder,);

    fn timeout(&self, flow: &mut Flow<Self>, timer: Wait) {
        match timer {
            Wait::Reminder => {
                flow.go(At::Reminded);
                flow.arm(Wait::Reminder, self.between);
            }
            Wait::Whole => {
                assert_eq!(*flow.step(), At::Reminded, "the reminder comes before the end");
                flow.finish("too old");
            }
        }
    }
}

impl Begin<OrderPlaced> for Reminders {
    fn key(placed: &OrderPlaced) -> Cow<'_, str> {
        placed.order.as_str().into()
    }

    fn data(placed: &OrderPlaced) -> Last {
        let words = (0..10).map(|number| (number, placed.order.clone())).collect();
        Last { words, ..Last::default() }
    }

    fn begin(&self, flow: &mut Flow<Self>, placed: &Envelope<OrderPlaced>) {
        flow.send(ShipOrder::of(&placed.data.order));
        if let Some(whole) = self.whole {
            flow.arm(Wait::Whole, whole);
        }
        flow.arm(Wait::Reminder, self.between);
    }
}

impl Step<OrderCancelled> for Reminders {
    fn key(cancelled: &OrderCancelled) -> Cow<'_, str> {
        cancelled.order.as_str().into()
    }

    fn step(&self, flow: &mut Flow<Self>, cancelled: &Envelope<OrderCancelled>) {
        flow.data_mut().id.clone_from(&cancelled.id);
    }
}

impl Step<OrderShipped> for Reminders {
    fn key(shipped: &OrderShipped) -> Cow<'_, str> {
        shipped.order.as_str().into()
    }

    fn step(&self, flow: &mut Flow<Self>, shipped: &Envelope<OrderShipped>) {
        flow.data_mut().id.clone_from(&shipped.id);
    }
}

fn explore(process: Reminders) -> Explored {
    Exploration::of(process)
        .begins(OrderPlaced::of("o-1"))
        .input(OrderShipped::of("o-1"))
        .answers::<ShipOrder>()
        .input(OrderCancelled::of("o-1"))
        .follows::<ShipOrder>()
        .harmless::<ShipOrder>()
        .spans(Wait::Whole)
        .most_states(100)
        .explore()
}

fn kinds(explored: &Explored) -> Vec<Kind> {
    explored.findings().iter().map(Finding::kind).collect()
}

#[test]
fn a_deadline_that_stays_armed_ends_a_circle_of_timers() {
    let explored = explore(Reminders { whole: Some(48 * HOUR), between: HOUR });
    explored.assert_sound();
    let explored = explore(Reminders { whole: None, between: HOUR });
    assert!(kinds(&explored).iter().all(|kind| *kind == Kind::Livelock), "{explored}");
    assert!(!explored.findings().is_empty(), "{explored}");
}

#[test]
fn a_timer_ends_first_only_where_the_durations_allow_it() {
    // Both are armed in one step: the shorter one ends first.
    explore(Reminders { whole: Some(2 * HOUR), between: HOUR }).assert_sound();
    let explored = explore(Reminders { whole: Some(HOUR), between: 2 * HOUR });
    let [finding, ..] = explored.findings() else { panic!("{explored}") };
    assert_eq!(
        (finding.kind(), finding.path()[1].as_str()),
        (Kind::Panics, "Whole after 3600s"),
        "{explored}"
    );
    assert!(finding.to_string().contains("the reminder comes before the end"), "{finding}");
}

#[test]
fn ids_and_the_order_of_a_map_make_no_new_states() {
    let explored = explore(Reminders { whole: Some(48 * HOUR), between: HOUR });
    // What follows a command comes again and again, each time under another id.
    assert!(explored.states() <= 16, "{explored}");
    assert!(explored.text().contains("order.cancelled"), "{}", explored.text());
}

#[test]
#[should_panic(expected = "this speaks of the newest `.input(..)`, and none stands before it")]
fn a_cause_follows_an_input() {
    let process = Reminders { whole: None, between: HOUR };
    let _ = Exploration::of(process).begins(OrderPlaced::of("o-1")).answers::<ShipOrder>();
}
