//! The routes of a message: the handlers that take it, by its name and its source.

use std::sync::Arc;

use crate::{
    claim_check,
    handler::{decoded::Decoded, erased::Reaction, failure::Failure, names::Names, wanted::Wants},
    panic,
    table::Key,
};
use waxseal_message::{Declared, Raw};

#[derive(Clone)]
pub(crate) struct Route {
    /// Whose receipts it has.
    pub(crate) names: Names,
    /// The handler's name.
    pub(crate) handler: &'static str,
    /// The message that it takes.
    pub(crate) consumes: Declared,
    pub(crate) reaction: Arc<dyn Reaction>,
    /// The payloads that it wants; `None` where it wants all.
    pub(crate) filter: Option<Arc<dyn Wants>>,
    /// Whether it is an input of a process. These share one consumer.
    pub(crate) of_process: bool,
}

impl Route {
    /// Whether this is its name, or was.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.handler == name || self.names.former().contains(&name)
    }

    /// Whether it wants the payload of `raw`, as it was published. A payload behind a claim is not
    /// seen before it is fetched, so it is wanted.
    pub(crate) fn wants(&self, raw: &Raw) -> bool {
        self.filter.as_ref().is_none_or(|filter| claim_check::is_claim(raw) || filter.wants(raw.data.get()))
    }

    /// As [`Reaction::entity`]. A user's code that panics here panics again in its run, and is
    /// reported there.
    pub(crate) fn entity(&self, raw: &Raw) -> Option<(Key, Decoded)> {
        panic::catch(|| self.reaction.entity(raw)).ok().flatten()
    }

    /// As [`Reaction::rows`].
    pub(crate) fn rows(&self, raw: &Raw, decoded: Option<&Decoded>) -> Option<Vec<Key>> {
        panic::catch(|| self.reaction.rows(raw, decoded)).ok().flatten()
    }

    /// The namespace in which it handles `raw`.
    pub(crate) fn replay<'a>(&self, raw: &'a Raw) -> Option<&'a str> {
        self.reaction.replay().namespace(raw)
    }

    /// As [`Reaction::check`].
    pub(crate) fn check(&self, raw: &Raw) -> Result<(), Failure> {
        panic::catch(|| self.reaction.check(raw)).map_err(Failure::Panic)?.map_err(Failure::Decode)
    }
}

/// Those of the routes of one name that take a message from `source`; `None` where there is none.
///
/// Two foreign events of one name are told apart by their sources. An event of a source that a foreign
/// event names is that one, and not the application's own of the same name.
pub(crate) fn from<'a>(
    routes: &'a [Route],
    source: &'a str,
) -> Option<impl Iterator<Item = &'a Route> + Clone + use<'a>> {
    let names_source =
        |declared: &Declared| declared.is_foreign() && !declared.owner.is_empty() && declared.is_from(source);
    let is_foreign = routes.iter().any(|route| names_source(&route.consumes));
    let takes =
        move |route: &&Route| route.consumes.is_from(source) && (!is_foreign || route.consumes.is_foreign());
    let taking = routes.iter().filter(takes);
    taking.clone().next().is_some().then_some(taking)
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::{
        fault::Fault,
        handler::{Handler, Service, Unit},
    };
    use waxseal_message::Envelope;

    #[derive(Serialize, Deserialize)]
    struct OfCrm {}
    waxseal_message::foreign!(OfCrm { type: "user.created", source: "crm" });
    #[derive(Serialize, Deserialize)]
    struct OfShop {}
    waxseal_message::foreign!(OfShop { type: "user.created", source: "shop" });
    #[derive(Serialize, Deserialize)]
    struct Own {}
    waxseal_message::event!(Own { name: "user.created", version: 1, owner: "users" });

    macro_rules! handlers {
        ($($name:ident $event:ty),*) => {$(
            struct $name;
            impl Handler for $name {
                const NAME: &str = stringify!($name);
                type Event = $event;
                type Emits = ();
                async fn handle(&self, _: &Envelope<$event>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
                    Ok(())
                }
            }
        )*};
    }
    handlers!(Crm OfCrm, Shop OfShop, Users Own);

    type Find = for<'a> fn(&'a [Route], &'a str) -> Vec<&'a Route>;

    /// A wrong router: it goes by name alone.
    fn by_name_alone<'a>(routes: &'a [Route], _: &'a str) -> Vec<&'a Route> {
        routes.iter().collect()
    }

    /// A wrong router: an own message takes whatever has its name.
    fn own_takes_all<'a>(routes: &'a [Route], source: &'a str) -> Vec<&'a Route> {
        routes.iter().filter(|route| route.consumes.is_from(source)).collect()
    }

    /// The handlers of an event of each source.
    fn found(find: Find) -> Vec<String> {
        let service = Service::new("users").handler(Crm).handler(Shop).handler(Users);
        let routes = &service.routes["user.created"];
        let names =
            |source| find(routes, source).iter().map(|route| route.handler).collect::<Vec<_>>().join(" ");
        ["crm", "shop", "users", "http"].map(names).to_vec()
    }

    #[test]
    fn s50_a_name_and_a_source_find_the_handler() {
        let right = ["Crm", "Shop", "Users", "Users"];
        assert_eq!(found(|routes, source| from(routes, source).into_iter().flatten().collect()), right);
        for wrong in [by_name_alone as Find, own_takes_all] {
            assert_ne!(found(wrong), right);
        }
        let service = Service::new("users").handler(Crm);
        assert!(service.handles("user.created", "crm") && !service.handles("user.created", "shop"));
    }
}
