//! The subscriber of a function, as Lambda configures it.

use tracing_subscriber::{
    Layer as _,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use super::{fields::Fields, line::Bounded, panics};

/// Crates that log requests and payloads at their finer levels: `lambda_runtime` the whole event at TRACE, the SDK and
/// HTTP crates bodies and headers at DEBUG and TRACE.
const VERBOSE_CRATES: [&str; 9] =
    ["lambda_", "aws_", "hyper", "h2", "rustls", "tower", "axum", "mio", "lettre"];

/// Sets up logging as Lambda says by `AWS_LAMBDA_LOG_FORMAT` (`JSON` unless `Text`) and `AWS_LAMBDA_LOG_LEVEL` (`INFO`
/// unless set). Where a subscriber is set up already, that one stays.
pub(crate) fn init() {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let targets = targets(&variable("AWS_LAMBDA_LOG_LEVEL"));
    panics::report();
    let registry = tracing_subscriber::registry();
    // An error here means that the program set logging up before.
    let _ = if variable("AWS_LAMBDA_LOG_FORMAT").eq_ignore_ascii_case("text") {
        let lines = fmt::layer().with_ansi(false).log_internal_errors(false);
        registry.with(lines.map_event_format(Bounded::text).with_filter(targets)).try_init()
    } else {
        // `level`, `timestamp` and `message` at the top, where Lambda's own log level filter looks for them.
        let lines = fmt::layer().json().flatten_event(true).with_span_list(false).log_internal_errors(false);
        let lines = lines.map_event_format(Bounded::json).fmt_fields(Fields);
        registry.with(lines.with_filter(targets)).try_init()
    };
}

fn targets(level: &str) -> Targets {
    let level = match level.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "WARN" => LevelFilter::WARN,
        // Nothing here logs at Lambda's level FATAL; errors stay visible.
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    };
    Targets::new()
        .with_default(level)
        .with_targets(VERBOSE_CRATES.map(|target| (target, level.min(LevelFilter::INFO))))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn no_level_lets_a_payload_into_the_log() {
        let targets = targets("trace");
        assert!(targets.would_enable("inventory", &Level::TRACE));
        assert!(targets.would_enable("waxseal::batch", &Level::TRACE));
        for crate_name in
            ["lambda_runtime::layers::api_response", "aws_smithy_runtime::client", "hyper_util::client"]
        {
            assert!(!targets.would_enable(crate_name, &Level::DEBUG), "{crate_name}");
            assert!(targets.would_enable(crate_name, &Level::INFO), "{crate_name}");
        }
    }

    #[test]
    fn an_unknown_level_is_info() {
        assert!(targets("loud").would_enable("orders", &Level::INFO));
        assert!(!targets("").would_enable("orders", &Level::DEBUG));
        assert!(!targets("error").would_enable("hyper", &Level::WARN));
    }
}
