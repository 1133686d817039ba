//! For the tests of the services: a table and a host in memory, an engine on them, and what its
//! receipts emitted.

use std::{
    collections::BTreeSet,
    sync::{Arc, MutexGuard},
};

use waxseal::{
    BoxError, Engine, Host, Message, Raw, Service, Settings, Table, Timestamp, Token,
    dead_letter::{DeadLetter, DeadLetters},
    lock::Lock,
    read_emissions,
    table::{
        Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError, attribute, memory::Items,
    },
};

use crate::{currency::Currency, customer::Customer, line::Line, order::OrderPlaced};

/// A table, a dead-letter queue, a clock that stands until it is set, and tokens that count up.
/// Clones share all of it.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    inner: Arc<Lock<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    items: Items,
    now: Timestamp,
    tokens: u128,
    /// Receipts whose emissions were taken.
    taken: BTreeSet<Key>,
    unavailable: bool,
    lose_writes: u32,
    dead_letters: Vec<DeadLetter>,
}

impl Memory {
    /// An empty table at 1970.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `service` on this table.
    ///
    /// # Panics
    /// Where the service breaks a rule of [`Service::check`].
    #[must_use]
    pub fn engine(&self, service: Service) -> Engine {
        match Engine::new(service, self.clone(), Arc::new(self.clone()), Settings::default()) {
            Ok(engine) => engine,
            Err(error) => panic!("{error}"),
        }
    }

    /// Sets the clock.
    pub fn set_now(&self, now: Timestamp) {
        self.lock().now = now;
    }

    /// From now on every request fails, or none.
    pub fn set_unavailable(&self, unavailable: bool) {
        self.lock().unavailable = unavailable;
    }

    /// Fails the next `count` writes.
    pub fn lose_writes(&self, count: u32) {
        self.lock().lose_writes = count;
    }

    /// The envelopes in receipts that have appeared since the last call, in the order of the
    /// receipts' keys.
    ///
    /// # Panics
    /// Where a receipt's outbox has another form than the core's.
    #[must_use]
    pub fn take_emitted(&self) -> Vec<Raw> {
        let mut inner = self.lock();
        let mut emitted = Vec::new();
        let fresh: Vec<Item> = inner
            .items
            .iter()
            .filter(|item| item.get_text(attribute::EMITTED).is_some() && !inner.taken.contains(&item.key))
            .cloned()
            .collect();
        for item in fresh {
            let emissions = read_emissions(item.get_text(attribute::EMITTED).unwrap_or_default());
            for emission in emissions.unwrap_or_else(|error| panic!("{}: {error}", item.key)) {
                match Raw::parse(emission.envelope.get()) {
                    Ok(raw) => emitted.push(raw),
                    Err(error) => panic!("{}: {error}", item.key),
                }
            }
            inner.taken.insert(item.key);
        }
        emitted
    }

    /// The dead letters.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.lock().dead_letters.clone()
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().items.iter().count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }
}

fn unavailable(action: &'static str) -> TableError {
    TableError { table: "memory".to_owned(), action, source: BoxError::from("turned off by the test") }
}

impl Table for Memory {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        let inner = self.lock();
        if inner.unavailable {
            return Err(unavailable("BatchGetItem"));
        }
        Ok(keys.iter().map(|key| inner.items.get(key).cloned()).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        Ok(self.lock().items.query(query, 100))
    }

    async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        Ok(self.lock().items.scan(scan, 100))
    }

    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        let mut inner = self.lock();
        if inner.unavailable {
            return Err(WriteError::Unavailable(unavailable("TransactWriteItems")));
        }
        if inner.lose_writes > 0 {
            inner.lose_writes -= 1;
            return Err(WriteError::Unavailable(unavailable("TransactWriteItems")));
        }
        inner.items.write(writes).map(|_| ())
    }
}

impl DeadLetters for Memory {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        self.lock().dead_letters.push(dead_letter);
        Ok(())
    }
}

impl Host for Memory {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    fn token(&self) -> Token {
        let mut inner = self.lock();
        inner.tokens += 1;
        Token(inner.tokens)
    }
}

/// A message as it arrives: the start of a flow, under the id `id`.
///
/// # Panics
/// Where `data` has no JSON form.
pub fn raw<M: Message>(id: &str, data: M) -> Raw {
    let source = M::OWNER;
    match waxseal::Envelope::starting(id, source, Timestamp::UNIX_EPOCH, data).into_raw() {
        Ok(raw) => raw,
        Err(error) => panic!("{} has no JSON form: {error}", M::NAME),
    }
}

/// The messages of one kind among `emitted`.
///
/// # Panics
/// Where one does not fit its type.
#[must_use]
pub fn of_kind<M: Message>(emitted: &[Raw]) -> Vec<M> {
    let decode = |raw: &Raw| match raw.decode::<M>() {
        Ok(envelope) => envelope.data,
        Err(error) => panic!("{error}"),
    };
    emitted.iter().filter(|raw| raw.name == M::NAME).map(decode).collect()
}

/// A customer with a name that ASCII cannot write.
///
/// # Panics
/// Never: the address is one.
#[must_use]
pub fn customer() -> Customer {
    let Ok(email) = "zoe.nunez@example.com".parse() else { panic!("an address") };
    Customer { id: "c-1".to_owned(), name: "Zoë Núñez-大岩 🦔".to_owned(), email }
}

/// An order of these lines: SKU, quantity, price of one in cents.
#[must_use]
pub fn placed(order_id: &str, lines: &[(&str, u32, u64)]) -> OrderPlaced {
    let line = |(sku, quantity, unit_price): &(&str, u32, u64)| Line {
        sku: (*sku).to_owned(),
        quantity: *quantity,
        unit_price: *unit_price,
    };
    OrderPlaced {
        order_id: order_id.to_owned(),
        customer: customer(),
        lines: lines.iter().map(line).collect(),
        currency: Currency::EUR,
        payment_token: "tok_visa".to_owned(),
        placed_at: Some(Timestamp::UNIX_EPOCH),
    }
}
