//! Control: messages from outside, and an operator's actions.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use waxseal::{Emission, Raw, Release, Released, Timestamp};

use crate::{
    entry::Entry,
    error::LocalError,
    gateway::{self, HttpError},
    local::Local,
};

impl Local {
    /// Puts an event on the bus, as a producer outside of the environment does.
    ///
    /// # Errors
    /// Where the envelope has no JSON form.
    pub fn put(&self, event: &Raw) -> Result<(), LocalError> {
        self.publish("bus".to_owned(), event)
    }

    /// Replays an event from an archive, under the name of the replay (S-40): 1 to 64 letters,
    /// digits, `.`, `-` and `_`.
    ///
    /// # Errors
    /// Where the envelope has no JSON form.
    pub fn replay(&self, name: &str, event: &Raw) -> Result<(), LocalError> {
        let detail = serde_json::value::to_raw_value(event)?;
        let entry = Entry { source: event.source.clone(), detail_type: event.name.clone(), detail };
        self.bus().replay(name, &entry)?;
        self.world.recorder.published(self.now(), &format!("replay:{name}"), &entry.detail);
        Ok(())
    }

    /// Sends a command to its recipient's queue, without a tenant. A producer with a tenant sends
    /// to [`Local::commands`].
    ///
    /// # Errors
    /// Where that service takes no commands.
    pub fn send(&self, recipient: &str, command: &Raw) -> Result<(), LocalError> {
        self.publish(format!("queue:{recipient}"), command)
    }

    fn publish(&self, channel: String, message: &Raw) -> Result<(), LocalError> {
        let envelope = serde_json::value::to_raw_value(message)?;
        Ok(self.channels.publish_one(&Emission::new(channel, envelope), self.world.clock.now())?)
    }

    /// Has a service's relay publish again the emissions of receipts, from `from` until before `to`
    /// (O-1). It invokes the relay as often as needed. The result is the number of receipts. `from`
    /// may lie 7 days back.
    ///
    /// # Errors
    /// Where no such service is deployed, or the relay says why it cannot.
    pub async fn sweep(&self, service: &str, from: Timestamp, to: Timestamp) -> Result<u64, LocalError> {
        let relay = self.with(service, |deployment| deployment.relay.clone())?;
        let mut payload = json!({"sweep": {"from": from.to_string(), "to": to.to_string()}});
        let mut published = 0;
        while !payload.is_null() {
            let answer = relay.invoke(payload.to_string().into_bytes(), false).await;
            let mut answer: Value = serde_json::from_slice(&answer.map_err(LocalError::Sweep)?)?;
            published += answer["published"].as_u64().unwrap_or_default();
            payload = answer["next"].take();
        }
        Ok(published)
    }

    /// States the outcome of an effect that failed for good, or whose outcome is unknown (S-19). A
    /// person finds it out before the redrive of its dead letter.
    ///
    /// # Errors
    /// Where no such service is deployed, or the release changed nothing, with the reason.
    pub async fn release(&self, service: &str, release: &Release) -> Result<Released, LocalError> {
        let engine = self.with(service, |deployment| deployment.engine.clone())?;
        Ok(engine.release(release).await?)
    }

    /// Moves a service's dead letters back to its queue, as `StartMessageMoveTask` does. The result
    /// is their number.
    ///
    /// # Errors
    /// Where no such service is deployed.
    pub fn redrive(&self, service: &str) -> Result<usize, LocalError> {
        self.with(service, |deployment| deployment.dead_letters.move_to(&deployment.queue))
    }

    /// Sends an HTTP request to a service's function.
    ///
    /// # Errors
    /// Where the function fails, or its answer is no HTTP response.
    pub async fn request(
        &self,
        service: &str,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, HttpError> {
        let function = self
            .with(service, |deployment| deployment.function.clone())
            .map_err(|error| HttpError::Invocation(error.to_string()))?;
        let event = match gateway::event(&request, &self.world.random.uuid(), self.now()) {
            Ok(event) => event,
            Err(header) => return Ok(gateway::refused(&header)),
        };
        let answer = function.invoke(event, false).await.map_err(HttpError::Invocation)?;
        gateway::response(&answer)
    }

    /// Invokes a service's function with a payload, as a source without a queue does: EventBridge, SNS,
    /// S3, a Lambda destination. The result is its answer.
    ///
    /// # Errors
    /// Where no such service is deployed, or the invocation fails.
    pub async fn invoke(&self, service: &str, payload: impl Into<Vec<u8>>) -> Result<Vec<u8>, LocalError> {
        let function = self.with(service, |deployment| deployment.function.clone())?;
        function.invoke(payload.into(), false).await.map_err(LocalError::Invocation)
    }

    /// Runs until no task can run and no timer is set.
    ///
    /// Virtual time goes on to the timers of processes and to messages that are sent later, be it 40
    /// days. A process that arms a timer at each timeout is never idle: [`Local::run_until`] ends. A
    /// row whose step fails again and again is left after 30 ticks, with a line on standard error.
    pub fn run_until_idle(&self) {
        self.world.executor.run_until_idle();
    }

    /// Runs until this time, and no further.
    pub fn run_until(&self, time: Timestamp) {
        self.world.executor.block_on(self.world.clock.sleep_until(time));
    }
}
