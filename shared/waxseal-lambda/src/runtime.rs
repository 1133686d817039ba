//! A function under a Lambda Runtime API: configured by environment alone, whoever serves that API.

use std::{
    collections::BTreeMap,
    env,
    panic::AssertUnwindSafe,
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt as _;
use lambda_http::http::Uri;
use lambda_runtime::{
    Context, Diagnostic, Error, LambdaEvent, LambdaInvocation, Runtime, service_fn,
    tower::util::MapRequestLayer,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use tracing::Instrument as _;
use waxseal::{BoxError, End, Timestamp, error_chain};

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
    // `lambda_runtime` panics on an invocation without one of its headers.
    let serving = AssertUnwindSafe(Runtime::new(handler).layer(aside).run_concurrent()).catch_unwind();
    tokio::select! {
        ended = serving => ended.unwrap_or_else(|_| Err(NO_HEADER.into())).map_err(unserved),
        () = shutdown.done() => Ok(()),
    }
}

/// Why serving ended: always the Runtime API's matter, since an invocation's errors are reported to it.
fn unserved(error: Error) -> Error {
    if error.is::<std::num::ParseIntError>() {
        return NO_HEADER.into();
    }
    format!("the Runtime API at AWS_LAMBDA_RUNTIME_API failed: {}", error_chain(&*error)).into()
}

const NO_HEADER: &str = "an invocation came that cannot be answered: it needs the headers Lambda-Runtime-Aws-Request-Id \
     and Lambda-Runtime-Deadline-Ms, a number; look at what serves AWS_LAMBDA_RUNTIME_API";

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
        Some(deadline) => points(Timestamp::from(std::time::SystemTime::now()), deadline).map(Some),
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
        let left = point.saturating_duration_since(Timestamp::from(std::time::SystemTime::now()));
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
    if !is_runtime_api(&api) {
        // It may hold a password.
        let shown = if api.contains('@') { "with a user".to_owned() } else { format!("{api:.200?}") };
        return Err(format!(
            "AWS_LAMBDA_RUNTIME_API is {shown}: it must be host:port, or a URL such as http://host:port/path"
        ));
    }
    let memory = need("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")?;
    match memory.parse::<i32>() {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("AWS_LAMBDA_FUNCTION_MEMORY_SIZE is {memory:?}: it must be a number of MB")),
    }
}

/// Whether `lambda_runtime` can take it: `host:port`, or a URL of http with a path, as `cargo lambda watch` sets it.
fn is_runtime_api(api: &str) -> bool {
    // A path and a query of other characters would be taken for something else, or left out.
    if !api.chars().all(|c| c.is_ascii_graphic() && !"?#@".contains(c)) {
        return false;
    }
    let Ok(uri) = api.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    // A port that is none is left out by `port`, and another server would be asked.
    let host_and_port = match authority.port_u16() {
        Some(port) => format!("{}:{port}", authority.host()),
        None => authority.host().to_owned(),
    };
    uri.scheme_str().is_none_or(|scheme| scheme == "http")
        && !authority.host().is_empty()
        && authority.as_str() == host_and_port
        && authority.port_u16() != Some(0)
}

/// An error with its causes on one line.
fn line(error: &(dyn std::error::Error + 'static)) -> String {
    error_chain(error).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_api_that_is_no_host_and_port_is_refused_by_name() {
        let with = |api: &str| {
            check_environment(|name| {
                Some(match name {
                    "AWS_LAMBDA_RUNTIME_API" => api.to_owned(),
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => "128".to_owned(),
                    _ => "f".to_owned(),
                })
            })
        };
        for good in [
            "127.0.0.1:9001",
            "localhost",
            "169.254.100.1:9001",
            "[::1]:9001",
            "http://127.0.0.1:9001",
            "http://[::]:9000/.rt/orders",
        ] {
            assert_eq!(with(good), Ok(()), "{good}");
            assert!(
                good.parse::<Uri>().is_ok_and(|uri| uri.authority().is_some()),
                "lambda_runtime unwraps both"
            );
        }
        for bad in [
            "127.0.0.1:9001/path",
            "not a url",
            " ",
            "127.0.0.1: 9001",
            "http://",
            "http:///path",
            "/path",
            "https://127.0.0.1:9001",
            "ftp://h",
            "user:hunter2@127.0.0.1:9001",
            "http://user:hunter2@h:1",
            "127.0.0.1:99999",
            "127.0.0.1:",
            "127.0.0.1:0",
            "127.0.0.1:x",
            ":9001",
            "hôte:9001",
            "http://h:1/ü",
            "h:1?q",
            "http://h:1/?q",
            "http://h:1#f",
            "[::1",
            "*",
            "http:h",
            "a:b:c",
        ] {
            let error = with(bad).unwrap_err();
            assert!(error.starts_with("AWS_LAMBDA_RUNTIME_API is "), "{bad}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

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
