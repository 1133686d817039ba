//! Rebuilds: a projection's rows from old events, beside the live ones (E-6, E-8).

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use waxseal::{
    Engine, Envelope, Fault, Project, Projection, Raised, Raw, RowKey, Rows, Service,
    batch::{Rebuild, RebuildError},
    table::Item,
};
use waxseal_testing::{Fixture, block_on, raw};

#[derive(Serialize, Deserialize)]
struct Sold {
    sku: u32,
    day: u32,
    cents: u64,
}
waxseal::event!(Sold { name: "article.sold", version: 1, owner: "shop" });

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sum {
    sold: u64,
    cents: u64,
}

struct Sales<const VERSION: u16>;
impl<const VERSION: u16> Projection for Sales<VERSION> {
    const NAME: &'static str = "sales";
    const VERSION: u16 = VERSION;
    type Row = Sum;
    type Reads = (Sold,);
    type Emits = ();
}
impl<const VERSION: u16> Project<Sold> for Sales<VERSION> {
    fn rows(sold: &Envelope<Sold>) -> Vec<RowKey> {
        let Sold { sku, day, .. } = &sold.data;
        vec![RowKey::new(format!("day-{day:04}"), format!("sku-{sku}")), RowKey::new("skus", sku.to_string())]
    }
    fn fold(&self, rows: &mut Rows<Sum>, sold: &Envelope<Sold>, _: &mut Raised<Self>) -> Result<(), Fault> {
        for (_, row) in rows.iter_mut() {
            let row = row.get_or_insert_default();
            row.sold += 1;
            row.cents += sold.data.cents;
        }
        if sold.data.cents == 13 { Err(Fault::permanent("nothing costs 13 cents")) } else { Ok(()) }
    }
}

fn sold(n: usize) -> Raw {
    let n = u32::try_from(n).expect("not that many");
    raw(&format!("sold-{n}"), Sold { sku: n * 7 % 12, day: n / 500, cents: 100 + u64::from(n % 90) })
}

fn rows(fixture: &Fixture, version: u16) -> Vec<(String, String)> {
    let kind = format!("sales@{version}");
    let is_row = |item: &&Item| item.key.partition.starts_with(&kind);
    let row = |item: &Item| {
        let key = item.key.to_string().replace(&kind, "sales");
        (key, item.get_text("data").unwrap_or_default().to_owned())
    };
    fixture.table.items().iter().filter(is_row).map(row).collect()
}

fn rebuild<const VERSION: u16>(fixture: &Fixture) -> Rebuild {
    Rebuild::new("statistics", Sales::<VERSION>, fixture.table.clone(), fixture.host.clone())
        .expect("a sound service")
}

/// Rebuilds version 2 from `count` events while versions 1 and 2 go on counting, and is killed
/// `kills` times.
fn equals_the_live_one(count: usize, kills: usize) {
    let fixture = Fixture::default();
    let live: Engine =
        fixture.engine(Service::new("statistics").projection(Sales::<1>).projection(Sales::<2>));
    let old = fixture.engine(Service::new("statistics").projection(Sales::<1>));
    let history: Vec<Raw> = (0..count).map(sold).collect();
    // Version 1 counted all of it, at its time.
    for event in &history {
        block_on(old.handle(event)).expect("it is counted");
    }
    let mut random = fastrand::Rng::with_seed(count as u64);
    // The places at which the process ends, and what becomes of a request under way then.
    let mut ends: Vec<u64> = (0..kills).map(|_| random.u64(0..count as u64)).collect();
    ends.sort_unstable();
    let (mut more, mut killed) = (count, 0);
    for end in ends.into_iter().map(Some).chain([None]) {
        match random.u8(0..3) {
            0 => fixture.table.lose_answers(1),
            1 => fixture.table.lose_writes(1),
            _ => {}
        }
        let mut steps = 0;
        let run = AssertUnwindSafe(|| {
            block_on(rebuild::<2>(&fixture).run(&history, |done, all| {
                assert!(done <= all && all == count as u64);
                steps += 1;
                if end.is_some_and(|end| done > end) {
                    resume_unwind(Box::new("killed"));
                }
            }))
        });
        let ended = catch_unwind(run);
        killed += usize::from(ended.is_err());
        // Live events come meanwhile, each twice.
        for _ in 0..=steps {
            let event = sold(more);
            more += 1;
            for _ in 0..2 {
                block_on(live.handle(&event))
                    .or_else(|_| block_on(live.handle(&event)))
                    .expect("it is counted");
            }
        }
        if end.is_none() {
            // A request of the rebuild itself may have been lost; a further call goes on.
            let ended = ended.expect("nobody killed it");
            ended.or_else(|_| block_on(rebuild::<2>(&fixture).run(&history, |_, _| ()))).expect("it ends");
        }
    }
    assert!(killed * 2 > kills, "{killed} of {kills}");
    assert!(!rows(&fixture, 2).is_empty());
    assert_eq!(rows(&fixture, 2), rows(&fixture, 1));
}

