//! The messages and handlers of the statements about processes: a trip books a flight, then a hotel,
//! and cancels what it has booked where it cannot have both.

use std::{borrow::Cow, convert::Infallible, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use waxseal::{
    Aggregate, Attempt, Begin, Decide, Effect, Entity, Envelope, Fault, Flow, Message, Out, Process, Raw,
    Refusal, Service, Step, Timestamp, Unit, lock::Lock,
};

/// The deadline of the flight's answer: it is within a queue's delay.
pub(super) const FLIGHT: Duration = Duration::from_secs(600);
/// The deadline of the hotel's answer: only a tick sees it.
pub(super) const HOTEL: Duration = Duration::from_secs(40 * 24 * 3600);

macro_rules! messages {
    ($($kind:ident $name:ident $type:literal $member:ident $of:literal $(undo $undo:ident)?;)+) => {$(
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub(super) struct $name {
            pub(super) trip: String,
        }
        waxseal::$kind!($name { name: $type, version: 1, $member: $of $(, undo: $undo)? });
        impl From<&str> for $name {
            fn from(trip: &str) -> Self {
                Self { trip: trip.to_owned() }
            }
        }
        $(impl From<&$name> for $undo {
            fn from(command: &$name) -> Self {
                Self { trip: command.trip.clone() }
            }
        })?
    )+};
}
messages! {
    event TripPlanned "trip.planned" owner "trips";
    command BookFlight "book-flight" recipient "flights" undo CancelFlight;
    command CancelFlight "cancel-flight" recipient "flights";
    event FlightBooked "flight.booked" owner "flights";
    event FlightCancelled "flight.cancelled" owner "flights";
    command BookHotel "book-hotel" recipient "hotels" undo CancelHotel;
    command CancelHotel "cancel-hotel" recipient "hotels";
    event HotelBooked "hotel.booked" owner "hotels";
    event HotelFull "hotel.full" owner "hotels";
    event HotelCancelled "hotel.cancelled" owner "hotels";
    event TripBooked "trip.booked" owner "travel";
    event TripCancelled "trip.cancelled" owner "travel";
    event TripStuck "trip.stuck" owner "travel";
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) enum At {
    #[default]
    Flight,
    Hotel,
    Booked,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Wait {
    Flight,
    Hotel,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Trip {
    pub(super) trip: String,
}

/// The process. It panics at a timeout where `panics` says so.
#[derive(Debug, Clone, Default)]
pub(super) struct Travel {
    pub(super) panics: bool,
}

impl Process for Travel {
    const NAME: &str = "travel";
    const KIND: &str = "trip";
    const UNDO_DEADLINE: Duration = Duration::from_secs(60);
    const UNDO_TRIES: u32 = 3;
    type Data = Trip;
    type Step = At;
    type Timer = Wait;
    type Begins = (TripPlanned,);
    type Inputs = (FlightBooked, FlightCancelled, HotelBooked, HotelFull, HotelCancelled);
    type Emits = (BookFlight, CancelFlight, BookHotel, CancelHotel, TripBooked, TripCancelled, TripStuck);

    fn timeout(&self, flow: &mut Flow<Self>, timer: Wait) {
        assert!(!self.panics, "the statement asks for it");
        flow.compensate(format!("no answer: {timer:?}"));
    }

    fn compensated(&self, flow: &mut Flow<Self>) {
        flow.emit(TripCancelled { trip: flow.data().trip.clone() });
        flow.finish("cancelled");
    }

    fn compensation_failed(&self, flow: &mut Flow<Self>, _: &str) {
        flow.emit(TripStuck { trip: flow.data().trip.clone() });
    }
}

impl Begin<TripPlanned> for Travel {
    fn key(trip: &TripPlanned) -> Cow<'_, str> {
        trip.trip.as_str().into()
    }
    fn data(trip: &TripPlanned) -> Trip {
        Trip { trip: trip.trip.clone() }
    }
    fn begin(&self, flow: &mut Flow<Self>, trip: &Envelope<TripPlanned>) {
        flow.send(BookFlight { trip: trip.data.trip.clone() });
        flow.arm(Wait::Flight, FLIGHT);
    }
}

macro_rules! steps {
    ($($message:ident($flow:ident) $body:block)+) => {$(
        impl Step<$message> for Travel {
            fn key(message: &$message) -> Cow<'_, str> {
                message.trip.as_str().into()
            }
            fn step(&self, $flow: &mut Flow<Self>, _: &Envelope<$message>) $body
        }
    )+};
}
steps! {
    FlightBooked(flow) {
        flow.clear(&Wait::Flight);
        flow.go(At::Hotel);
        flow.send(BookHotel { trip: flow.data().trip.clone() });
        flow.arm(Wait::Hotel, HOTEL);
    }
    FlightCancelled(flow) { flow.unexpected(); }
    HotelBooked(flow) {
        flow.go(At::Booked);
        flow.emit(TripBooked { trip: flow.data().trip.clone() });
        flow.finish("booked");
    }
    HotelFull(flow) {
        flow.refused::<BookHotel>();
        flow.compensate("the hotel is full");
    }
    HotelCancelled(flow) { flow.unexpected(); }
}

/// The service of the process.
pub(super) fn travel() -> Service {
    Service::new("travel").process(Travel::default())
}

/// Whether a flight is booked, and how often that changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Flight {
    pub(super) booked: bool,
    pub(super) changes: u32,
}
impl Entity for Flight {
    const KIND: &'static str = "flight";
}

