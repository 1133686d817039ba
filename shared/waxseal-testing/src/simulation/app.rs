//! An application on the embedded environment, on many seeds.

use std::{fmt, ops::Range};

use waxseal::{Channel, Raw};
use waxseal_catalog::App;
use waxseal_local::{Faults, Local};

use super::run::{Simulation, simulate};

/// A condition on an application at the end of a run: a name, and a check that returns the
/// violation.
pub type Invariant<'a> = (&'a str, &'a (dyn Fn(&Local) -> Result<(), String> + Sync));

/// An application under faults: duplicates, reordering, throttling, crashes and lost answers.
pub struct AppSimulation<'a> {
    /// The application, made anew for each run.
    pub app: &'a (dyn Fn() -> App + Sync),
    /// The events and commands of a seed, in the order in which they are published. Events go to the
    /// bus, commands to the queue of their recipient.
    pub messages: &'a (dyn Fn(u64) -> Vec<Raw> + Sync),
    /// The faults.
    pub faults: Faults,
    /// The conditions at the end of each run.
    pub invariants: &'a [Invariant<'a>],
}

impl fmt::Debug for AppSimulation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let invariants: Vec<&str> = self.invariants.iter().map(|(name, _)| *name).collect();
        f.debug_struct("AppSimulation")
            .field("faults", &self.faults)
            .field("invariants", &invariants)
            .finish_non_exhaustive()
    }
}

impl Simulation for AppSimulation<'_> {
    type Step = Raw;
    /// Deliveries, and how many of them were duplicates.
    type Summary = (u64, u64);

    fn steps(&self, seed: u64) -> Vec<Raw> {
        (self.messages)(seed)
    }

    fn run(&self, seed: u64, steps: &[Raw]) -> ((u64, u64), Vec<String>) {
        let local = Local::builder().seed(seed).faults(self.faults.clone()).quiet_dead_letters().build();
        let app = (self.app)();
        if let Err(error) = local.deploy(&app) {
            return ((0, 0), vec![format!("the application is not deployed: {error}")]);
        }
        let mut wrong = Vec::new();
        for message in steps {
            let published = match recipient(&app, &message.name) {
                Some(recipient) => local.send(recipient, message),
                None => local.put(message),
            };
            if let Err(error) = published {
                wrong.push(format!("{} {} was not published: {error}", message.name, message.id));
            }
        }
        local.run_until_idle();
        for (name, check) in self.invariants {
            if let Err(found) = check(&local) {
                wrong.push(format!("{name}: {found}"));
            }
        }
        if !wrong.is_empty() && !local.is_repeatable() {
            wrong.push("a function waited for the outside, so its seed alone does not repeat the run".into());
        }
        ((local.deliveries(), local.duplicates()), wrong)
    }

    fn repeat(&self, seed: u64, steps: &[Raw]) -> String {
        let messages: Vec<String> =
            steps.iter().map(|message| format!("{} {}", message.name, message.id)).collect();
        format!("Local::builder().seed({seed}) with the messages {}", messages.join(", "))
    }
}

/// The recipient of a command; `None` for an event.
fn recipient(app: &App, message: &str) -> Option<&'static str> {
    let handled = app.services.iter().flat_map(waxseal_catalog::Deployed::consumes);
    let mut queues = handled.filter_map(|declared| match declared.channel {
        Channel::Queue(recipient) if declared.name == message => Some(recipient),
        _ => None,
    });
    queues.next()
}

/// Runs an application on many seeds of a [bad day](Faults::bad_day), with the messages that
/// `messages` gives for a seed, and fails with the shortest input that breaks an invariant.
///
/// # Panics
/// Where a run breaks an invariant. The text holds every such run, shrunk, with the way to repeat
/// it.
#[track_caller]
pub fn simulate_app(
    app: impl Fn() -> App + Sync,
    seeds: Range<u64>,
    messages: impl Fn(u64) -> Vec<Raw> + Sync,
    invariants: &[Invariant<'_>],
) -> Vec<(u64, u64)> {
    let simulation = AppSimulation { app: &app, messages: &messages, faults: Faults::bad_day(), invariants };
    simulate(&simulation, seeds).unwrap()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde::{Deserialize, Serialize};
    use waxseal::{Envelope, Fault, Handler, Service, Timestamp, Unit};
    use waxseal_catalog::Deployed;

    use super::*;
    use crate::simulation::Broken;

    #[derive(Serialize, Deserialize)]
    struct Ordered {}
    waxseal::event!(Ordered { name: "order.placed", version: 1, owner: "shop" });

    /// Waits for a timer of tokio.
    struct Ask;
    impl Handler for Ask {
        const NAME: &str = "ask";
        type Event = Ordered;
        type Emits = ();
        async fn handle(&self, _: &Envelope<Ordered>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(())
        }
    }

    #[derive(Serialize, Deserialize)]
    struct Order {}
    waxseal::command!(Order { name: "order", version: 1, recipient: "shop" });

    struct Count;
    impl Handler for Count {
        const NAME: &str = "count";
        type Event = Order;
        type Emits = ();
        async fn handle(&self, _: &Envelope<Order>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
            Ok(())
        }
    }

    #[test]
    fn a_command_goes_to_its_recipient() {
        let app = || App::new("shop").service(Deployed::new(Service::new("shop").handler(Count)));
        let messages = |_| {
            let command = Envelope::starting("c-1", "test", Timestamp::UNIX_EPOCH, Order {}).into_raw();
            command.into_iter().collect()
        };
        let is_delivered = |local: &Local| match local.deliveries() {
            0 => Err("no command was delivered".to_owned()),
            _ => Ok(()),
        };
        simulate_app(app, 0..4, messages, &[("the command is delivered", &is_delivered)]);
    }

    #[test]
    fn l5_a_simulated_handler_may_wait_for_the_outside_and_a_failure_says_so() {
        let app = || {
            let service = Deployed::new(Service::new("warehouse").handler(Ask));
            App::new("shop").emitted_elsewhere("order.placed").service(service)
        };
        let messages = |_| {
            let event = Envelope::starting("o-1", "shop", Timestamp::UNIX_EPOCH, Ordered {}).into_raw();
            event.into_iter().collect()
        };
        let simulate = |invariant: Invariant<'_>| {
            let (faults, invariants) = (Faults::bad_day(), &[invariant][..]);
            simulate(&AppSimulation { app: &app, messages: &messages, faults, invariants }, 0..4)
        };
        let is_handled = |local: &Local| match local.dead_letters("warehouse").map(|queue| queue.len()) {
            Ok(0) => Ok(()),
            other => Err(format!("{other:?} dead letters")),
        };
        assert_eq!(simulate(("every order is handled", &is_handled)).unwrap().len(), 4);
        let held = |local: &Local| if local.deliveries() > 0 { Err("held".into()) } else { Ok(()) };
        let broken = simulate(("nothing is delivered", &held)).broken;
        let says = |broken: &Broken| broken.to_string().contains("its seed alone does not repeat the run");
        assert_eq!(broken.iter().filter(|broken| says(broken)).count(), 4, "{broken:?}");
    }
}
