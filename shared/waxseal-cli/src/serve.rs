//! `serve`: the application in one process, in real time, with its HTTP interfaces on loopback.

use std::{
    io::{self, Read as _},
    thread,
    time::{Duration, Instant},
};

use waxseal::Raw;
use waxseal_catalog::App;
use waxseal_local::Local;

use crate::{
    arguments,
    command_error::CommandError,
    command_line::CommandLine,
    interrupt, print, report,
    server::Server,
    session::{Session, Start},
};

/// Between two looks at what was published.
const TICK: Duration = Duration::from_millis(50);

pub(crate) fn serve<S>(command_line: &CommandLine<S>, typed: &arguments::Serve) -> Result<(), CommandError> {
    let (seed, began) = (typed.seed.unwrap_or(command_line.seed), Instant::now());
    let local = Local::builder().seed(seed).real_time().build();
    let (app, state) = (command_line.start)(&Start { local: &local, is_real_time: true })?;
    let topics: Vec<&str> = app.topics().into_iter().collect();
    let published = local.watch(&topics)?;
    local.deploy(&app)?;
    let servers = servers(&local, &app, typed.port)?;
    let session = Session {
        local: &local,
        state: &state,
        published,
        is_real_time: true,
        is_json: typed.json,
        seed,
        arguments: &typed.arguments,
        addresses: servers.iter().map(|(service, server)| (service.clone(), server.port)).collect(),
        began,
    };
    for (service, port) in &session.addresses {
        print::progress(format_args!("{service} listens on http://127.0.0.1:{port}"));
    }
    if let Some(hook) = &command_line.on_serve {
        hook(&session)?;
    }
    interrupt::watch();
    if typed.until_input_ends {
        thread::spawn(|| {
            // The end of input is the end of the process that holds its other end.
            let _ = io::stdin().read_to_end(&mut Vec::new());
            interrupt::raise();
        });
    }
    // What the hook has published is its own doing. It may be much, and what it said would scroll away.
    let mut shown = session.published.len();
    if shown > 0 {
        print::progress(format_args!("{shown} messages were published at the start"));
    }
    local.executor().run_until(TICK, || {
        let new = session.published.peek_from(shown);
        shown += new.len();
        new.iter().for_each(|message| show(&message.content.body));
        interrupt::is_raised()
    });
    drop(servers);
    if typed.until_input_ends {
        return Ok(());
    }
    report::conclude(command_line, &session)
}

/// A server for each service that answers HTTP, on the port and those after it.
fn servers(local: &Local, app: &App, port: u16) -> Result<Vec<(String, Server)>, CommandError> {
    let answering = app.services.iter().filter(|service| service.answers_http);
    let ports = (0..).map(|index| if port == 0 { Some(0) } else { port.checked_add(index) });
    answering
        .zip(ports)
        .map(|(service, port)| {
            let port = port.ok_or_else(|| {
                CommandError::Usage(
                    "there are too few ports after this one: choose a lower --port".to_owned(),
                )
            })?;
            let server = Server::start(local, service.name(), port)
                .map_err(|error| CommandError::Missing(error.to_string()))?;
            Ok((service.name().to_owned(), server))
        })
        .collect()
}

/// A published message as a line, without its payload.
fn show(body: &str) {
    if let Ok(event) = Raw::parse(body) {
        let Raw { timestamp, name, source, correlation_id, .. } = &event;
        print::line(format_args!("{timestamp}  {name:<20} {source:<10} {correlation_id}"));
    }
}
