//! The guide: how to do things with Waxseal, one page a task.
//!
//! | page | answers |
//! |---|---|
//! | **Begin** | |
//! | [`first_handler`] | How do I come from an empty folder to a green test? |
//! | [`migrating`] | How do I bring a function over that is written with Powertools, or by hand? |
//! | [`why_not`] | Why not durable functions, Step Functions, Restate, Temporal, Powertools, NServiceBus? |
//! | **Write** | |
//! | [`messages`] | How do I declare an event or a command? |
//! | [`versions`] | How does an event get a second form? |
//! | [`foreign_events`] | How do I handle events of AWS, of partners, and JSON that is no event of mine? |
//! | [`handlers`] | Which form does a reaction take, and what may it do? |
//! | [`http_commands`] | How does a caller send a command, wait, and send it again? |
//! | [`effects`] | How do I charge a card, once? |
//! | [`ordering`] | How do events of one entity keep their order, and how is a read model rebuilt? |
//! | [`histories`] | When is an aggregate event-sourced, and how does it look back? |
//! | [`projections`] | How are events folded into rows to be read? |
//! | [`rebuilding`] | What is kept for ever, and how do old events become new rows? |
//! | [`processes`] | How does a flow wait, time out, and undo what it did? |
//! | [`payloads`] | How does a payload travel that its channel does not take? |
//! | [`errors`] | What does a failure say, and what happens then? |
//! | **Test** | |
//! | [`testing`] | How do I test a decision, a handler, a service, a table? |
//! | [`faults`] | What becomes of an application on a bad day, and why? |
//! | **Run** | |
//! | [`deploying`] | How do I run it on Lambda? |
//! | [`infrastructure`] | How do I add permissions, secrets, a network or an entrance, and what outlives a stack? |
//! | [`settings`] | Which environment variables are there? |
//! | [`operating`] | An alarm rings, a dead letter is there: what now? |
//! | [`costs`] | What does a message cost? |
//!
//! The code of the pages is compiled and run by `cargo test`.

#[doc = include_str!("guide/first_handler.md")]
pub mod first_handler {}

#[doc = include_str!("guide/migrating.md")]
pub mod migrating {}

#[doc = include_str!("guide/why_not.md")]
pub mod why_not {}

#[doc = include_str!("guide/messages.md")]
pub mod messages {}

#[doc = include_str!("guide/versions.md")]
pub mod versions {}

#[doc = include_str!("guide/foreign_events.md")]
pub mod foreign_events {}

#[doc = include_str!("guide/handlers.md")]
pub mod handlers {}

#[doc = include_str!("guide/http_commands.md")]
pub mod http_commands {}

#[doc = include_str!("guide/effects.md")]
pub mod effects {}

#[doc = include_str!("guide/ordering.md")]
pub mod ordering {}

#[doc = include_str!("guide/histories.md")]
pub mod histories {}

#[doc = include_str!("guide/projections.md")]
pub mod projections {}

#[doc = include_str!("guide/rebuilding.md")]
pub mod rebuilding {}

#[doc = include_str!("guide/processes.md")]
pub mod processes {}

#[doc = include_str!("guide/payloads.md")]
pub mod payloads {}

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[doc = include_str!("guide/faults.md")]
pub mod faults {}

#[doc = include_str!("guide/deploying.md")]
pub mod deploying {}

#[doc = include_str!("guide/infrastructure.md")]
pub mod infrastructure {}

#[allow(clippy::doc_markdown, reason = "the table is that of the settings, whose texts are for errors too")]
#[doc = include_str!("guide/settings.md")]
pub mod settings {}

#[doc = include_str!("guide/operating.md")]
pub mod operating {}

#[doc = include_str!("guide/costs.md")]
pub mod costs {}
