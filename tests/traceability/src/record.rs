//! A runner between cargo and a test binary. It forwards all output, and stores it with the exit
//! status.

use std::{
    env,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
    process::{Command, ExitCode, ExitStatus, Stdio},
};

use serde_json::json;

/// The first line of a stored run.
pub(crate) const BEGAN: &str = "{\"began\":";
/// The last line. Without it the run was cut off.
pub(crate) const ENDED: &str = "{\"ended\":";

/// Runs `test` as `cargo test` would, and writes its output to a file of `folder` from the first
/// line on.
pub(crate) fn record(folder: &Path, test: &[String]) -> Result<ExitCode, String> {
    let (executable, arguments) = test.split_first().ok_or(crate::USAGE)?;
    let name = Path::new(executable).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let package = env::var("CARGO_PKG_NAME")
        .map_err(|_| "CARGO_PKG_NAME is not set: cargo runs this program".to_owned())?;
    let path = folder.join(format!("{package}.{name}"));
    let kept = |error: io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(folder).map_err(kept)?;
    let mut file = File::create(&path).map_err(kept)?;
    writeln!(file, "{BEGAN}{}}}", json!({"package": package, "executable": name})).map_err(kept)?;
    let status = run(executable, arguments, |printed| file.write_all(printed))
        .map_err(|error| format!("{executable}: {error}"))?;
    let code = code(status);
    writeln!(file, "\n{ENDED}{code}}}").map_err(kept)?;
    Ok(ExitCode::from(code))
}

fn run(
    executable: &str,
    arguments: &[String],
    mut keep: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<ExitStatus> {
    let mut child = Command::new(executable).args(arguments).stdout(Stdio::piped()).spawn()?;
    let mut output = child.stdout.take().expect("piped");
    let (mut buffer, mut out) = ([0; 4096], io::stdout());
    loop {
        match output.read(&mut buffer)? {
            0 => return child.wait(),
            count => {
                keep(&buffer[..count])?;
                // A write to a closed standard output may fail; the results are stored
                // nevertheless.
                let _ = out.write_all(&buffer[..count]).and_then(|()| out.flush());
            }
        }
    }
}

/// The exit code as a shell computes it: 128 and the signal that ended the process.
fn code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}
