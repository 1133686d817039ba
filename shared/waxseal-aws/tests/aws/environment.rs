//! The environment of a process, as a function's `main` meets it: real variables, the real HTTP client. Each case runs in a
//! child process, since variables belong to a process.

use std::{
    io::{Read, Write as _},
    net::TcpListener,
    process::Command,
    time::{Duration, Instant},
};

use waxseal::{Table, error_chain, table::Key};
use waxseal_aws::Environment;

const CASE: &str = "WAXSEAL_TEST_CASE";

/// The child's part: reads one item of the table and prints how it went. In the parent it has no case, and asserts
/// that the variables of the process alone give no table.
#[tokio::test]
async fn child() {
    let started = Instant::now();
    let aws = Environment::from_env();
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "no lookup over the network: {:?}",
        started.elapsed()
    );
    if std::env::var_os(CASE).is_none() {
        assert!(aws.table().is_err(), "WAXSEAL_TABLE belongs to the children");
        return;
    }
    let said = match aws.table() {
        Err(error) => error.to_string(),
        Ok(table) => match table.get(&[Key::of("warm-up", &[], "warm-up")]).await {
            Ok(items) => format!("read {items:?}"),
            Err(error) => error_chain(&error),
        },
    };
    println!("\nSAID {said}");
}

fn case(variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "environment::child", "--nocapture"])
        .env_clear()
        .env(CASE, "1")
        .env("HOME", "/nonexistent")
        // Nobody listens on port 1: whoever asked the metadata service would not leave this machine.
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    printed.lines().find_map(|line| line.strip_prefix("SAID ")).unwrap().to_owned()
}

const LAMBDA: [(&str, &str); 4] = [
    ("WAXSEAL_TABLE", "orders"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
];

#[test]
fn without_a_region_the_line_names_it() {
    assert_eq!(
        case(&LAMBDA[..1]),
        "AWS_REGION is not set: it is the region of the table and the queues; Lambda sets it, for example AWS_REGION=eu-west-1 (WX0301)"
    );
}

#[test]
fn the_instance_metadata_service_is_never_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let metadata = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*endpoint)];
    for variables in [&metadata[..], &[&LAMBDA[..1], &metadata].concat(), &[&LAMBDA[..2], &metadata].concat()]
    {
        case(variables);
    }
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn without_credentials_the_line_says_how_to_give_some() {
    let said = case(&LAMBDA[..2]);
    assert!(
        said.starts_with("table orders: GetItem failed: no credentials for eu-west-1: ")
            && said.ends_with(
                ": give the function a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (WX0306)"
            ),
        "{said}"
    );
}

#[test]
fn with_nothing_at_the_endpoint_the_line_names_it() {
    // Bound and closed again, so nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let said = case(&[&LAMBDA[..], &[("AWS_ENDPOINT_URL_DYNAMODB", &endpoint)]].concat());
    assert!(
        said.starts_with(&format!("table orders: GetItem failed: no connection to {endpoint}: "))
            && said.contains("Connection refused"),
        "{said}"
    );
}

#[test]
fn an_endpoint_that_is_no_url_is_named_and_no_request_is_printed() {
    for (name, value) in [
        ("AWS_ENDPOINT_URL", "not a url"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "127.0.0.1:8000"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://host:99999"),
        ("AWS_ENDPOINT_URL", "true"),
    ] {
        let said = case(&[&LAMBDA[..], &[(name, value)]].concat());
        assert!(
            said.starts_with(&format!("{name} is `{value}`, not a URL of http or https with a host: ")),
            "{said}"
        );
    }
    let secret = case(&[&LAMBDA[..], &[("AWS_ENDPOINT_URL", "http://user:hunter2@127.0.0.1:1")]].concat());
    assert!(
        secret.starts_with("AWS_ENDPOINT_URL holds a user or a password") && !secret.contains("hunter2"),
        "{secret}"
    );
}

#[test]
fn a_misspelt_variable_is_named_with_what_may_be_meant() {
    let said = case(&[&LAMBDA[1..], &[("WAXSEAL_TABEL", "orders")]].concat());
    assert!(said.starts_with("WAXSEAL_TABEL is not known; WAXSEAL_TABLE may be meant: "), "{said}");
    let said = case(&[&LAMBDA[..], &[("WAXSEAL_CONCURENCY", "3")]].concat());
    assert!(
        said.starts_with("WAXSEAL_CONCURENCY is not known; WAXSEAL_CONCURRENCY may be meant: "),
        "{said}"
    );
}

#[test]
fn a_table_behind_an_endpoint_is_read_over_plain_http() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        // Up to the end of the small JSON body.
        while !request.ends_with(b"}") {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "the connection was closed early");
            request.extend_from_slice(&buffer[..read]);
        }
        stream
            .write_all(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}",
            )
            .unwrap();
        String::from_utf8_lossy(&request).into_owned()
    });
    let said = case(&[&LAMBDA[..], &[("AWS_ENDPOINT_URL", &endpoint)]].concat());
    assert_eq!(said, "read [None]");
    let request = server.join().unwrap().to_lowercase();
    assert!(request.contains("x-amz-target: dynamodb_20120810.getitem"), "{request}");
}
