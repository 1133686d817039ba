//! `invoke`: one payload for one function.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use serde_json::Value;
use waxseal::Raw;
use waxseal_local::Local;

use crate::{
    arguments, command_error::CommandError, command_line::CommandLine, print, report, session::Start,
};

/// Invokes a function in this process, and goes on until nothing is left to do. The answer is the
/// result; what was published is progress.
pub(crate) fn invoke<S>(
    command_line: &CommandLine<S>,
    typed: &arguments::Invoke,
) -> Result<(), CommandError> {
    let payload = payload(&typed.file)?;
    let local = Local::builder().seed(command_line.seed).build();
    let (app, _state) = (command_line.start)(&Start { local: &local, is_real_time: false })?;
    known(app.services.iter().map(waxseal_catalog::Deployed::name), &typed.service)?;
    let topics: Vec<&str> = app.topics().into_iter().collect();
    let published = local.watch(&topics)?;
    local.deploy(&app)?;
    let (inner, service) = (local.clone(), typed.service.clone());
    let answer = local.executor().block_on(async move { inner.invoke(&service, payload).await })?;
    print::line(String::from_utf8_lossy(&answer));
    local.run_until_idle();
    for message in published.peek() {
        if let Ok(event) = Raw::parse(&message.content.body) {
            print::progress(format_args!("published: {} {}", event.name, event.id));
        }
    }
    // Another service may refuse what was published: the environment says so, and this function did
    // its part.
    match &report::dead_letters(&local, std::slice::from_ref(&typed.service))?[..] {
        [] => Ok(()),
        lines => Err(CommandError::Failed(format!("dead-lettered: {}", lines.join("; ")))),
    }
}

/// A payload from a file, or from standard input. It must be JSON, as every payload of Lambda is.
pub(crate) fn payload(file: &Path) -> Result<Vec<u8>, CommandError> {
    let payload = if file == Path::new("-") {
        let mut payload = Vec::new();
        io::stdin().read_to_end(&mut payload).map(|_| payload)
    } else {
        fs::read(file)
    };
    let payload = payload.map_err(|error| CommandError::Usage(format!("{}: {error}", file.display())))?;
    match serde_json::from_slice::<Value>(&payload) {
        Ok(_) => Ok(payload),
        Err(error) => Err(CommandError::Usage(format!("{} is no JSON: {error}", file.display()))),
    }
}

/// Refuses a service that is not there, and names those that are.
pub(crate) fn known<'a>(services: impl Iterator<Item = &'a str>, service: &str) -> Result<(), CommandError> {
    let services: Vec<&str> = services.collect();
    match services.contains(&service) {
        true => Ok(()),
        false => {
            let others = services.join(", ");
            Err(CommandError::Usage(format!("there is no service {service}: choose one of {others}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_is_not_there_is_answered_with_those_that_are() {
        assert!(known(["orders", "stock"].into_iter(), "stock").is_ok());
        let error = known(["orders", "stock"].into_iter(), "stok").unwrap_err();
        assert_eq!(error.to_string(), "there is no service stok: choose one of orders, stock");
        assert_eq!(error.code(), 2);
    }
}
