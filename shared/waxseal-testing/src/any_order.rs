//! The rows of a projection in any order of its events.

use std::{collections::BTreeMap, fmt::Write as _, ops::Range};

use serde_json::Value;
use waxseal::{Emits, Projection, Raw, Service, Table, handler::row_kind, table::Scan};

use crate::{block_on, fixture::Fixture, simulation::shrink};

/// Rows by their keys in the table.
type Rows = BTreeMap<String, Value>;

/// Folds the events in the given order, and again in another order for each seed, and checks that the
/// rows are the same (E-10). Events of one sequence (S-34) keep their order; all others change places.
/// Each event comes twice in every order but the first. Gives the rows.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Envelope, Fault, Project, Projection, Raised, RowKey, Rows};
/// use waxseal_testing::{raw, rows_in_any_order};
///
/// #[derive(Serialize, Deserialize)] struct TicketSold { show: String, seats: u32 }
/// waxseal::event!(TicketSold { name: "ticket.sold", version: 1, owner: "box-office" });
/// #[derive(Default, Serialize, Deserialize)] struct Sold { seats: u32 }
///
/// struct SoldSeats;
/// impl Projection for SoldSeats {
///     const NAME: &str = "sold-seats";
///     type Row = Sold;
///     type Reads = (TicketSold,);
///     type Emits = ();
/// }
/// impl Project<TicketSold> for SoldSeats {
///     fn rows(sold: &Envelope<TicketSold>) -> Vec<RowKey> { vec![RowKey::new("shows", &sold.data.show)] }
///     fn fold(&self, rows: &mut Rows<Sold>, sold: &Envelope<TicketSold>, _: &mut Raised<Self>) -> Result<(), Fault> {
///         rows.iter_mut().for_each(|(_, row)| row.get_or_insert_default().seats += sold.data.seats);
///         Ok(())
///     }
/// }
/// let sold = |id: &str, show: &str, seats| raw(id, TicketSold { show: show.into(), seats });
/// let events = [sold("e1", "Faust", 2), sold("e2", "Faust", 3), sold("e3", "Carmen", 1)];
/// let rows = rows_in_any_order(|| SoldSeats, &events, 0..20);
/// assert_eq!(rows["sold-seats@1#shows / row#Faust"]["seats"], 5);
/// ```
///
/// # Panics
/// Where an event is not folded, and where two orders give different rows: with the fewest events that
/// show it, in both orders, and the rows that differ.
#[track_caller]
pub fn rows_in_any_order<P: Projection>(
    projection: impl Fn() -> P,
    events: &[Raw],
    seeds: Range<u64>,
) -> BTreeMap<String, Value> {
    let rows = folded(&projection, events, 1);
    for seed in seeds {
        if folded(&projection, &shuffled(events, seed), 2) == rows {
            continue;
        }
        let differs =
            |some: &[Raw]| folded(&projection, some, 1) != folded(&projection, &shuffled(some, seed), 2);
        let fewest = shrink(events, differs);
        let other = shuffled(&fewest, seed);
        let rows = [folded(&projection, &fewest, 1), folded(&projection, &other, 2)];
        panic!("{}", difference::<P>(seed, [&fewest, &other], &rows));
    }
    rows
}

fn folded<P: Projection>(projection: &impl Fn() -> P, events: &[Raw], times: usize) -> Rows {
    let fixture = Fixture::default();
    let engine = fixture.engine(Service::new(owner::<P>()).projection(projection()));
    for raw in events.iter().flat_map(|raw| std::iter::repeat_n(raw, times)) {
        if let Err(failure) = block_on(engine.handle(raw)) {
            panic!("{} {} is not folded: {failure}", raw.name, raw.id);
        }
    }
    let prefix = format!("{}#", row_kind::<P>());
    let (mut rows, mut scan) = (Rows::new(), Scan::default());
    loop {
        let page = block_on(fixture.table.scan(&scan)).unwrap_or_else(|error| panic!("{error}"));
        for item in page.items.iter().filter(|item| item.key.partition.starts_with(&prefix)) {
            let data = item.get_text("data").and_then(|data| serde_json::from_str(data).ok());
            rows.insert(item.key.to_string(), data.unwrap_or_default());
        }
        match page.next {
            Some(next) => scan = scan.after(Some(next)),
            None => return rows,
        }
    }
}

/// A service that may raise what the projection raises.
fn owner<P: Projection>() -> &'static str {
    <P::Emits as Emits>::DECLARED.first().map_or("projections", |declared| declared.owner)
}

