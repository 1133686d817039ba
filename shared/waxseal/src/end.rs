//! The end of an invocation, as three points in time. The core has no clock, so the environment
//! signals each point.
//!
//! Lambda counts an invocation without an answer as failed, even after its commits. So every wait
//! ends at one of these points, and the answer is sent before Lambda's own deadline (S-20).

use std::{
    fmt,
    future::Future,
    pin::pin,
    task::{Context, Poll},
};

use futures_util::FutureExt as _;

use crate::future::BoxFuture;

/// A point at which an invocation drops some of its work. The points are reached in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// Handlers that still run are dropped, and their leases are released.
    Stop,
    /// Calls without an answer are dropped: a read, a commit, a dead letter, a publication. Their
    /// records are reported as failed.
    Cutoff,
    /// The answer is sent, even if other work is still under way.
    Answer,
}

/// The end of an invocation: a future for each [`Point`].
///
/// ```
/// use waxseal::{End, Point};
///
/// # waxseal_testing::block_on(async {
/// let mut end = End::stopped_by(std::future::ready(()));
/// assert_eq!(end.within(Point::Stop, std::future::pending::<()>()).await, None);
/// // Work that is ready at its first poll is never dropped.
/// assert_eq!(end.within(Point::Stop, std::future::ready("done")).await, Some("done"));
/// # });
/// ```
pub struct End<'a> {
    points: [Wait<'a>; 3],
}

enum Wait<'a> {
    Never,
    Until(BoxFuture<'a, ()>),
    Reached,
}

impl fmt::Debug for End<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reached = self.points.iter().filter(|point| matches!(point, Wait::Reached)).count();
        f.debug_struct("End").field("reached", &reached).finish_non_exhaustive()
    }
}

impl<'a> End<'a> {
    /// An invocation without a deadline.
    #[must_use]
    pub fn never() -> Self {
        Self { points: [Wait::Never, Wait::Never, Wait::Never] }
    }

    /// An invocation that ends as these futures get ready, in the order of [`Point`].
    pub fn new(
        stop: impl Future<Output = ()> + Send + 'a,
        cutoff: impl Future<Output = ()> + Send + 'a,
        answer: impl Future<Output = ()> + Send + 'a,
    ) -> Self {
        Self {
            points: [
                Wait::Until(Box::pin(stop)),
                Wait::Until(Box::pin(cutoff)),
                Wait::Until(Box::pin(answer)),
            ],
        }
    }

    /// An invocation that drops its handlers when `stop` is ready, and waits for all of its calls.
    pub fn stopped_by(stop: impl Future<Output = ()> + Send + 'a) -> Self {
        Self { points: [Wait::Until(Box::pin(stop)), Wait::Never, Wait::Never] }
    }

    /// Whether `point` is reached. Otherwise `context` is woken when it is.
    pub fn is_reached(&mut self, point: Point, context: &mut Context<'_>) -> bool {
        let wait = &mut self.points[point as usize];
        if let Wait::Until(future) = wait
            && future.poll_unpin(context).is_ready()
        {
            *wait = Wait::Reached;
        }
        matches!(wait, Wait::Reached)
    }

    /// The result of `work`, or `None` where `point` is reached first; `work` is then dropped.
    pub async fn within<T>(&mut self, point: Point, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        std::future::poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending if self.is_reached(point, context) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}
