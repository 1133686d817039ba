//! The life of a function under a Lambda Runtime API: init, invocations, the end.

use std::{
    env,
    panic::AssertUnwindSafe,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::FutureExt as _;
use lambda_runtime::{
    Context, Diagnostic, Error, LambdaEvent, Runtime, service_fn, tower::util::MapRequestLayer,
};
use serde_json::value::RawValue;
use tracing::Instrument as _;
use waxseal::{BoxError, End, Timestamp, error_chain};

use super::{
    environment,
    payloads::{PayloadSlot, Payloads},
};
use crate::{
    code::Code,
    deadline::{AFTER_SIGTERM, points},
    error::InvokeError,
    invocation::Invocation,
    invoke::Invoke,
    log,
    shutdown::Shutdown,
};

/// Runs a function's whole life: sets logging up, makes the function, opens its table's connection, serves invocations.
///
/// An error before the first invocation is one line on standard error, a JSON object as each line of the log is, and exit status 1, so that it
/// can be read wherever the binary runs. A panic that no record is to blame for is such a line too.
///
/// ```no_run
/// # use waxseal::{Service, batch::Policy};
/// # use waxseal_lambda::Function;
/// # use waxseal_testing::Fixture;
/// # async fn function() -> Result<Function, std::env::VarError> {
/// #     let fixture = Fixture::default();
/// #     Ok(Function::new(fixture.batches(fixture.engine(Service::new("audit")), Policy::default())))
/// # }
/// # async fn f() -> std::process::ExitCode {
/// waxseal_lambda::start(function()).await
/// # }
/// ```
pub async fn start<F: Invoke, E: Into<BoxError>>(function: impl Future<Output = Result<F, E>>) -> ExitCode {
    log::init();
    let ended = match function.await {
        Ok(function) => run(function).await,
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::print_error("the function ended with an error", &[("error", &line(&*error))]);
            ExitCode::FAILURE
        }
    }
}

/// The most that opening the table's connection takes of Lambda's 10 s of init.
const LONGEST_WARM_UP: Duration = Duration::from_secs(4);

/// Opens the table's connection, then serves invocations: one after another, or `AWS_LAMBDA_MAX_CONCURRENCY` at once on
/// Lambda Managed Instances.
///
/// [`start`] is this with logging set up and the error printed.
///
/// # Errors
/// Where the environment is not that of a Lambda function, the table cannot be read, or the Runtime API fails.
pub async fn run(function: impl Invoke) -> Result<(), Error> {
    environment::check(|name| env::var(name).ok())
        .map_err(|problem| format!("{problem} ({})", Code::NoLambda))?;
    // Lambda gives the init 10 s. An endpoint that says nothing now may answer the first event.
    match tokio::time::timeout(LONGEST_WARM_UP, function.warm_up()).await {
        Ok(ended) => ended?,
        Err(_) => {
            tracing::warn!("the table's endpoint does not answer yet: the first event opens the connection")
        }
    }
    let shutdown = Shutdown::listen()?;
    let payloads = Payloads::default();
    let handler = {
        let (shutdown, payloads) = (shutdown.clone(), payloads.clone());
        service_fn(move |LambdaEvent { payload: slot, context }: LambdaEvent<PayloadSlot>| {
            serve(function.clone(), shutdown.clone(), payloads.take(slot), context)
        })
    };
    let aside = MapRequestLayer::new(move |invocation| payloads.lay_aside(invocation));
    // `lambda_runtime` panics on an invocation without one of its headers.
    let serving = AssertUnwindSafe(Runtime::new(handler).layer(aside).run_concurrent()).catch_unwind();
    tokio::select! {
        ended = serving => ended.map_or_else(|_| Err(no_header()), |ended| ended.map_err(unserved)),
        () = shutdown.done() => Ok(()),
    }
}

/// The error that ended the loop. It is always the Runtime API's: errors of invocations are reported to it.
fn unserved(error: Error) -> Error {
    if error.is::<std::num::ParseIntError>() {
        return no_header();
    }
    let (error, code) = (error_chain(&*error), Code::RuntimeApiFailed);
    format!("the Runtime API at AWS_LAMBDA_RUNTIME_API failed: {error} ({code})").into()
}

fn no_header() -> Error {
    let code = Code::RuntimeApiFailed;
    format!(
        "an invocation came that cannot be answered: it needs the headers Lambda-Runtime-Aws-Request-Id and \
         Lambda-Runtime-Deadline-Ms, a number; look at what serves AWS_LAMBDA_RUNTIME_API ({code})"
    )
    .into()
}

async fn serve(
    function: impl Invoke,
    shutdown: Shutdown,
    payload: Bytes,
    context: Context,
) -> Result<Box<RawValue>, InvokeError> {
    let _running = shutdown.enter();
    log::begin_serving();
    let invocation = Invocation::from(context);
    let span = tracing::info_span!("invocation", requestId = invocation.request_id);
    let [stop, cutoff, answer] = match invocation.deadline {
        Some(deadline) => points(Timestamp::from(SystemTime::now()), deadline).map(Some),
        None => [None; 3],
    };
    let end = End::new(
        reached(stop, shutdown.begun()),
        reached(cutoff, shutdown.begun_for(AFTER_SIGTERM)),
        reached(answer, shutdown.begun_for(AFTER_SIGTERM * 2)),
    );
    let response = function.invoke_until(&payload, &invocation, end).instrument(span).await?;
    serde_json::from_slice(&response).map_err(InvokeError::Response)
}

/// Ready at `point`, which is never where there is none, or when the process is asked to end.
async fn reached(point: Option<Timestamp>, shutdown: impl Future<Output = ()>) {
    let time = async {
        let Some(point) = point else { return std::future::pending().await };
        let left = point.saturating_duration_since(Timestamp::from(SystemTime::now()));
        tokio::time::sleep(left).await;
    };
    tokio::select! {
        // Which of the two does not matter, and to draw lots takes time at every look.
        biased;
        () = time => {}
        () = shutdown => {}
    }
}

impl From<InvokeError> for Diagnostic {
    fn from(error: InvokeError) -> Self {
        Self { error_type: error.kind().to_owned(), error_message: line(&error) }
    }
}

/// An error with its causes on one line.
fn line(error: &(dyn std::error::Error + 'static)) -> String {
    error_chain(error).split_whitespace().collect::<Vec<_>>().join(" ")
}
