//! A task as a process: it ends, it panics, or it is killed.
//!
//! `async-task` has the plumbing of a task: its allocation, its waker, its cancellation. The order
//! in which tasks run is the scheduler's alone.

use std::{
    future::{Future, poll_fn},
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use async_task::FallibleTask;
use futures_util::FutureExt as _;
use waxseal::panic;

use crate::{
    executor::visit::Visit,
    waiting::{Place, polling},
};

/// How a spawned task ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// It was killed, as a process is by SIGKILL.
    #[error("the process was killed")]
    Crashed,
    /// It panicked outside of the code that catches panics.
    #[error("the process panicked: {0}")]
    Panicked(String),
}

/// One process, as the scheduler knows it.
#[derive(Debug)]
pub(crate) struct Process {
    /// No fault hits it.
    pub(super) immune: bool,
    killed: AtomicBool,
    /// Where it is an invocation: the clock waits for it while it waits for the outside.
    visit: Option<Arc<Visit>>,
}

impl Process {
    pub(super) fn new(immune: bool, visit: Option<Arc<Visit>>) -> Arc<Self> {
        Arc::new(Self { immune, killed: AtomicBool::new(false), visit })
    }

    /// It was woken, on any thread.
    pub(super) fn woken(&self) {
        if let Some(visit) = &self.visit {
            visit.woken();
        }
    }

    /// Polls its future on behalf of this process.
    fn poll<T>(&self, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let Some(visit) = &self.visit else { return polling(None, poll) };
        visit.begin_poll();
        let result = polling(Some(&visit.inside), poll);
        if result.is_pending() {
            visit.end_poll();
        }
        result
    }

    /// Has the running process dropped at its next `await`.
    pub(super) fn kill(&self) {
        self.killed.store(true, Ordering::Relaxed);
    }

    /// Runs `future` until it ends, panics or is killed.
    pub(super) async fn run<T>(self: Arc<Self>, future: impl Future<Output = T>) -> Result<T, Ended> {
        let mut future = pin!(AssertUnwindSafe(future).catch_unwind());
        let mut poll = |context: &mut Context<'_>| match future.as_mut().poll(context) {
            Poll::Ready(result) => {
                Poll::Ready(result.map_err(|panic| Ended::Panicked(panic::message(&*panic).to_owned())))
            }
            Poll::Pending if self.killed.load(Ordering::Relaxed) => Poll::Ready(Err(Ended::Crashed)),
            Poll::Pending => Poll::Pending,
        };
        poll_fn(|context| self.poll(|| poll(context))).await
    }
}

/// The result of a spawned task. The task goes on when its join is dropped.
#[derive(Debug)]
#[must_use = "a joined task's result says whether it crashed"]
pub struct Join<T> {
    /// `None` once the result was taken.
    task: Option<FallibleTask<Result<T, Ended>, Arc<Process>>>,
    place: Option<Place>,
}

impl<T> Join<T> {
    pub(super) fn new(task: FallibleTask<Result<T, Ended>, Arc<Process>>) -> Self {
        Self { task: Some(task), place: None }
    }

    /// Kills the process from outside: it is not polled again.
    pub(crate) fn kill(mut self) {
        drop(self.task.take());
    }

    /// Whether the task has ended.
    pub(super) fn is_finished(&self) -> bool {
        self.task.as_ref().is_none_or(FallibleTask::is_finished)
    }
}

impl<T> Future for Join<T> {
    type Output = Result<T, Ended>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(task) = &mut self.task else { return Poll::Pending };
        let Poll::Ready(ended) = Pin::new(task).poll(context) else {
            self.place = Some(Place::take());
            return Poll::Pending;
        };
        (self.task, self.place) = (None, None);
        Poll::Ready(ended.unwrap_or(Err(Ended::Crashed)))
    }
}

impl<T> Drop for Join<T> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.detach();
        }
    }
}
