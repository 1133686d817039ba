//! The commands that deploy the platform: what they refuse before anything is built or sent.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::{path::Path, process::Command};

use serde_json::{Value, json};

/// The exit code, standard output and standard error.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_order-platform"));
    command.args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    for parameter in ["AWS_ENDPOINT_URL", "PAYMENT_GATEWAY_URL", "SMTP_URL", "MAIL_FROM"] {
        command.env_remove(parameter);
    }
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_written_templates_are_up_to_date_for_scripts_in_both_styles() {
    for (style, folder) in [("", "stacks"), ("choreography", "stacks"), ("orchestration", "orchestration")] {
        let style = [("STYLE", style)];
        let (code, out, err) = run(&["infra", "check", "--json"], &style);
        assert_eq!(code, 0, "{err}");
        let found: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(found, json!({ "findings": [], "stale": {} }));
        assert_eq!(run(&["infra", "diff"], &style), (0, String::new(), String::new()));
        let (_, out, _) = run(&["infra", "write"], &style);
        assert!(out.starts_with(&format!("infra/{folder}: ")), "{out}");
    }
}

#[test]
fn a_style_that_is_none_is_named_and_services_are_those_of_the_style() {
    let of = |style: &str, service: &str| {
        let arguments = ["sweep", "local", "--service", service, "--from", "2026-11-20T00:00:00Z"];
        let endpoint = ("AWS_ENDPOINT_URL", "https://sqs.us-east-1.amazonaws.com");
        run(&arguments, &[("STYLE", style), endpoint])
    };
    let (code, _, err) = of("ballet", "orders");
    assert_eq!((code, &*err), (2, "error: STYLE: a style is choreography or orchestration\n"));
    assert!(of("choreography", "fulfilment").2.contains("there is no service fulfilment"));
    assert!(of("orchestration", "fulfilment").2.contains("for LocalStack on this machine"));
}

#[test]
fn a_parameter_without_a_value_is_named_before_anything_is_built() {
    let (code, _, err) = run(&["deploy", "prod"], &[("MAIL_FROM", "shop@example.com")]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("payment: set PAYMENT_GATEWAY_URL, the base URL of the payment gateway\n"), "{err}");
    assert!(err.contains("notification: set SMTP_URL, the URL of the mail server"), "{err}");
    assert!(!err.contains("MAIL_FROM") && !err.contains("building"), "{err}");
}

#[test]
fn a_stage_of_localstack_and_one_of_aws_are_not_mixed_up() {
    for (arguments, endpoint, text) in [
        (&["deploy", "local"][..], "https://sqs.us-east-1.amazonaws.com", "for LocalStack on this machine"),
        (&["undeploy", "prod", "--yes"], "http://127.0.0.1:4566", "the stage prod is for AWS"),
        (&["deploy", "Prod"], "", "`Prod` cannot be a stage"),
        (&["deploy", "local", "--service", "stock"], "", "there is no service stock: choose one of orders"),
        (
            &["sweep", "local", "--service", "analytics", "--from", "2026-11-20T00:00:00Z"],
            "",
            "analytics emits nothing",
        ),
        (&["sweep", "local", "--service", "orders"], "", "--from"),
        (&["release", "local", "--service", "payment"], "", "--outcome"),
    ] {
        let (code, _, err) = run(arguments, &[("AWS_ENDPOINT_URL", endpoint)]);
        assert_eq!(code, 2, "{arguments:?}: {err}");
        assert!(err.contains(text), "{arguments:?}: {err}");
    }
}
