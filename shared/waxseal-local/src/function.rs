//! A deployed function. Each invocation is a process of its own, which can crash or run into its
//! time-out.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use waxseal::End;
use waxseal_lambda::{Invocation, Invoke, points};

use crate::{history::What, waiting::uncounted, world::World};

/// A function with the settings that Lambda has of it.
#[derive(Clone)]
pub(crate) struct Deployed<F> {
    pub(crate) name: String,
    pub(crate) function: F,
    pub(crate) timeout: Duration,
    pub(crate) world: World,
}

impl<F: Invoke> Deployed<F> {
    /// Invokes it as Lambda does. No injected fault hits an `immune` invocation.
    ///
    /// The error is that of Lambda: an error of the function, a time-out, a killed process.
    pub(crate) async fn invoke(&self, payload: Vec<u8>, immune: bool) -> Result<Vec<u8>, String> {
        let World { clock, random, executor, .. } = &self.world;
        let deadline = clock.now() + self.timeout;
        let invocation =
            Invocation { request_id: random.uuid(), deadline: Some(deadline), ..Invocation::default() };
        let function = self.function.clone();
        // An invocation that waits for the outside waits for its end as well.
        let end = |point| uncounted(clock.sleep_until(point));
        let [stop, cutoff, answer] = points(clock.now(), deadline).map(end);
        let work =
            async move { function.invoke_until(&payload, &invocation, End::new(stop, cutoff, answer)).await };
        let (join, visit) = executor.spawn_invocation(work, immune, self.timeout);
        let timeout = pin!(clock.sleep_until(deadline));
        let ended = select(join, timeout).await;
        if let Some(waited) = visit.waited().filter(|_| !clock.is_real()) {
            self.world.report.outside(&self.name, waited, self.timeout);
        }
        let result = match ended {
            Either::Left((Ok(Ok(response)), _)) => return Ok(response),
            Either::Left((Ok(Err(error)), _)) => waxseal::error_chain(&error),
            Either::Left((Err(ended), _)) => format!("Runtime.ExitError: {ended}"),
            Either::Right((_, join)) => {
                join.kill();
                format!("Task timed out after {:.2} seconds", self.timeout.as_secs_f64())
            }
        };
        tracing::warn!(function = self.name, error = result, "invocation failed");
        self.world
            .recorder
            .add(clock.now(), || What::Broken { function: self.name.clone(), reason: result.clone() });
        Err(result)
    }
}
