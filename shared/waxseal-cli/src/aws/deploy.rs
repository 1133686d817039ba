//! `deploy`: parameters, then packages, then stacks.

use std::{
    env,
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Instant,
};

use serde_json::{Map, Value, json};
use waxseal_catalog::{App, Deployed};
use waxseal_infra::Stack;

use crate::{
    arguments,
    aws::{
        packages,
        parameters::Values,
        stacks::{Desk, Stacks},
        stage::Stage,
        tool::Aws,
    },
    command_error::CommandError,
    infra::Templates,
    interrupt,
    invoke::known,
    print,
    workspace::Workspace,
};

pub(crate) fn deploy(
    app: &App,
    workspace: &Workspace,
    typed: &arguments::Deploy,
) -> Result<(), CommandError> {
    let began = Instant::now();
    let stage = Stage::of(&typed.stage)?;
    let throws_away = typed.throw_away || app.is_thrown_away(&stage.name);
    let services = stacks(app, typed.service.as_deref())?;
    let templates = Templates::of(app, workspace)?;
    templates.require_written()?;
    // From here on a signal ends the command by its own way out, which removes the private folder.
    interrupt::watch();
    let work = tempfile::Builder::new().prefix("waxseal-deploy-").tempdir();
    let work = work.map_err(CommandError::io("a folder for parameters"))?;
    // A missing parameter is named before anything is built.
    let wanted = |stack: &&Stack| stack.name == "bus" || services.contains(&stack.name.as_str());
    let written: Vec<&Stack> = templates.stacks.iter().filter(wanted).collect();
    write_parameters(&Values::of(&stage, app, throws_away), &written, work.path())?;

    let aws = Aws::of(&stage, workspace)?;
    let packages = packages::of(app, &services, &templates);
    match (stage.is_local(), &typed.binaries) {
        (false, None) => packages::for_aws(&packages, workspace)?,
        (_, folder) => packages::for_this_machine(&packages, folder.as_deref(), workspace)?,
    }
    let bucket = bucket(&aws, app, typed.bucket.as_deref())?;
    let desk = Desk { templates: &templates.folder, work: work.path(), bucket: &bucket, throws_away };
    let deployed = Stacks { app: &app.name, stage: &stage, aws: &aws };
    let up = |name: &str| {
        let stack = written.iter().find(|stack| stack.name == name);
        stack.map_or(Ok(()), |stack| deployed.up(stack, &parameters(work.path(), name), &desk))
    };
    // One service alone finds its bus there, unless it is the first of all.
    if typed.service.is_none() || deployed.status(&deployed.name("bus"))?.is_none() {
        up("bus")?;
    }
    Stacks::each(&services, "not deployed", up)?;
    let (names, seconds) = (services.join(" "), began.elapsed().as_secs());
    print::progress(format_args!("deployed {names} to {} in {seconds} s", stage.name));
    outputs(&deployed, &services, typed.json)
}

/// The names of the stacks beside the bus: those of the services and of the programs that publish, or the
/// one that was named.
pub(super) fn stacks<'a>(app: &'a App, named: Option<&'a str>) -> Result<Vec<&'a str>, CommandError> {
    let programs = app.publishers.iter().map(|program| program.name.as_str());
    match named {
        Some(name) if app.publishers.iter().any(|program| program.name == name) => Ok(vec![name]),
        Some(_) => chosen(app, named),
        None => Ok(chosen(app, None)?.into_iter().chain(programs).collect()),
    }
}

/// The services of the application, or the one that was named.
pub(super) fn chosen<'a>(app: &'a App, service: Option<&'a str>) -> Result<Vec<&'a str>, CommandError> {
    let all = app.services.iter().map(Deployed::name);
    match service {
        None => Ok(all.collect()),
        Some(service) => known(all, service).map(|()| vec![service]),
    }
}

fn parameters(work: &Path, stack: &str) -> PathBuf {
    work.join(format!("{stack}.json"))
}

