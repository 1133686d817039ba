//! Queries follow a pointer from one version of a projection to the next (E-6).

use serde::{Deserialize, Serialize};
use waxseal::{
    DropError, Envelope, Fault, Project, Projection, Raised, RowKey, Rows, Service, batch::Rebuild, drop_rows,
};
use waxseal_testing::{Fixture, block_on, raw};

#[derive(Serialize, Deserialize)]
struct Sold {
    sku: u32,
}
waxseal::event!(Sold { name: "article.sold", version: 1, owner: "shop" });

struct Sales<const VERSION: u16>;
impl<const VERSION: u16> Projection for Sales<VERSION> {
    const NAME: &'static str = "sales";
    const VERSION: u16 = VERSION;
    type Row = u64;
    type Reads = (Sold,);
    type Emits = ();
}
impl<const VERSION: u16> Project<Sold> for Sales<VERSION> {
    fn rows(sold: &Envelope<Sold>) -> Vec<RowKey> {
        vec![RowKey::new("skus", sold.data.sku.to_string())]
    }
    fn fold(&self, rows: &mut Rows<u64>, _: &Envelope<Sold>, _: &mut Raised<Self>) -> Result<(), Fault> {
        rows.iter_mut().for_each(|(_, row)| *row.get_or_insert_default() += 1);
        Ok(())
    }
}

fn sold(n: u32) -> waxseal::Raw {
    raw(&format!("sold-{n}"), Sold { sku: n % 150 })
}

#[test]
fn e6_a_version_is_rebuilt_switched_to_and_the_old_one_dropped() {
    let fixture = Fixture::default();
    let both = || Service::new("statistics").projection(Sales::<1>).projection(Sales::<2>);
    let (one, other) = (fixture.engine(both()), fixture.engine(both()));
    let history: Vec<_> = (0..600).map(sold).collect();
    block_on(async {
        for event in &history {
            one.handle(event).await.expect("it counts");
        }
        let rebuild = Rebuild::new("statistics", Sales::<2>, fixture.table.clone(), fixture.host.clone());
        rebuild.expect("sound").run(&history, |_, _| ()).await.expect("it ends");
        assert_eq!(one.view().current("sales").await.expect("readable"), None);

        // Of two that switch at once one succeeds, and nobody switches from what is not.
        assert!(!one.switch::<Sales<2>>(Some(1)).await.expect("readable"));
        assert!(one.switch::<Sales<2>>(None).await.expect("readable"));
        assert!(!other.switch::<Sales<1>>(None).await.expect("readable"));
        assert_eq!(other.view().current("sales").await.expect("readable"), Some(2));

        // The version that is read stays; the other one goes, whole, also where it is killed on its way.
        let current = drop_rows::<Sales<2>>(&fixture.table).await;
        assert!(matches!(&current, Err(DropError::Current { kind }) if kind == "sales@2"), "{current:?}");
        fixture.table.lose_answers(1);
        let killed = drop_rows::<Sales<1>>(&fixture.table).await;
        assert!(matches!(killed, Err(DropError::Write(_))), "{killed:?}");
        assert!(drop_rows::<Sales<1>>(&fixture.table).await.expect("it goes on") < 150);
        assert_eq!(drop_rows::<Sales<1>>(&fixture.table).await.expect("nothing is left"), 0);
        let left = one.rows::<Sales<1>>("skus", "", None, 10).await.expect("readable");
        assert!(left.rows.is_empty());
        assert_eq!(one.row::<Sales<2>>(&RowKey::new("skus", "7")).await.expect("readable"), Some(4));
    });
}
