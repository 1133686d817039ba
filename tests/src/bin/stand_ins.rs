//! `make stand-ins`: the surroundings of the functions while `cargo lambda watch` runs them.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

use waxseal_tests::stand_ins::StandIns;

fn main() -> ExitCode {
    let file = env::args_os().nth(1).map_or_else(|| PathBuf::from("target/stand-ins.env"), PathBuf::from);
    let mut stand_ins = StandIns::start();
    let lines: String =
        stand_ins.variables().iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let folder = file.parent().unwrap_or(Path::new(""));
    if let Err(error) = fs::create_dir_all(folder).and_then(|()| fs::write(&file, lines)) {
        eprintln!("error: {}: {error}", file.display());
        return ExitCode::FAILURE;
    }
    println!("The variables of every function are in {}; Ctrl-C ends.", file.display());
    // The loop runs until it is interrupted, and leaves nothing behind.
    loop {
        for line in stand_ins.news() {
            println!("{line}");
        }
        thread::sleep(Duration::from_millis(100));
    }
}