#[test]
fn e6_a_rebuild_equals_the_live_one_that_goes_on_counting_and_survives_20_kills() {
    equals_the_live_one(3_000, 20);
}

#[test]
#[ignore = "part of `make soak`: some seconds"]
fn e6_a_rebuild_of_100_000_events_equals_the_live_one() {
    equals_the_live_one(100_000, 20);
}

#[test]
fn e5_an_event_that_cannot_be_folded_stops_the_rebuild_with_its_place() {
    let fixture = Fixture::default();
    let mut history: Vec<Raw> = (0..100).map(sold).collect();
    history[57] = raw("odd", Sold { sku: 1, day: 0, cents: 13 });
    let rebuild = rebuild::<2>(&fixture);
    for _ in 0..2 {
        match block_on(rebuild.run(&history, |_, _| ())) {
            Err(RebuildError::Event { number: 58, id, reason, .. }) => {
                assert_eq!((&*id, &*reason), ("odd", "nothing costs 13 cents"));
            }
            other => panic!("{other:?}"),
        }
    }
    history[57] = sold(57);
    block_on(rebuild.run(&history, |_, _| ())).expect("it goes on");
    let whole = Fixture::default();
    block_on(self::rebuild::<2>(&whole).run(&history, |_, _| ())).expect("a rebuild without a stop");
    assert_eq!(rows(&fixture, 2), rows(&whole, 2));
}

#[test]
fn e8_old_events_never_go_into_rows_that_may_count_them_twice() {
    let fixture = Fixture::default();
    let history: Vec<Raw> = (0..200).map(sold).collect();
    block_on(rebuild::<2>(&fixture).run(&history, |_, _| ())).expect("the first rebuild");
    let built = rows(&fixture, 2);
    // A second rebuild of the same version, after its receipts are gone.
    fixture.host.pass(Duration::from_hours(24 * 50));
    let again = block_on(rebuild::<2>(&fixture).run(&history, |_, _| ()));
    assert!(matches!(again, Err(RebuildError::Built { .. })), "{again:?}");
    assert_eq!(rows(&fixture, 2), built);

    // A rebuild that stopped goes on within the horizon, and not beyond.
    let mut odd = history.clone();
    odd[150] = raw("odd", Sold { sku: 1, day: 0, cents: 13 });
    for (days, is_late) in [(41, false), (43, true)] {
        let fixture = Fixture::default();
        let stopped = block_on(rebuild::<3>(&fixture).run(&odd, |_, _| ()));
        assert!(matches!(stopped, Err(RebuildError::Event { .. })), "{stopped:?}");
        fixture.host.pass(Duration::from_hours(24 * days));
        let late = block_on(rebuild::<3>(&fixture).run(&history, |_, _| ()));
        assert_eq!(matches!(late, Err(RebuildError::TooOld { .. })), is_late, "{late:?}");
        assert!(is_late || rows(&fixture, 3) == built);
    }
}

#[test]
fn e6_of_two_rebuilds_of_one_version_one_stops() {
    let fixture = Fixture::default();
    let history: Vec<Raw> = (0..400).map(sold).collect();
    let (one, other) = (rebuild::<2>(&fixture), rebuild::<2>(&fixture));
    let outcomes = block_on(async {
        let other = std::cell::RefCell::new(Some(other));
        let mut second = None;
        let first = one
            .run(&history, |done, _| {
                if done > 100
                    && let Some(other) = other.borrow_mut().take()
                {
                    second = Some(block_on(other.run(&history, |_, _| ())));
                }
            })
            .await;
        (first, second)
    });
    assert!(matches!(outcomes, (Err(RebuildError::Other { .. }), Some(Ok(())))), "{outcomes:?}");
    let whole = Fixture::default();
    block_on(rebuild::<2>(&whole).run(&history, |_, _| ())).expect("a rebuild alone");
    assert_eq!(rows(&fixture, 2), rows(&whole, 2));
}
