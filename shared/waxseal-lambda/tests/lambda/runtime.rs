//! The function as a process under a Lambda Runtime API, through `lambda_runtime`'s own loop and deserializer.
//!
//! The environment configures it and can only be set for another process, so each test runs its own binary again, as the
//! function.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Output, Stdio},
};

use crate::common::{golden, inventory, invoke, order, orders, record};
use serde_json::Value;
use waxseal_lambda::Function;

/// This process as the function; does not come back.
fn be_the_function(make: impl Future<Output = Result<Function, String>>) -> ! {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = runtime.block_on(waxseal_lambda::start(make));
    std::process::exit(i32::from(ended != std::process::ExitCode::SUCCESS))
}

fn is_the_function() -> bool {
    env::var_os("WAXSEAL_TEST_FUNCTION").is_some()
}

fn function(test: &str, api: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([&format!("runtime::{test}"), "--exact", "--nocapture"])
        .env_clear()
        .env("WAXSEAL_TEST_FUNCTION", "1")
        .env("AWS_LAMBDA_RUNTIME_API", api)
        .env("AWS_LAMBDA_FUNCTION_NAME", "inventory")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
        .env("AWS_LAMBDA_LOG_LEVEL", "TRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// One HTTP request: its path and body.
fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut line = String::new();
    if stream.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut chunked) = (0, false);
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        match header.split_once(": ") {
            None => break,
            Some(("content-length", value)) => length = value.parse().ok()?,
            Some(("transfer-encoding", value)) => chunked = value == "chunked",
            Some(_) => {}
        }
    }
    let mut body = Vec::new();
    while chunked {
        let mut size = String::new();
        stream.read_line(&mut size).ok()?;
        let mut chunk = vec![0; usize::from_str_radix(size.trim(), 16).ok()? + 2];
        stream.read_exact(&mut chunk).ok()?;
        chunk.truncate(chunk.len() - 2);
        chunked = !chunk.is_empty();
        body.extend(chunk);
    }
    body.resize(body.len() + length, 0);
    let start = body.len() - length;
    stream.read_exact(&mut body[start..]).ok()?;
    Some((path, body))
}

/// Serves `payloads` one after another; gives the path and body of each answer, and what the process printed.
fn under_a_runtime_api(test: &str, payloads: &[Vec<u8>]) -> (Vec<(String, String)>, Output) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut process = function(test, &listener.local_addr().unwrap().to_string()).spawn().unwrap();
    let (mut next, mut answers) = (0, Vec::new());
    'serving: for connection in listener.incoming() {
        let mut stream = BufReader::new(connection.unwrap());
        while let Some((path, body)) = request(&mut stream) {
            let response = if path.ends_with("/next") {
                let Some(payload) = payloads.get(next) else { break 'serving };
                next += 1;
                let head = format!(
                    "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: request-{next}\r\n\
                     Lambda-Runtime-Deadline-Ms: 4102444800000\r\n\
                     Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:inventory\r\n\
                     Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    payload.len()
                );
                [head.as_bytes(), payload].concat()
            } else {
                answers.push((path, String::from_utf8(body).unwrap()));
                b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_vec()
            };
            stream.get_mut().write_all(&response).unwrap();
        }
        if answers.len() == payloads.len() {
            break;
        }
    }
    process.kill().unwrap();
    (answers, process.wait_with_output().unwrap())
}

