//! A function's process: started on its own core, measured from outside, and ended in every case.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sched::{CpuSet, sched_setaffinity},
    unistd::Pid,
};

/// The cores of driver and function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores {
    pub(crate) driver: usize,
    pub(crate) function: usize,
}

impl Cores {
    /// The first core is the driver's, the last the functions'.
    ///
    /// # Errors
    /// Where there is only one.
    pub(crate) fn choose() -> Result<Self, String> {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        if count < 2 {
            return Err("two cores are needed: driver and function must not wait for each other".to_owned());
        }
        Ok(Self { driver: 0, function: count - 1 })
    }

    /// Puts this thread, and what it starts from now on, on `core`.
    pub(crate) fn stay_on(core: usize) -> io::Result<()> {
        let mut set = CpuSet::new();
        set.set(core)?;
        Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
    }
}

/// The description of a process to start.
#[derive(Debug, Clone)]
pub(crate) struct Start<'a> {
    pub(crate) command: &'a [String],
    pub(crate) folder: &'a Path,
    pub(crate) variables: &'a BTreeMap<String, String>,
    pub(crate) log: &'a Path,
}

/// A running function.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pub(crate) started: Instant,
}

impl Process {
    pub(crate) fn start(start: &Start<'_>, cores: Cores) -> io::Result<Self> {
        let log = File::options().create(true).append(true).open(start.log)?;
        let mut command = Command::new(&start.command[0]);
        command
            .args(&start.command[1..])
            .current_dir(start.folder)
            .env_clear()
            .envs(start.variables)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        // A child runs on the core of the thread that starts it.
        Cores::stay_on(cores.function)?;
        let started = Instant::now();
        let child = command.spawn();
        Cores::stay_on(cores.driver)?;
        Ok(Self { child: child?, started })
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The time on the core, of all its threads.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        let mut nanoseconds = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(thread?.path().join("schedstat"))?;
            nanoseconds +=
                first_number(&text).ok_or_else(|| io::Error::other("schedstat holds no number"))?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Its peak of memory so far, in MB.
    pub(crate) fn peak_memory(&self) -> io::Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        peak(&text).ok_or_else(|| io::Error::other("/proc/<pid>/status has no VmHWM"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

fn peak(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u32 = line.split_whitespace().next()?.parse().ok()?;
    Some(f64::from(kilobytes) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_read_as_it_writes() {
        assert_eq!(first_number("1234567 89 3\n"), Some(1_234_567));
        assert_eq!(peak("Name:\tbare\nVmHWM:\t    8192 kB\nVmRSS:\t 4096 kB\n"), Some(8.0));
        assert_eq!(peak("Name:\tbare\n"), None);
    }
}
