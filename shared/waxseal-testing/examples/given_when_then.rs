//! Run it: `cargo run --profile ci -p waxseal-testing --example given_when_then`
//!
//! A seat is reserved and released. Each decision is tested as a pure function: a state, a message, a state and messages. The handler
//! that prints badges is tested alone.
#![allow(clippy::unwrap_used, reason = "an example fails loudly")]

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use waxseal::{Aggregate, Decide, Entity, Envelope, Fault, Handler, Out, Outcome, Refusal, Unit};
use waxseal_testing::{Alone, block_on, given};

#[derive(Serialize, Deserialize)]
struct ReserveSeat {
    seat: String,
    guest: String,
}
waxseal::command!(ReserveSeat { name: "reserve-seat", version: 1, recipient: "hall" });

#[derive(Serialize, Deserialize)]
struct ReleaseSeat {
    seat: String,
}
waxseal::command!(ReleaseSeat { name: "release-seat", version: 1, recipient: "hall" });

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct SeatReserved {
    seat: String,
    guest: String,
}
waxseal::event!(SeatReserved { name: "seat.reserved", version: 1, owner: "hall" });

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Seat {
    guest: String,
}
impl Entity for Seat {
    const KIND: &'static str = "seat";
}

#[derive(Debug, PartialEq, thiserror::Error)]
enum Refused {
    #[error("the seat is {0}'s")]
    Taken(String),
}

struct Seats;
impl Aggregate for Seats {
    const NAME: &str = "seats";
    type State = Seat;
    type Decides = (ReserveSeat, ReleaseSeat);
    type Emits = (SeatReserved,);
    type Refusal = Refused;
}
impl Decide<ReserveSeat> for Seats {
    fn key(reserve: &ReserveSeat) -> Cow<'_, str> {
        Cow::Borrowed(&reserve.seat)
    }
    fn decide(
        &self,
        state: &mut Option<Seat>,
        reserve: &Envelope<ReserveSeat>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        if let Some(Seat { guest }) = state {
            return Err(Refused::Taken(guest.clone()).into());
        }
        let ReserveSeat { seat, guest } = &reserve.data;
        *state = Some(Seat { guest: guest.clone() });
        out.emit(SeatReserved { seat: seat.clone(), guest: guest.clone() });
        Ok(())
    }
}
impl Decide<ReleaseSeat> for Seats {
    fn key(release: &ReleaseSeat) -> Cow<'_, str> {
        Cow::Borrowed(&release.seat)
    }
    fn decide(
        &self,
        state: &mut Option<Seat>,
        _: &Envelope<ReleaseSeat>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        *state = None;
        Ok(())
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Badge {
    text: String,
}
impl Entity for Badge {
    const KIND: &'static str = "badge";
}

struct PrintBadge;
impl Handler for PrintBadge {
    const NAME: &str = "print-badge";
    type Event = SeatReserved;
    type Emits = ();
    async fn handle(&self, reserved: &Envelope<SeatReserved>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let SeatReserved { seat, guest } = &reserved.data;
        let text = format!("{guest}, seat {seat}");
        let badge = match unit.load::<Badge>(guest).await? {
            Some(mut badge) => {
                badge.text = text;
                badge
            }
            None => unit.create(guest, Badge { text }),
        };
        unit.save(badge);
        Ok(())
    }
}

fn main() {
    let reserve = |guest: &str| ReserveSeat { seat: "7a".into(), guest: guest.into() };
    let reserved = |guest: &str| SeatReserved { seat: "7a".into(), guest: guest.into() };
    let seat = |guest: &str| Seat { guest: guest.into() };

    given(Seats, None)
        .when(reserve("Ada"))
        .then(seat("Ada"), (reserved("Ada"),))
        .when(reserve("Grace"))
        .then_refused(Refused::Taken("Ada".into()))
        .when(ReleaseSeat { seat: "7a".into() })
        .then(None, ())
        .when(reserve("Grace"))
        .then(seat("Grace"), (reserved("Grace"),));

    // A failed assertion prints both sides in full.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ())); // this panic is meant
    let wrong = std::panic::catch_unwind(|| {
        given(Seats, None).when(reserve("Ada")).then(seat("Grace"), ());
    });
    std::panic::set_hook(hook);
    let text = *wrong.unwrap_err().downcast::<String>().unwrap();
    assert!(text.contains("\"guest\": \"Grace\"") && text.contains("\"name\": \"seat.reserved\""));

    let mut printer = Alone::handler(PrintBadge).with("Ada", &Badge { text: "Ada, no seat".into() });
    let ran = block_on(printer.run(reserved("Ada")));
    assert!(matches!(ran.result, Ok(Outcome::Applied)) && ran.emitted.is_empty());
    assert_eq!(printer.state("Ada"), Some(Badge { text: "Ada, seat 7a".into() }));
    println!("decided, refused, released and printed");
}
