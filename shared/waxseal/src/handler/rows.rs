//! The rows that a build can read: the question that is asked before a deploy (G-5).

use crate::{
    fault::Fault,
    handler::{route::Route, service::Service},
    panic,
    row::{scheduled, state},
    table::{Item, Key},
};

impl Service {
    /// The route of the messages that are made of the row under `key`.
    ///
    /// # Errors
    /// A fault to retry where there is none: another build has written the row.
    pub(crate) fn route_of_row(&self, key: &Key) -> Result<&Route, Fault> {
        let route = match scheduled::is_key(key) {
            true => self.scheduled.as_deref(),
            false => self.timed.get(state::kind_of(key)),
        };
        route.ok_or_else(|| {
            let service = self.name();
            Fault::retry(format!("service {service} has no process whose rows are like {key}"))
        })
    }

    /// Whether this build can read a row with a timer: the row of an instance of one of its
    /// [processes](crate::Process), or a message that is sent later. The types of the build are
    /// asked, [`Process::lift`](crate::Process::lift) included. Nothing is written.
    ///
    /// # Errors
    /// The reason why it cannot. At run time the row's inputs are retried for that reason, until a
    /// build is deployed that can read it (G-5).
    ///
    /// ```
    /// use waxseal::{Service, handler::instance_key, table::Item};
    /// let service = Service::new("orders").schedules_messages();
    /// let left = Item::new(instance_key("fulfilment", "order-7"));
    /// let reason = service.reads_row(&left).unwrap_err().to_string();
    /// assert!(reason.contains("has no process"), "{reason}");
    /// ```
    pub fn reads_row(&self, item: &Item) -> Result<(), Fault> {
        let route = self.route_of_row(&item.key)?;
        panic::catch(|| route.reaction.reads(item)).unwrap_or_else(|caught| {
            Err(Fault::retry(format!("row {}: its reading panicked{caught}", item.key)))
        })
    }
}
