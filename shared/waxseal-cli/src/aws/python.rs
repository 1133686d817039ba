//! The locked `aws` command, for machines that have none and for LocalStack: a Python environment
//! that is made once for each content of its lock file.

use std::{
    env, fs,
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{command_error::CommandError, print};

const LOCK: &str = include_str!("../../python/aws.lock");

/// The folder of the environment's programs. It is made where it is not there.
pub(super) fn programs(target: &Path) -> Result<PathBuf, CommandError> {
    let folder = target.join("waxseal").join("aws");
    let (programs, stamp) = (folder.join("bin"), folder.join("stamp"));
    // A moved environment has wrong paths in it.
    let wanted = format!("{}\n{LOCK}", folder.display());
    let what = format!("the Python environment in {}", folder.display());
    let failed = || CommandError::io(&what);
    let made = || {
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.with_extension("lock"))?;
        // Two callers at once must not build into one folder.
        lock.lock()?;
        Ok(lock)
    };
    let _lock = made().map_err(failed())?;
    if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == wanted) {
        return Ok(programs);
    }
    print::progress(format_args!("making {what} (once; a minute or two)"));
    fs::remove_dir_all(&folder).and_then(|()| fs::create_dir_all(&folder)).map_err(failed())?;
    run(Command::new(python()?).args(["-m", "venv"]).arg(&folder))?;
    let lock = folder.join("requirements.lock");
    fs::write(&lock, LOCK).map_err(failed())?;
    let options =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"];
    run(Command::new(programs.join("python")).args(options).arg(&lock))?;
    fs::write(&stamp, wanted).map_err(failed())?;
    Ok(programs)
}

fn run(command: &mut Command) -> Result<(), CommandError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status =
        command.stdout(Stdio::null()).status().map_err(CommandError::io(format_args!("{program}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(CommandError::Missing(format!("{program} could not make the environment of `aws`"))),
    }
}

/// A Python from 3.11 on with its module `venv`. A shim of pyenv exists for each installed version
/// and fails for one that is not selected, so each candidate is run.
fn python() -> Result<PathBuf, CommandError> {
    let named = ["python3.11", "python3.12", "python3.13", "python3"].map(PathBuf::from);
    let pyenv = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let pyenv = pyenv.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv")));
    let versions = pyenv.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let versions = versions.into_iter().flatten().flatten().map(|version| version.path().join("bin/python3"));
    let works = |candidate: &PathBuf| {
        let check = "import sys, venv, ensurepip; sys.exit(sys.version_info[:2] < (3, 11))";
        let mut command = Command::new(candidate);
        let command = command.args(["-c", check]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    named.into_iter().chain(versions).find(works).ok_or_else(|| {
        CommandError::Missing(
            "Python 3.11 or newer with its venv module is needed: install python3 and python3-venv"
                .to_owned(),
        )
    })
}
