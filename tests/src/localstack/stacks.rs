//! Deploys an application from the templates that its declaration gives.
//!
//! `deploy` of the command line takes the *written* templates of this repository, which are those of the
//! platform. So these stacks go straight to CloudFormation's API, with the packages of the binaries.

use std::{
    fs,
    io::{Cursor, Write as _},
    path::Path,
};

use serde_json::{Value, json};
use waxseal_catalog::App;
use waxseal_infra::{Stack, check, templates};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    client::{CallError, Client},
    eventually,
};

const CLOUDFORMATION: &str = "2010-05-15";

/// Deploys every stack of `app` as `stage`; `places` has the parameters of its sources. The binaries are in
/// `folder`.
///
/// # Errors
/// Where the declaration has findings, a binary is missing or a stack is refused.
pub fn deploy(
    client: &Client,
    app: &App,
    stage: &str,
    places: &[(&str, &str)],
    folder: &Path,
) -> Result<(), String> {
    let mut stacks = templates(app).map_err(|error| error.to_string())?;
    let findings: Vec<String> = check(app, &stacks).iter().map(ToString::to_string).collect();
    if !findings.is_empty() {
        return Err(findings.join("\n"));
    }
    let packages = format!("{}-{stage}-packages", app.name);
    put(client, &packages, "", b"")?;
    for stack in &mut stacks {
        pack(client, &packages, &mut stack.template, folder)?;
        let name = format!("{}-{stage}-{}", app.name, stack.name);
        up(client, &name, stack, stage, places).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Puts an object into a bucket, or makes the bucket where the key is empty.
///
/// # Errors
/// Where S3 refuses.
pub fn put(client: &Client, bucket: &str, key: &str, body: &[u8]) -> Result<(), String> {
    let path = if key.is_empty() { format!("/{bucket}") } else { format!("/{bucket}/{key}") };
    client.rest("s3", "PUT", &path, body).map(drop).map_err(|error| error.to_string())
}

/// Puts the package of each function of a template where its stack finds it: templates name a file, which
/// `aws cloudformation package` would upload.
fn pack(client: &Client, bucket: &str, template: &mut Value, folder: &Path) -> Result<(), String> {
    for resource in template["Resources"].as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        let Some(code) = resource.pointer_mut("/Properties/Code") else { continue };
        let path = code.as_str().unwrap_or_default().to_owned();
        let binary = path.rsplit('/').nth(1).unwrap_or_default();
        let file = folder.join(binary);
        let bytes = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let key = format!("{binary}.zip");
        put(client, bucket, &key, &zipped(&bytes).map_err(|error| error.to_string())?)?;
        *code = json!({ "S3Bucket": bucket, "S3Key": key });
    }
    Ok(())
}

fn zipped(binary: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o755);
    archive.start_file("bootstrap", options)?;
    archive.write_all(binary)?;
    Ok(archive.finish()?.into_inner())
}

/// Makes a stack, and waits until it is there.
fn up(
    client: &Client,
    name: &str,
    stack: &Stack,
    stage: &str,
    places: &[(&str, &str)],
) -> Result<(), CallError> {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    let fixed = [("Stage", stage), ("Architecture", architecture), ("DeletionProtection", "false")];
    let values =
        fixed.iter().chain(places).filter(|(name, _)| stack.template["Parameters"].get(*name).is_some());
    let template = stack.template.to_string();
    let mut fields = vec![
        ("StackName".to_owned(), name.to_owned()),
        ("TemplateBody".to_owned(), template),
        ("Capabilities.member.1".to_owned(), "CAPABILITY_NAMED_IAM".to_owned()),
    ];
    for (index, (name, value)) in values.enumerate() {
        let member = |part: &str| format!("Parameters.member.{}.{part}", index + 1);
        fields.push((member("ParameterKey"), (*name).to_owned()));
        fields.push((member("ParameterValue"), (*value).to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    client.form("cloudformation", CLOUDFORMATION, "CreateStack", &fields)?;
    eventually(&format!("the stack {name} is complete"), || {
        let stacks = client.form("cloudformation", CLOUDFORMATION, "DescribeStacks", &[("StackName", name)]);
        let told = stacks.ok()?.to_string();
        assert!(!told.contains("FAILED") && !told.contains("ROLLBACK"), "{name}: {told}");
        told.contains("CREATE_COMPLETE").then_some(())
    });
    Ok(())
}
