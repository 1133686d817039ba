//! Programs that publish and are no functions (S-63).

use proptest::{collection::vec, prelude::*};
use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, PublishingProgram, Service, Unit, relay::Messages};
use waxseal_catalog::App;
use waxseal_local::{Faults, Local};

#[derive(Serialize, Deserialize)]
struct InvoicePaid {
    customer: String,
}
waxseal::event!(InvoicePaid { name: "invoice.paid", version: 1, owner: "billing-import" });

#[derive(Serialize, Deserialize)]
struct Remind {
    customer: String,
}
waxseal::command!(Remind { name: "remind", version: 1, recipient: "customers" });

struct BillingImport;
impl PublishingProgram for BillingImport {
    const NAME: &'static str = "billing-import";
    type Emits = (InvoicePaid, Remind);
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Customer {
    paid: u64,
    reminded: u64,
}
impl Entity for Customer {
    const KIND: &'static str = "customer";
}

async fn change(
    unit: &mut Unit<'_, ()>,
    customer: &str,
    change: impl FnOnce(&mut Customer) + Send,
) -> Result<(), Fault> {
    let mut row = match unit.load::<Customer>(customer).await? {
        Some(row) => row,
        None => unit.create(customer, Customer::default()),
    };
    change(&mut row);
    unit.save(row);
    Ok(())
}

struct CountPaid;
impl Handler for CountPaid {
    const NAME: &str = "count-paid";
    type Event = InvoicePaid;
    type Emits = ();
    async fn handle(&self, event: &Envelope<InvoicePaid>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        assert_eq!(event.source, "billing-import", "its owner's name");
        change(unit, &event.data.customer, |row| row.paid += 1).await
    }
}

struct CountReminded;
impl Handler for CountReminded {
    const NAME: &str = "count-reminded";
    type Event = Remind;
    type Emits = ();
    async fn handle(&self, event: &Envelope<Remind>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        change(unit, &event.data.customer, |row| row.reminded += 1).await
    }
}

fn shop() -> App {
    App::new("shop")
        .service(Service::new("customers").handler(CountPaid).handler(CountReminded))
        .publisher::<BillingImport>()
}

/// The way in which a program gives ids to its messages.
type Ids = fn(run: usize, line: usize) -> String;

/// The right way: the same in every run.
fn of_the_line(_: usize, line: usize) -> String {
    format!("import-7/{line}")
}

/// A wrong program: each run gives other ids.
fn fresh(run: usize, line: usize) -> String {
    format!("run-{run}/{line}")
}

/// A wrong program: all messages of a run have one id.
fn of_the_run(_: usize, _: usize) -> String {
    "import-7".to_owned()
}

/// What customers have after runs of a program over a file of `lines`. Each run but the last ends
/// after so many lines.
fn after(ids: Ids, lines: usize, ends: &[usize], seed: u64) -> Vec<Customer> {
    let local = Local::builder().seed(seed).faults(Faults::bad_day()).quiet_dead_letters().build();
    local.deploy(&shop()).unwrap();
    let publisher = local.publisher::<BillingImport>();
    for (run, end) in ends.iter().chain([&lines]).enumerate() {
        let mut messages = Messages::<BillingImport>::new();
        for line in 0..(*end).min(lines) {
            let customer = format!("c-{line}");
            match line % 2 {
                0 => messages.emit(ids(run, line), &InvoicePaid { customer }),
                _ => messages.send(ids(run, line), &Remind { customer }),
            };
        }
        publisher.publish(&messages).unwrap();
    }
    local.run_until_idle();
    (0..lines).map(|line| local.read("customers", &format!("c-{line}")).unwrap_or_default()).collect()
}

/// One effect for each line.
fn right(lines: usize) -> Vec<Customer> {
    let of = |line| match line % 2 {
        0 => Customer { paid: 1, reminded: 0 },
        _ => Customer { paid: 0, reminded: 1 },
    };
    (0..lines).map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn s63_a_program_that_ends_early_and_runs_again_has_each_effect_once(
        lines in 1..12_usize,
        ends in vec(0..12_usize, 0..4),
        seed in any::<u64>(),
    ) {
        prop_assert_eq!(after(of_the_line, lines, &ends, seed), right(lines));
    }
}

#[test]
fn s63_a_program_with_other_ids_in_each_run_or_with_one_id_for_all_fails() {
    for wrong in [fresh as Ids, of_the_run] {
        assert_ne!(after(wrong, 4, &[3], 1), right(4));
    }
}

#[test]
fn s63_what_no_channel_takes_is_told_and_the_rest_is_published() {
    let local = Local::builder().quiet_dead_letters().build();
    local.deploy_service(Service::new("customers").handler(CountPaid)).unwrap();
    let publisher = local.publisher::<BillingImport>();
    let customer = || "c-1".to_owned();
    let mut messages = Messages::<BillingImport>::new();
    messages
        .send("r-1", &Remind { customer: customer() })
        .emit("p-1", &InvoicePaid { customer: customer() })
        .emit("", &InvoicePaid { customer: customer() });
    let error = publisher.publish(&messages).unwrap_err();
    let failed: Vec<_> = error.messages.iter().map(|message| (message.index, &*message.id)).collect();
    assert_eq!((error.of, failed), (3, vec![(0, "r-1"), (2, "")]));
    assert!(
        error.to_string().starts_with("2 of 3 messages are not published; the first is r-1: "),
        "{error}"
    );
    local.run_until_idle();
    assert_eq!(local.read::<Customer>("customers", "c-1").unwrap().paid, 1);
    let error = publisher.send("r-2", &Remind { customer: customer() }).unwrap_err();
    assert_eq!(error.reason, "no service customers takes commands: deploy one with a handler for it");
}
