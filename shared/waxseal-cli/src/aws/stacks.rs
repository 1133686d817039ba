//! Stacks in CloudFormation: created, changed, deleted, waited for.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;
use waxseal_infra::Stack;

use crate::{
    aws::{prepare, stage::Stage, tool::Aws},
    command_error::CommandError,
    interrupt, print,
};

/// The largest template that goes with its request. A larger one goes through the bucket.
const LARGEST_BODY: usize = 51_200;
/// Reasons of a failure that are shown.
const MOST: usize = 20;

/// The stacks of an application on one stage.
#[derive(Debug)]
pub(super) struct Stacks<'a> {
    pub(super) app: &'a str,
    pub(super) stage: &'a Stage,
    pub(super) aws: &'a Aws,
}

/// Where a deployment puts its files.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    /// The folder of the written templates, from which `Program::code` counts.
    pub(super) templates: &'a Path,
    /// A private folder: parameters may be secret.
    pub(super) work: &'a Path,
    pub(super) bucket: &'a str,
    /// Whether nothing is to outlive the stacks.
    pub(super) throws_away: bool,
}

impl Stacks<'_> {
    /// The full name of a stack, or of anything else of the application.
    pub(super) fn name(&self, part: &str) -> String {
        format!("{}-{}-{part}", self.app, self.stage.name)
    }

    fn describe(&self, stack: &str) -> Result<Option<Value>, CommandError> {
        match self.aws.json(&["cloudformation", "describe-stacks", "--stack-name", stack]) {
            Ok(found) => Ok(Some(found["Stacks"][0].clone())),
            Err(CommandError::Failed(text)) if text.contains("does not exist") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The status of a stack; `None` where there is none.
    pub(super) fn status(&self, stack: &str) -> Result<Option<String>, CommandError> {
        let found = self.describe(stack)?;
        Ok(found.and_then(|stack| stack["StackStatus"].as_str().map(str::to_owned)))
    }

    /// The outputs of a stack, in the order of their names.
    pub(super) fn outputs(&self, part: &str) -> Result<Vec<(String, String)>, CommandError> {
        let found = self.describe(&self.name(part))?.unwrap_or_default();
        let text = |output: &Value, name: &str| output[name].as_str().unwrap_or_default().to_owned();
        let outputs = found["Outputs"].as_array().into_iter().flatten();
        let mut outputs: Vec<_> =
            outputs.map(|output| (text(output, "OutputKey"), text(output, "OutputValue"))).collect();
        outputs.sort();
        Ok(outputs)
    }

    /// Waits until CloudFormation is done with a stack, and gives its status then.
    fn settle(&self, stack: &str) -> Result<Option<String>, CommandError> {
        let pace = Duration::from_millis(if self.stage.is_local() { 500 } else { 5000 });
        loop {
            match self.status(stack)? {
                Some(status) if status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS" => {
                    interrupt::sleep(pace)?;
                }
                status => return Ok(status),
            }
        }
    }

    /// Creates or updates one stack by a change set. `parameters` is a file.
    pub(super) fn up(&self, stack: &Stack, parameters: &Path, desk: &Desk<'_>) -> Result<(), CommandError> {
        let name = self.name(&stack.name);
        let location = self.upload(stack, desk)?;
        let kind = match self.settle(&name)?.as_deref() {
            None | Some("DELETE_COMPLETE" | "REVIEW_IN_PROGRESS") => "CREATE",
            Some("ROLLBACK_COMPLETE") => {
                print::progress(format_args!("{name} was never created: removing what is left of it"));
                self.aws.run(&["cloudformation", "delete-stack", "--stack-name", &name])?;
                self.settle(&name)?;
                "CREATE"
            }
            Some(_) => "UPDATE",
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let change = format!("deploy-{}", now.as_millis());
        let parameters = format!("file://{}", parameters.display());
        let mut create = vec![
            "cloudformation",
            "create-change-set",
            "--stack-name",
            &name,
            "--change-set-name",
            &change,
            "--change-set-type",
            kind,
            "--capabilities",
            "CAPABILITY_IAM",
            "--parameters",
            &parameters,
        ];
        create.extend(location.iter().map(String::as_str));
        if !self.stage.is_local() {
            // Tables, dead-letter queues, buckets, bus and archive outlive their stack: a stack that is
            // created again takes them back, by their names.
            create.push("--import-existing-resources");
        }
        self.aws.json(&create)?;
        if !self.is_prepared(&name, &change)? {
            print::progress(format_args!("{name} is up to date"));
            return Ok(());
        }
        self.aws.run(&[
            "cloudformation",
            "execute-change-set",
            "--stack-name",
            &name,
            "--change-set-name",
            &change,
        ])?;
        match self.settle(&name)?.as_deref() {
            Some(ended @ ("CREATE_COMPLETE" | "UPDATE_COMPLETE")) => {
                print::progress(format_args!("{name}: {ended}"));
                Ok(())
            }
            ended => Err(self.failure(&name, ended)),
        }
    }

    /// Packages a template and uploads what it needs. The result says where the template is.
    fn upload(&self, stack: &Stack, desk: &Desk<'_>) -> Result<[String; 2], CommandError> {
        let file = format!("{}.yaml", stack.name);
        let packaged = desk.work.join(&file);
        let to = packaged.display().to_string();
        let from = match prepare::template(stack, desk.templates, desk.throws_away, self.stage.is_local())? {
            None => desk.templates.join(&file),
            Some(template) => {
                // JSON is YAML.
                let prepared = desk.work.join(format!("{}.prepared.yaml", stack.name));
                fs::write(&prepared, template.to_string()).map_err(CommandError::io(prepared.display()))?;
                prepared
            }
        };
        self.aws.run(&[
            "cloudformation",
            "package",
            "--template-file",
            &from.display().to_string(),
            "--s3-bucket",
            desk.bucket,
            "--s3-prefix",
            &self.stage.name,
            "--output-template-file",
            &to,
        ])?;
        let length = fs::metadata(&packaged).map_err(CommandError::io(&to))?.len();
        if length <= LARGEST_BODY as u64 {
            return Ok(["--template-body".to_owned(), format!("file://{to}")]);
        }
        let (bucket, prefix) = (desk.bucket, &self.stage.name);
        self.aws.run(&["s3", "cp", "--quiet", &to, &format!("s3://{bucket}/{prefix}/{file}")])?;
        Ok(["--template-url".to_owned(), format!("https://{bucket}.s3.amazonaws.com/{prefix}/{file}")])
    }

    /// Waits for a change set. `false` where it changes nothing.
    fn is_prepared(&self, stack: &str, change: &str) -> Result<bool, CommandError> {
        let about = ["--stack-name", stack, "--change-set-name", change];
        let command =
            |name: &'static str| ["cloudformation", name].into_iter().chain(about).collect::<Vec<_>>();
        loop {
            let found = self.aws.json(&command("describe-change-set"))?;
            match found["Status"].as_str().unwrap_or_default() {
                "CREATE_COMPLETE" => return Ok(true),
                "FAILED" => {
                    self.aws.run(&command("delete-change-set"))?;
                    let reason = found["StatusReason"].as_str().unwrap_or("no reason was given");
                    let nothing = ["didn't contain changes", "No updates are to be performed"];
                    return match nothing.iter().any(|nothing| reason.contains(nothing)) {
                        true => Ok(false),
                        false => Err(CommandError::Failed(format!("{stack}: {reason}"))),
                    };
                }
                _ => interrupt::sleep(Duration::from_secs(1))?,
            }
        }
    }

    /// Deletes one stack. `false` where there is none.
    pub(super) fn down(&self, part: &str) -> Result<bool, CommandError> {
        let name = self.name(part);
        if self.status(&name)?.is_none() {
            print::progress(format_args!("{name} does not exist"));
            return Ok(false);
        }
        self.aws.run(&["cloudformation", "delete-stack", "--stack-name", &name])?;
        match self.settle(&name)?.as_deref() {
            None | Some("DELETE_COMPLETE") => Ok(true),
            ended => Err(self.failure(&name, ended)),
        }
    }

    /// The failure of a stack, with its reasons, newest first.
    fn failure(&self, stack: &str, ended: Option<&str>) -> CommandError {
        let mut text = format!("{stack}: {}", ended.unwrap_or("it is gone"));
        let events = self.aws.json(&["cloudformation", "describe-stack-events", "--stack-name", stack]);
        let events = events.unwrap_or_default();
        let is_failure = |event: &&Value| {
            event["ResourceStatus"].as_str().is_some_and(|status| status.ends_with("FAILED"))
        };
        for event in events["StackEvents"].as_array().into_iter().flatten().filter(is_failure).take(MOST) {
            let said = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
            text.push_str(&format!("\n  {}: {}", said("LogicalResourceId"), said("ResourceStatusReason")));
        }
        CommandError::Failed(text)
    }

    /// Does the same for several parts at once. The error has those that failed.
    pub(super) fn each(
        parts: &[&str],
        what: &str,
        action: impl Fn(&str) -> Result<(), CommandError> + Sync,
    ) -> Result<(), CommandError> {
        let action = &action;
        let failed: Vec<&str> = std::thread::scope(|scope| {
            let running: Vec<_> =
                parts.iter().map(|part| (*part, scope.spawn(move || action(part)))).collect();
            let ended = running.into_iter().map(|(part, thread)| (part, thread.join()));
            ended
                .filter_map(|(part, result)| match result {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => {
                        print::progress(format_args!("{error}"));
                        Some(part)
                    }
                    Err(_) => Some(part),
                })
                .collect()
        });
        match failed.is_empty() {
            true => Ok(()),
            false if interrupt::is_raised() => Err(CommandError::Interrupted),
            false => Err(CommandError::Failed(format!("{what}: {}", failed.join(" ")))),
        }
    }
}
