//! The guide: how to do things with Waxseal, one page a task.
//!
//! | page | answers |
//! |---|---|
//! | [`messages`] | How do I declare an event or a command, and change it later? |
//! | [`foreign_events`] | How do I handle events of AWS, of partners, and JSON that is no event of mine? |
//! | [`handlers`] | Which form does a reaction take, and what may it do? |
//! | [`errors`] | How does a failed message retry, and how does a dead letter come back? |
//! | [`ordering`] | How do events of one entity keep their order, and how is a read model rebuilt? |
//! | [`payloads`] | How does a payload travel that its channel does not take? |
//! | [`testing`] | How do I test a handler, a service, a whole application? |
//! | [`deploying`] | How do I run it on Lambda, and operate it? |
//! | [`infrastructure`] | How do I add permissions, secrets, a network or an entrance, and what outlives a stack? |
//!
//! The code of the pages is compiled and run by `cargo test`.

#[doc = include_str!("guide/messages.md")]
pub mod messages {}

#[doc = include_str!("guide/foreign_events.md")]
pub mod foreign_events {}

#[doc = include_str!("guide/handlers.md")]
pub mod handlers {}

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/ordering.md")]
pub mod ordering {}

#[doc = include_str!("guide/payloads.md")]
pub mod payloads {}

#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[doc = include_str!("guide/deploying.md")]
pub mod deploying {}

#[doc = include_str!("guide/infrastructure.md")]
pub mod infrastructure {}