/// Another order of the events. Those of one sequence keep theirs.
fn shuffled(events: &[Raw], seed: u64) -> Vec<Raw> {
    let mut places: Vec<usize> = (0..events.len()).collect();
    // The place of an event follows from its id, so that it stays where others are left out.
    places.sort_by_cached_key(|place| {
        let id = events[*place].id.bytes().fold(seed, |hash, byte| hash.rotate_left(8) ^ u64::from(byte));
        fastrand::Rng::with_seed(id).u64(..)
    });
    let mut order: Vec<usize> = places.clone();
    let mut of_sequence: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for place in &places {
        if let Some((subject, _)) = events[*place].sequence() {
            of_sequence.entry(subject.to_owned()).or_default().push(*place);
        }
    }
    // The places that a sequence has in the new order are filled with its events in their own order.
    let mut next: BTreeMap<String, std::vec::IntoIter<usize>> = of_sequence
        .into_iter()
        .map(|(subject, mut places)| {
            places.sort_unstable();
            (subject, places.into_iter())
        })
        .collect();
    for place in &mut order {
        if let Some((subject, _)) = events[*place].sequence()
            && let Some(first) = next.get_mut(subject).and_then(Iterator::next)
        {
            *place = first;
        }
    }
    order.into_iter().map(|place| events[place].clone()).collect()
}

fn difference<P: Projection>(seed: u64, orders: [&[Raw]; 2], rows: &[Rows; 2]) -> String {
    let mut text = format!(
        "the rows of {} depend on the order of its events (E-10): make the fold indifferent, or declare a SEQUENCING (seed {seed})",
        row_kind::<P>()
    );
    for (order, rows_of) in orders.iter().zip(rows) {
        let ids: Vec<&str> = order.iter().map(|raw| raw.id.as_str()).collect();
        // A write to a text cannot fail.
        let _ = write!(text, "\n  {}", ids.join(", "));
        for (key, row) in
            rows_of.iter().filter(|(key, row)| rows.iter().any(|rows| rows.get(*key) != Some(row)))
        {
            let _ = write!(text, "\n    {key}: {row}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use serde::{Deserialize, Serialize};
    use waxseal::{Envelope, Fault, Project, Raised, RowKey, Rows};

    use super::*;
    use crate::raw;

    #[derive(Clone, Serialize, Deserialize)]
    struct Priced {
        sku: String,
        cents: u64,
    }
    waxseal::event!(Priced { name: "article.priced", version: 1, owner: "shop" });

    #[derive(Default, Serialize, Deserialize)]
    struct Prices {
        last: u64,
        lowest: Option<u64>,
    }

    /// A wrong projection: the last price depends on the order of arrival.
    struct LastPrice;
    impl Projection for LastPrice {
        const NAME: &str = "last-price";
        type Row = Prices;
        type Reads = (Priced,);
        type Emits = ();
    }
    impl Project<Priced> for LastPrice {
        fn rows(priced: &Envelope<Priced>) -> Vec<RowKey> {
            vec![RowKey::new("skus", &priced.data.sku)]
        }
        fn fold(
            &self,
            rows: &mut Rows<Prices>,
            priced: &Envelope<Priced>,
            _: &mut Raised<Self>,
        ) -> Result<(), Fault> {
            let row = rows.at(&RowKey::new("skus", &priced.data.sku));
            row.get_or_insert_default().last = priced.data.cents;
            Ok(())
        }
    }

    /// The lowest price does not.
    struct LowestPrice;
    impl Projection for LowestPrice {
        const NAME: &str = "lowest-price";
        type Row = Prices;
        type Reads = (Priced,);
        type Emits = ();
    }
    impl Project<Priced> for LowestPrice {
        fn rows(priced: &Envelope<Priced>) -> Vec<RowKey> {
            vec![RowKey::new("skus", &priced.data.sku)]
        }
        fn fold(
            &self,
            rows: &mut Rows<Prices>,
            priced: &Envelope<Priced>,
            _: &mut Raised<Self>,
        ) -> Result<(), Fault> {
            let row = rows.at(&RowKey::new("skus", &priced.data.sku));
            let row = row.get_or_insert_default();
            row.lowest = Some(row.lowest.map_or(priced.data.cents, |lowest| lowest.min(priced.data.cents)));
            Ok(())
        }
    }

    fn events(sequence: bool) -> Vec<Raw> {
        let event = |n: u64| {
            let priced =
                Priced { sku: ["hat", "tie"][usize::from(n.is_multiple_of(2))].to_owned(), cents: n * 7 % 5 };
            let mut raw = raw(&format!("e{n}"), priced);
            if sequence {
                raw.metadata
                    .insert("subject".to_owned(), ["hat", "tie"][usize::from(n.is_multiple_of(2))].into());
                raw.metadata.insert("sequence".to_owned(), (n / 2 + 1).into());
            }
            raw
        };
        (0..8).map(event).collect()
    }

    #[test]
    fn e10_a_fold_that_depends_on_the_order_is_found_with_two_events() {
        assert_eq!(rows_in_any_order(|| LowestPrice, &events(false), 0..20).len(), 2);
        let panic = catch_unwind(|| rows_in_any_order(|| LastPrice, &events(false), 0..20)).unwrap_err();
        let text = *panic.downcast::<String>().unwrap();
        assert!(
            text.starts_with("the rows of last-price@1 depend on the order of its events (E-10)"),
            "{text}"
        );
        assert_eq!(text.lines().nth(1).map(|ids| ids.split(", ").count()), Some(2), "{text}");
        // Within a sequence the order is kept, so the last one is the last one.
        rows_in_any_order(|| LastPrice, &events(true), 0..20);
    }
}