#[test]
fn s3_the_runtimes_deserializer_gives_the_same_result_for_the_same_bytes() {
    if is_the_function() {
        be_the_function(async { Ok(inventory().0) });
    }
    let mut not_utf8 = crate::common::batch(&[
        record("m1", &order("o-m1", "broken").into()),
        record("m2", &"K#ln".into()),
        record("m3", &order("o-m3", "hat").into()),
    ]);
    for byte in &mut not_utf8 {
        *byte = if *byte == b'#' { 0xf6 } else { *byte };
    }
    let payloads: Vec<Vec<u8>> = [
        not_utf8,
        orders(&[("m1", "hat"), ("m2", "broken"), ("m3", "panics")]),
        br#"{"password":"hunter2"}"#.to_vec(),
        String::from_utf8(golden("sns-envelope")).unwrap().replace("köln-mug-0,33l", "broken").into_bytes(),
        b"{\"Records\":".to_vec(),
    ]
    .into_iter()
    .chain(["sqs-sns-eventbridge", "sqs-fifo", "eventbridge-plain", "stream-one-item"].map(golden))
    .collect();

    let (answers, output) = under_a_runtime_api(
        "s3_the_runtimes_deserializer_gives_the_same_result_for_the_same_bytes",
        &payloads,
    );
    assert_eq!(answers.len(), payloads.len(), "{}", String::from_utf8_lossy(&output.stderr));

    // One function for all, as one process is: its cache and table outlive an invocation.
    let (twin, _) = inventory();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (index, (payload, (path, body))) in payloads.iter().zip(&answers).enumerate() {
        let invocation = format!("/2018-06-01/runtime/invocation/request-{}", index + 1);
        match runtime.block_on(invoke(&twin, payload)) {
            Ok(response) => assert_eq!((path, body), (&format!("{invocation}/response"), &response)),
            Err(error) => {
                assert_eq!(*path, format!("{invocation}/error"));
                let reported: Value = serde_json::from_str(body).unwrap();
                // What is no JSON at all is refused by the runtime, in its own words.
                if !matches!(error, waxseal_lambda::InvokeError::NotJson(_)) {
                    assert_eq!(reported["errorType"], error.kind());
                    assert_eq!(reported["errorMessage"], waxseal::error_chain(&error));
                }
            }
        }
    }

    let log = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let dead =
        lines.iter().find(|line| line["message"] == "dead-lettered").expect("a line about the dead letter");
    assert_eq!((&dead["level"], &dead["record"]), (&Value::from("ERROR"), &Value::from("m2")));
    assert_eq!(dead["span"]["requestId"], "request-1");
    assert!(dead["timestamp"].is_string());
    // Even at TRACE.
    for payload in ["hunter2", "unitPrice", "1250"] {
        assert!(!log.contains(payload), "{payload} in the log: {log}");
    }
}

#[test]
fn an_init_that_fails_is_one_line_on_standard_error_and_exit_1() {
    let unset = || Err("WAXSEAL_TABLE is not set:\n  name the service's table".to_owned());
    let broken_table = || {
        let (function, seen) = inventory();
        seen.fixture.table.set_unavailable(true);
        Ok(function)
    };
    if is_the_function() {
        be_the_function(async {
            match env::var("WAXSEAL_TEST_CASE").unwrap().as_str() {
                "unset" => unset(),
                "table" => broken_table(),
                _ => Ok(inventory().0),
            }
        });
    }
    let cases = [
        ("unset", "", "WAXSEAL_TABLE is not set: name the service's table"),
        ("table", "", "table memory: BatchGetItem failed: turned off by the test"),
        (
            "environment",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_NAME is not set: this program runs as a Lambda function, under a Lambda Runtime API (WX0214)",
        ),
        (
            "environment",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_LAMBDA_RUNTIME_API is not set: this program runs as a Lambda function, under a Lambda Runtime API (WX0214)",
        ),
    ];
    for (case, without, line) in cases {
        let mut command =
            function("an_init_that_fails_is_one_line_on_standard_error_and_exit_1", "127.0.0.1:9");
        if !without.is_empty() {
            command.env_remove(without);
        }
        let output = command.env("WAXSEAL_TEST_CASE", case).output().unwrap();
        // One line, and an object as the log's lines are (S-27).
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(text.lines().count(), 1, "{case}: {text}");
        let object: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (object["error"].as_str(), object["level"].as_str()),
            (Some(line), Some("ERROR")),
            "{case}"
        );
        assert_eq!(output.status.code(), Some(1), "{case}");
    }
}

#[test]
fn s20_an_invocation_without_its_headers_is_named_and_ends_the_process() {
    if is_the_function() {
        be_the_function(async { Ok(inventory().0) });
    }
    for headers in [
        "Lambda-Runtime-Aws-Request-Id: r\r\n",
        "Lambda-Runtime-Aws-Request-Id: r\r\nLambda-Runtime-Deadline-Ms: soon\r\n",
        "Lambda-Runtime-Aws-Request-Id: r\r\nLambda-Runtime-Deadline-Ms: \r\n",
        "Lambda-Runtime-Aws-Request-Id: r\r\nLambda-Runtime-Deadline-Ms: -1\r\n",
        "Lambda-Runtime-Deadline-Ms: 4102444800000\r\n",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let test = "s20_an_invocation_without_its_headers_is_named_and_ends_the_process";
        let process = function(test, &listener.local_addr().unwrap().to_string()).spawn().unwrap();
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        request(&mut stream).unwrap();
        let response = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 2\r\n\r\n{{}}");
        stream.get_mut().write_all(response.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed);
        assert_eq!(output.status.code(), Some(1), "{printed}");
        assert!(printed.contains("it needs the headers Lambda-Runtime-Aws-Request-Id"), "{headers}{printed}");
    }
}