pub(super) struct Flights;
impl Aggregate for Flights {
    const NAME: &str = "flights";
    type State = Flight;
    type Decides = (BookFlight, CancelFlight);
    type Emits = (FlightBooked, FlightCancelled);
    type Refusal = Infallible;
}
impl Decide<BookFlight> for Flights {
    fn key(flight: &BookFlight) -> Cow<'_, str> {
        flight.trip.as_str().into()
    }
    fn decide(
        &self,
        state: &mut Option<Flight>,
        flight: &Envelope<BookFlight>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let state = state.get_or_insert_default();
        state.booked = true;
        state.changes += 1;
        out.emit(FlightBooked { trip: flight.data.trip.clone() });
        Ok(())
    }
}
impl Decide<CancelFlight> for Flights {
    fn key(flight: &CancelFlight) -> Cow<'_, str> {
        flight.trip.as_str().into()
    }
    fn decide(
        &self,
        state: &mut Option<Flight>,
        flight: &Envelope<CancelFlight>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        if let Some(state) = state.as_mut().filter(|state| state.booked) {
            state.booked = false;
            state.changes += 1;
        }
        out.emit(FlightCancelled { trip: flight.data.trip.clone() });
        Ok(())
    }
}

pub(super) fn flights() -> Service {
    Service::new("flights").aggregate(Flights)
}

type MakeFault = fn() -> Fault;

/// The outside system behind the hotels: it knows a booking by its key.
#[derive(Debug, Clone, Default)]
pub(super) struct Desk {
    pub(super) booked: Arc<Lock<Vec<String>>>,
    pub(super) cancelled: Arc<Lock<Vec<String>>>,
    /// What a booking returns, after it was made.
    pub(super) fails: Arc<Lock<Option<MakeFault>>>,
}

pub(super) struct Book(pub(super) Desk);
impl Effect for Book {
    const NAME: &str = "book";
    const LEASE: Option<Duration> = Some(Duration::from_secs(30));
    const KEY_TTL: Duration = Duration::from_secs(24 * 3600);
    type Event = BookHotel;
    type Emits = (HotelBooked,);
    async fn act(
        &self,
        hotel: &Envelope<BookHotel>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        self.0.booked.lock().push(attempt.effect_key(0));
        if let Some(fault) = *self.0.fails.lock() {
            return Err(fault());
        }
        unit.emit(HotelBooked { trip: hotel.data.trip.clone() });
        Ok(())
    }
}

pub(super) struct Cancel(pub(super) Desk);
impl Effect for Cancel {
    const NAME: &str = "cancel";
    const LEASE: Option<Duration> = Some(Duration::from_secs(30));
    const KEY_TTL: Duration = Duration::from_secs(24 * 3600);
    type Event = CancelHotel;
    type Emits = (HotelCancelled,);
    async fn act(
        &self,
        hotel: &Envelope<CancelHotel>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        self.0.cancelled.lock().extend(attempt.undone_key(0));
        unit.emit(HotelCancelled { trip: hotel.data.trip.clone() });
        Ok(())
    }
}

pub(super) fn hotels(desk: &Desk) -> Service {
    Service::new("hotels").effect(Book(desk.clone())).effect(Cancel(desk.clone()))
}

/// A message of this type, with an id and a source, as it arrives.
pub(super) fn message<M: Message + for<'a> From<&'a str>>(id: &str, trip: &str, at: Timestamp) -> Raw {
    let source = if M::OWNER == "flights" || M::OWNER == "hotels" { M::OWNER } else { "trips" };
    raw(&Envelope::starting(id, source, at, M::from(trip)))
}

/// An envelope as it arrives.
pub(super) fn raw<M: Message>(envelope: &Envelope<M>) -> Raw {
    let json = serde_json::to_string(envelope).unwrap();
    Raw::parse(&json).unwrap()
}
