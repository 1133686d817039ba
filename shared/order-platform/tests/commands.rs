//! The commands of the platform's binary that any application has, as a script uses them.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_order-platform"));
    command.args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    let mails = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mails");
    command.env("MAILS", mails).env_remove("ORDERS").env_remove("STOCK");
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_run_ends_with_its_report_as_json() {
    let output = command(&["run", "--seed", "3", "--json", "--faults", "none"]).env("ORDERS", "20").output();
    let output = output.unwrap();
    assert_eq!(code(&output), 0, "{}", err(&output));
    let report: Value = serde_json::from_str(out(&output).lines().last().unwrap()).unwrap();
    assert_eq!(report["seed"], 3);
    assert!(report["placed"].as_u64().unwrap() > 10, "{report}");
}

#[test]
fn the_catalog_names_both_sides_of_a_message() {
    let output = run(&["catalog", "--json"]);
    let catalog: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let placed = catalog.iter().find(|message| message["message"] == "order.placed").unwrap();
    assert_eq!(placed["emittedBy"], json!(["orders"]));
    let handlers = placed["handledBy"].as_array().unwrap();
    assert!(handlers.contains(&json!({ "service": "inventory", "handler": "reserve-stock" })), "{placed}");
    assert!(out(&run(&["catalog"])).contains("stock.level-changed"));
}

#[test]
fn one_payload_is_given_to_one_function() {
    let output = run(&["invoke", "inventory", "functions/inventory/samples/order-placed.json"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert_eq!(out(&output).trim(), r#"{"batchItemFailures":[]}"#);
    assert!(err(&output).contains("published: stock.short"), "{}", err(&output));
}

#[test]
fn what_was_typed_wrongly_has_an_exit_code_of_its_own() {
    for (arguments, text) in [
        (
            &["invoke", "stock", "functions/inventory/samples/order-placed.json"][..],
            "choose one of orders, inventory",
        ),
        (&["invoke", "inventory", "no-such-file"], "no-such-file: No such file"),
        (&["invoke", "inventory", "README.md"], "README.md is no JSON"),
        (&["catalog", "--workspace"], "--workspace"),
        (&["nonsense"], "unrecognized subcommand"),
        (&["localstack", "restart"], "possible values: start, stop, status"),
    ] {
        let output = run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", err(&output));
        assert!(err(&output).contains(text), "{arguments:?}: {}", err(&output));
    }
}

#[test]
fn completions_know_the_commands() {
    let script = out(&run(&["completions", "bash"]));
    assert!(script.contains("shop") && script.contains("localstack"), "{script}");
}

#[test]
fn a_served_platform_answers_http_and_ends_with_its_parent() {
    let mut server = command(&["serve", "--port", "0", "--until-input-ends"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(server.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("orders listens on http://") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it ended");
    }
    let address = line.trim().rsplit_once("http://").unwrap().1;
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#"{"status":"ok"}"#), "{answer}");
    drop(server.stdin.take());
    assert_eq!(server.wait().unwrap().code(), Some(0));
}
