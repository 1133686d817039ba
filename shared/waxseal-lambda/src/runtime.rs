//! A function under a Lambda Runtime API: configured by environment alone, whoever serves that API.

use std::{
    collections::BTreeMap,
    env,
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use lambda_runtime::{
    Context, Diagnostic, Error, LambdaEvent, LambdaInvocation, Runtime, service_fn,
    tower::util::MapRequestLayer,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use tracing::Instrument as _;
use waxseal::{BoxError, End, Timestamp, chain};

use crate::{Function, Invocation, InvokeError, end::points, log, shutdown::Shutdown};

/// Runs a function's whole life: sets logging up, makes the function, opens its table's connection, serves invocations.
///
/// An error before the first invocation is one line on standard error, a JSON object as each line of the log is, and exit status 1, so that it
/// can be read wherever the binary runs. A panic that no record is to blame for is such a line too.
///
/// ```no_run
/// # use waxseal_lambda::Function;
/// # async fn function() -> Result<Function, std::env::VarError> { unimplemented!() }
/// # async fn f() -> std::process::ExitCode {
/// waxseal_lambda::start(function()).await
/// # }
/// ```
pub async fn start<E: Into<BoxError>>(function: impl Future<Output = Result<Function, E>>) -> ExitCode {
    log::init();
    let ended = match function.await {
        Ok(function) => run(function).await,
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::say("the function ended with an error", &[("error", &line(&*error))]);
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
pub async fn run(function: Function) -> Result<(), Error> {
    check_environment(|name| env::var(name).ok())?;
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
        service_fn(move |LambdaEvent { payload: Ticket(ticket), context }: LambdaEvent<Ticket>| {
            serve(function.clone(), shutdown.clone(), payloads.take(ticket), context)
        })
    };
    let aside = MapRequestLayer::new(move |invocation| payloads.lay_aside(invocation));
    let serving = Runtime::new(handler).layer(aside).run_concurrent();
    tokio::select! {
        ended = serving => ended,
        () = shutdown.done() => Ok(()),
    }
}

/// Payloads on their way past `lambda_runtime`: it would scan and copy each one before it hands it over, and refuse the
/// whole of one that is not UTF-8 in one record (S-3). It gets a number in its place.
#[derive(Clone, Default)]
struct Payloads(Arc<Mutex<BTreeMap<u64, Bytes>>>);

/// The number of a payload.
#[derive(Deserialize)]
struct Ticket(u64);

impl Payloads {
    fn lay_aside(&self, mut invocation: LambdaInvocation) -> LambdaInvocation {
        let mut payloads = self.lock();
        let ticket = payloads.last_key_value().map_or(0, |(last, _)| last + 1);
        let payload = std::mem::replace(&mut invocation.body, ticket.to_string().into());
        payloads.insert(ticket, payload);
        invocation
    }

    /// The payload that was laid aside; each is taken once.
    fn take(&self, ticket: u64) -> Bytes {
        self.lock().remove(&ticket).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(
    function: Function,
    shutdown: Shutdown,
    payload: Bytes,
    context: Context,
) -> Result<Box<RawValue>, InvokeError> {
    let _running = shutdown.enter();
    log::begin_serving();
    let invocation = Invocation::from(context);
    let span = tracing::info_span!("invocation", requestId = invocation.request_id);
    let [stop, cutoff, answer] = match invocation.deadline {
        Some(deadline) => points(Timestamp::now(), deadline).map(Some),
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

/// How long calls may still take after SIGTERM, to release leases; half of a second is what Lambda gives a function with an
/// internal extension. Source: Lambda developer guide, "Shutdown phase".
const AFTER_SIGTERM: Duration = Duration::from_millis(200);

/// Ready at `point`, which is never where there is none, or when the process is asked to end.
async fn reached(point: Option<Timestamp>, shutdown: impl Future<Output = ()>) {
    let time = async {
        let Some(point) = point else { return std::future::pending().await };
        let left = Duration::try_from(point.duration_since(Timestamp::now())).unwrap_or_default();
        tokio::time::sleep(left).await;
    };
    tokio::select! {
        // Which of the two does not matter, and to draw lots takes time at every look.
        biased;
        () = time => {}
        () = shutdown => {}
    }
}

/// When Lambda began, 2014-11-13, in milliseconds since 1970. No deadline is before it; `cargo lambda watch` 1.9.2 sends how
/// long an invocation may take (`600000`) where Lambda sends when it ends, and taken as a time that is long over.
const LAMBDA_BEGAN: i64 = 1_415_836_800_000;

impl From<Context> for Invocation {
    fn from(context: Context) -> Self {
        let deadline =
            i64::try_from(context.deadline).ok().filter(|milliseconds| *milliseconds >= LAMBDA_BEGAN);
        Self {
            request_id: context.request_id,
            deadline: deadline.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()),
            trace: context.xray_trace_id,
        }
    }
}

impl From<InvokeError> for Diagnostic {
    fn from(error: InvokeError) -> Self {
        Self { error_type: error.kind().to_owned(), error_message: line(&error) }
    }
}

/// `lambda_runtime` panics where one of these is missing; this says it in a line.
fn check_environment(get: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    let need = |name: &str| {
        get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            format!("{name} is not set: this program runs as a Lambda function, under a Lambda Runtime API")
        })
    };
    let api = need("AWS_LAMBDA_RUNTIME_API")?;
    for name in ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"] {
        need(name)?;
    }
    if format!("http://{api}").parse::<lambda_http::http::Uri>().is_err() {
        return Err(format!("AWS_LAMBDA_RUNTIME_API is {api:?}: it must be host:port"));
    }
    let memory = need("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")?;
    match memory.parse::<i32>() {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("AWS_LAMBDA_FUNCTION_MEMORY_SIZE is {memory:?}: it must be a number of MB")),
    }
}

/// An error with its causes on one line.
fn line(error: &(dyn std::error::Error + 'static)) -> String {
    chain(error).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadline(milliseconds: u64) -> Option<Timestamp> {
        let mut context = Context::default();
        context.deadline = milliseconds;
        Invocation::from(context).deadline
    }

    #[test]
    fn s20_a_deadline_is_a_time_and_what_emulators_send_instead_is_none() {
        assert_eq!(deadline(1_795_253_400_123), Timestamp::from_millisecond(1_795_253_400_123).ok());
        // `cargo lambda watch`, and a context that nobody filled in: nothing would ever start.
        for nonsense in [600_000, 0, u64::MAX] {
            assert_eq!(deadline(nonsense), None, "{nonsense}");
        }
    }
}
