//! `fulfilment` on a table in memory, and the other services as the test plays them.

use std::collections::BTreeMap;

use fulfilment::{Deadlines, KIND};
use order_events::testing::placed;
use waxseal::{
    Engine, Envelope, Message, Outcome, Raw, Timestamp, WAKE,
    handler::{AnyInstance, CallState, Phase, instance_key},
    hint,
};
use waxseal_testing::{Fixture, raw};

/// The order.
pub(crate) const ORDER: &str = "ørdre-1";

/// The service, and what it has sent.
pub(crate) struct Shop {
    pub(crate) fixture: Fixture,
    pub(crate) engine: Engine,
    /// The newest message of each name.
    sent: BTreeMap<String, Raw>,
    /// The names of all messages, in order.
    pub(crate) names: Vec<String>,
    replies: u32,
}

impl Shop {
    /// Before the first message.
    pub(crate) fn closed() -> Self {
        let fixture = Fixture::default();
        let engine = fixture.engine(fulfilment::service(Deadlines::default()));
        Self { fixture, engine, sent: BTreeMap::new(), names: Vec::new(), replies: 0 }
    }

    /// With an order.
    pub(crate) async fn with_an_order() -> Self {
        let mut shop = Self::closed();
        shop.take(&raw("placed-1", placed(ORDER, &[("größe-m", 2, 1250)]))).await;
        shop
    }

    /// Hands a message to the service, and notes what it sends.
    pub(crate) async fn take(&mut self, message: &Raw) -> Outcome {
        let outcome = self.engine.handle(message).await.unwrap();
        for sent in self.fixture.table.take_emitted() {
            if sent.name != WAKE {
                self.names.push(sent.name.clone());
                self.sent.insert(sent.name.clone(), sent);
            }
        }
        outcome
    }

    /// The reply to the newest message of this name.
    pub(crate) fn reply<M: Message>(&mut self, to: &str, reply: M) -> Raw {
        self.replies += 1;
        let id = format!("reply-{}", self.replies);
        let mut reply = Envelope::starting(id, M::OWNER, self.engine.now(), reply).into_raw().unwrap();
        reply.causation_id = Some(self.sent[to].id.clone());
        reply
    }

    /// The newest message of this type.
    pub(crate) fn newest<M: Message>(&self) -> Envelope<M> {
        self.sent[M::NAME].decode().unwrap()
    }

    /// Takes the reply to the newest message of this name.
    pub(crate) async fn hears<M: Message>(&mut self, to: &str, reply: M) {
        let reply = self.reply(to, reply);
        assert_eq!(self.take(&reply).await, Outcome::Applied);
    }

    /// So many seconds pass, and a hint about the order comes.
    pub(crate) async fn pass(&mut self, seconds: u64) -> Outcome {
        self.fixture.host.pass(std::time::Duration::from_secs(seconds));
        let (key, now) = (instance_key(KIND, ORDER), self.engine.now());
        let hint = hint("fulfilment", (&*key.partition, &*key.sort), now, now);
        let hint = Raw::parse(hint.envelope.get()).unwrap();
        self.take(&hint).await
    }

    pub(crate) async fn instance(&self) -> AnyInstance {
        self.engine.instance(KIND, ORDER).await.unwrap().unwrap()
    }

    /// The outcome of the order, where it has ended.
    pub(crate) async fn outcome(&self) -> Option<String> {
        match self.instance().await.phase {
            Phase::Finished { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// What has become of each command, in words.
    pub(crate) async fn calls(&self) -> Vec<(String, &'static str)> {
        let word = |state: &CallState| match state {
            CallState::Sent => "sent",
            CallState::Acknowledged { .. } => "acknowledged",
            CallState::Refused { .. } => "refused",
            CallState::Undoing { .. } => "undoing",
            CallState::Undone { .. } => "undone",
            _ => "other",
        };
        self.instance().await.calls.iter().map(|call| (call.command.clone(), word(&call.state))).collect()
    }

    /// The end of the first wait, in seconds.
    pub(crate) async fn waits_until(&self) -> Option<i64> {
        self.instance().await.wakes_at().map(Timestamp::as_second)
    }
}