/// Writes the parameters of each stack into a file that only this user can read.
fn write_parameters(values: &Values, stacks: &[&Stack], work: &Path) -> Result<(), CommandError> {
    let read = |stack: &&Stack| (stack.name.clone(), values.for_template(&stack.name, &stack.template));
    let (mut given, mut missing) = (Vec::new(), Vec::new());
    for (name, values) in stacks.iter().map(read) {
        match values {
            Ok(values) => given.push((name, values)),
            Err(error) => missing.push(error.to_string()),
        }
    }
    if !missing.is_empty() {
        return Err(CommandError::Usage(missing.join("\n")));
    }
    for (name, values) in given {
        let path = parameters(work, &name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(values.to_string().as_bytes()))
            .map_err(CommandError::io(path.display()))?;
    }
    Ok(())
}

/// The bucket of packages, made where there is none.
fn bucket(aws: &Aws, app: &App, given: Option<&str>) -> Result<String, CommandError> {
    let identity = aws.json(&["sts", "get-caller-identity"])?;
    let account = identity["Account"].as_str().unwrap_or_default();
    let region = region(aws)?;
    let bucket = given.map_or_else(|| format!("{}-packages-{account}-{region}", app.name), str::to_owned);
    if aws.run(&["s3api", "head-bucket", "--bucket", &bucket]).is_err() {
        aws.run(&["s3", "mb", &format!("s3://{bucket}"), "--region", &region])?;
    }
    Ok(bucket)
}

fn region(aws: &Aws) -> Result<String, CommandError> {
    if aws.is_local() {
        return Ok("us-east-1".to_owned());
    }
    let given = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| {
        let value = env::var(name).ok()?;
        Some(value).filter(|value| !value.is_empty())
    });
    // The command fails where nothing is configured.
    let configured = || aws.run(&["configure", "get", "region"]).unwrap_or_default().trim().to_owned();
    match given.unwrap_or_else(configured) {
        region if region.is_empty() => {
            Err(CommandError::Usage("there is no region: set AWS_REGION".to_owned()))
        }
        region => Ok(region),
    }
}

/// Prints the outputs of the stacks: URLs for people, everything as JSON.
fn outputs(deployed: &Stacks<'_>, services: &[&str], is_json: bool) -> Result<(), CommandError> {
    let mut all = Map::new();
    for service in services {
        let outputs = deployed.outputs(service)?.into_iter().map(|(name, value)| (name, reachable(&value)));
        let outputs: Vec<(String, String)> = outputs.collect();
        if !is_json {
            for (name, value) in outputs.iter().filter(|(name, _)| name.ends_with("Url")) {
                print::line(format_args!("{service}\t{name}\t{value}"));
            }
        }
        let outputs: Map<String, Value> =
            outputs.into_iter().map(|(name, value)| (name, json!(value))).collect();
        all.insert((*service).to_owned(), Value::Object(outputs));
    }
    if is_json {
        print::line(Value::Object(all));
    }
    Ok(())
}

/// A function URL's host on LocalStack is below 127.0.0.1, which no resolver knows. curl and browsers
/// know `.localhost`.
fn reachable(url: &str) -> String {
    match url.split_once(".127.0.0.1:") {
        Some((host, rest)) if host.contains(".lambda-url.") => format!("{host}.localhost:{rest}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn the_host_of_a_function_url_is_one_that_resolves() {
        let url = "http://abc.lambda-url.us-east-1.127.0.0.1:4566/";
        assert_eq!(reachable(url), "http://abc.lambda-url.us-east-1.localhost:4566/");
        let other = "https://abc.lambda-url.eu-west-1.on.aws/";
        assert_eq!(reachable(other), other);
    }

    #[test]
    fn parameters_are_readable_for_their_user_alone() {
        let stage = Stage { name: "prod".to_owned(), endpoint: None };
        let app = App::new("shop");
        let stacks = waxseal_infra::templates(&app).unwrap();
        let work = tempfile::tempdir().unwrap();
        write_parameters(&Values::of(&stage, &app, false), &stacks.iter().collect::<Vec<_>>(), work.path())
            .unwrap();
        let file = parameters(work.path(), "bus");
        let values: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert!(
            values
                .as_array()
                .unwrap()
                .contains(&json!({ "ParameterKey": "Stage", "ParameterValue": "prod" }))
        );
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
