//! The end of the process. After SIGTERM, running work is given up and answered, then the process ends (S-22).

use std::{io, time::Duration};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::deadline::TO_ANSWER;

/// Whether the process is asked to end, and the number of running invocations. Clones share both.
#[derive(Clone)]
pub(crate) struct Shutdown {
    begun: watch::Receiver<bool>,
    running: watch::Sender<usize>,
}

/// A running invocation.
pub(crate) struct Running(watch::Sender<usize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

impl Shutdown {
    /// Listens for SIGTERM from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let (begin, begun) = watch::channel(false);
        tokio::spawn(async move {
            terminate.recv().await;
            tracing::info!("SIGTERM: what runs is given up and reported as failed");
            // The receivers end with the process.
            begin.send_replace(true);
            begin.closed().await;
        });
        Ok(Self { begun, running: watch::Sender::new(0) })
    }

    pub(crate) fn enter(&self) -> Running {
        self.running.send_modify(|running| *running += 1);
        Running(self.running.clone())
    }

    /// Ready once the process is asked to end.
    pub(crate) async fn begun(&self) {
        let mut begun = self.begun.clone();
        if begun.wait_for(|begun| *begun).await.is_err() {
            // The sender is gone, so SIGTERM can no longer be heard.
            std::future::pending().await
        }
    }

    /// Ready `time` after that.
    pub(crate) async fn begun_for(&self, time: Duration) {
        self.begun().await;
        tokio::time::sleep(time).await;
    }

    /// Ready once it is asked to end and everything is answered.
    pub(crate) async fn done(&self) {
        self.begun().await;
        let mut running = self.running.subscribe();
        // An error means that no invocation runs.
        let was_idle = *running.borrow() == 0;
        drop(running.wait_for(|running| *running == 0).await);
        if !was_idle {
            tokio::time::sleep(TO_ANSWER).await;
        }
    }
}
