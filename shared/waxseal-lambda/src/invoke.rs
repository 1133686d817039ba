//! The interface between a program and whoever runs it: Lambda's runtime loop, the embedded environment, a test.

use std::future::Future;

use waxseal::{End, error_chain, panic, table::TableError};

use crate::{error::InvokeError, invocation::Invocation};

/// A program that Lambda invokes: payload JSON in, response JSON out.
///
/// [`Function`](crate::Function) runs a service's handlers, [`Relay`](crate::Relay) publishes what they emitted. Clones share
/// their engine and their memory of open batches; invocations share no other state (S-23).
pub trait Invoke: Clone + Send + Sync + 'static {
    /// Opens connections during init, so that the first event need not.
    ///
    /// # Errors
    /// Where the table cannot be reached.
    fn warm_up(&self) -> impl Future<Output = Result<(), TableError>> + Send;

    /// Answers one payload. The bytes are exactly those that Lambda delivers and expects. Nothing runs beyond `end`: work
    /// that waits at one of its points is given up, its records are reported as failed, and the answer is given (S-20,
    /// S-22).
    ///
    /// # Errors
    /// Where Lambda must count the invocation as failed: a payload that no source sends, a record that cannot be named
    /// in the response (S-4), a failure under a source without partial responses (S-38).
    fn invoke_until<'a>(
        &'a self,
        payload: &'a [u8],
        invocation: &'a Invocation,
        end: End<'a>,
    ) -> impl Future<Output = Result<Vec<u8>, InvokeError>> + Send + 'a;

    /// As [`Invoke::invoke_until`], without an end.
    ///
    /// # Errors
    /// As [`Invoke::invoke_until`].
    fn invoke<'a>(
        &'a self,
        payload: &'a [u8],
        invocation: &'a Invocation,
    ) -> impl Future<Output = Result<Vec<u8>, InvokeError>> + Send + 'a {
        self.invoke_until(payload, invocation, End::never())
    }
}

/// Turns a panic into an error, and logs every error. A handler's panic is caught with its record; this catch is for the
/// parts that are plugged in beside handlers. Nothing of the invocation outlives it.
pub(crate) async fn guarded(
    invocation: &Invocation,
    work: impl Future<Output = Result<Vec<u8>, InvokeError>>,
) -> Result<Vec<u8>, InvokeError> {
    let result = panic::catch_async(work).await;
    let result = result.unwrap_or_else(|caught| Err(InvokeError::Panic(caught)));
    if let Err(error) = &result {
        let (request_id, kind, code) = (&*invocation.request_id, error.kind(), error.code());
        tracing::error!(request_id, kind, %code, error = error_chain(error), "the invocation failed");
    }
    result
}
