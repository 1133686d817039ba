//! The functions' binaries, built and packed where the templates look for them.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufWriter},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use waxseal_catalog::{App, Architecture, Deployed, Program};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use crate::{
    command_error::CommandError,
    infra::Templates,
    interrupt, print,
    workspace::{Binary, Workspace, cargo},
};

/// A function's binary, and the path of its package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Package {
    binary: String,
    path: PathBuf,
    /// The processor that AWS runs it on.
    architecture: Architecture,
}

/// The packages of these services, and of the relay where one of them emits.
pub(super) fn of(app: &App, services: &[&str], templates: &Templates) -> BTreeSet<Package> {
    let chosen = app.services.iter().filter(|service| services.contains(&service.name()));
    let own = |service: &&Deployed| service.infrastructure.architecture;
    let mut programs: Vec<_> = chosen.clone().map(|service| (&service.program, own(&service))).collect();
    if chosen.into_iter().any(|service| app.routes(service).has_relay()) {
        programs.push((&app.relay, Architecture::Arm64));
    }
    let package = |(program, architecture): (&Program, Architecture)| Package {
        binary: program.binary.clone(),
        path: templates.folder.join(&program.code),
        architecture,
    };
    programs.into_iter().map(package).collect()
}

/// Builds the binaries for this machine, or takes them from a folder, and packs them.
pub(super) fn for_this_machine(
    packages: &BTreeSet<Package>,
    folder: Option<&Path>,
    workspace: &Workspace,
) -> Result<(), CommandError> {
    let folder = match folder {
        Some(folder) => folder.to_owned(),
        None => {
            let own = Binary::own()?;
            print::progress(format_args!("building for this machine: {}", names(packages)));
            run(cargo().args(["build", "--profile", &own.profile, "--bins"]), packages, workspace)?;
            let folder = if own.profile == "dev" { "debug" } else { &own.profile };
            workspace.target.join(folder)
        }
    };
    for Package { binary, path, .. } in packages {
        let file = folder.join(binary);
        if !file.is_file() {
            return Err(CommandError::Usage(format!("{} has no binary {binary}", folder.display())));
        }
        pack(&file, path).map_err(CommandError::io(path.display()))?;
    }
    Ok(())
}

/// Builds and packs them for AWS.
pub(super) fn for_aws(packages: &BTreeSet<Package>, workspace: &Workspace) -> Result<(), CommandError> {
    let mut version = cargo();
    let version = version.args(["lambda", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if !version.status().is_ok_and(|status| status.success()) {
        let advice = "cargo lambda is needed to build for AWS: pip install cargo-lambda ziglang";
        return Err(CommandError::Missing(advice.to_owned()));
    }
    for (architecture, option) in [(Architecture::Arm64, "--arm64"), (Architecture::X86_64, "--x86-64")] {
        let of_it = packages.iter().filter(|package| package.architecture == architecture);
        let of_it: BTreeSet<Package> = of_it.cloned().collect();
        if of_it.is_empty() {
            continue;
        }
        print::progress(format_args!("building for AWS, {}: {}", architecture.as_str(), names(&of_it)));
        let options = ["--release", option, "--output-format", "zip", "--lambda-dir", "target/lambda"];
        run(cargo().args(["lambda", "build"]).args(options), &of_it, workspace)?;
    }
    Ok(())
}

fn names(packages: &BTreeSet<Package>) -> String {
    packages.iter().map(|package| package.binary.as_str()).collect::<Vec<_>>().join(" ")
}

/// Runs a build of the packages that have the binaries. Without their names the features would be
/// those of the whole workspace.
fn run(
    command: &mut Command,
    packages: &BTreeSet<Package>,
    workspace: &Workspace,
) -> Result<(), CommandError> {
    for Package { binary, .. } in packages {
        let package = workspace.binaries.get(binary).ok_or_else(|| {
            CommandError::Usage(format!("no package of the workspace has the binary {binary}"))
        })?;
        command.args(["-p", package]);
    }
    let status = command
        .current_dir(&workspace.root)
        .status()
        .map_err(|error| CommandError::Missing(format!("cargo cannot be started: {error}")))?;
    match status.success() {
        true => Ok(()),
        false if interrupt::is_raised() => Err(CommandError::Interrupted),
        false => Err(CommandError::Failed("the functions were not built".to_owned())),
    }
}

/// Zips a binary as `bootstrap`. The same binary gives the same bytes, so an unchanged function is
/// not deployed again.
fn pack(binary: &Path, package: &Path) -> io::Result<()> {
    // Beside it, then renamed: an upload meanwhile sees the old package or the new one.
    let beside = package.with_extension(format!("zip.{}", std::process::id()));
    package.parent().map(fs::create_dir_all).transpose()?;
    let mut archive = ZipWriter::new(BufWriter::new(File::create(&beside)?));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    archive.start_file("bootstrap", options)?;
    io::copy(&mut File::open(binary)?, &mut archive)?;
    archive.finish()?.into_inner().map_err(|error| error.into_error())?;
    fs::rename(&beside, package)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_same_binary_gives_the_same_package_which_can_be_executed() {
        let folder = std::env::temp_dir().join(format!("waxseal-cli-pack-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let binary = folder.join("orders");
        fs::write(&binary, "not really a binary").unwrap();
        let (one, two) = (folder.join("one/bootstrap.zip"), folder.join("two/bootstrap.zip"));
        pack(&binary, &one).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(10));
        fs::write(&binary, "not really a binary").unwrap();
        pack(&binary, &two).unwrap();
        assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
        assert_eq!(fs::read_dir(folder.join("one")).unwrap().count(), 1, "nothing else is left there");

        let mut archive = zip::ZipArchive::new(File::open(&one).unwrap()).unwrap();
        let mut entry = archive.by_name("bootstrap").unwrap();
        assert_eq!(entry.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        assert_eq!(text, "not really a binary");
        fs::remove_dir_all(&folder).unwrap();
    }
}
