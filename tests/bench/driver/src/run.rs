//! One round: each peer's process is started, warmed up and measured, and its books are checked.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use bench_work::{Event, Feed, Workload, batch};
use serde_json::Value;

use crate::{
    books,
    dynamo::Counts,
    peer::{self, Peer, Places},
    process::{Cores, Process, Start},
    stats::median,
    tls::Trust,
    wire::Wire,
};

pub(crate) type Error = Box<dyn std::error::Error>;

/// The longest wait for a function.
const PATIENCE: Duration = Duration::from_secs(60);
/// Starts of each peer in one round.
const STARTS: usize = 3;

/// Everything that a round needs.
pub(crate) struct Bench {
    pub(crate) wire: Wire,
    pub(crate) places: Places,
    pub(crate) trust: Trust,
    pub(crate) cores: Cores,
    pub(crate) feed: Feed,
    /// The share, in permille, of the batches in [`Peer::batches`].
    pub(crate) permille: usize,
}

/// One peer's steady state at one batch size, in one round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steady {
    pub(crate) p50: f64,
    pub(crate) cpu: f64,
    pub(crate) requests: f64,
    pub(crate) write_units: f64,
    pub(crate) read_units: f64,
    pub(crate) memory: f64,
}

/// One peer's start over TLS, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cold {
    /// From the start of the process to its first poll.
    pub(crate) poll: f64,
    /// From the first event's delivery to its answer.
    pub(crate) event: f64,
    /// From the start of the process to the first event's answer.
    pub(crate) response: f64,
}

/// The price of duplicates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Duplicates {
    /// Requests a record, in the process that handled the event first.
    pub(crate) warm: f64,
    /// Requests a record, in another process.
    pub(crate) cold: f64,
    /// Requests that write, for a batch of 50 of which 5 are duplicates, in another process.
    pub(crate) mixed: u64,
}

impl Bench {
    /// Measures the batch sizes of one peer and workload in one process, with the price of
    /// duplicates where that is asked for.
    pub(crate) fn steady(
        &mut self,
        peer: Peer,
        workload: Workload,
        sizes: &[usize],
        duplicates: bool,
    ) -> Result<(Vec<Steady>, Option<Duplicates>), Error> {
        self.wire.dynamo.clear();
        let mut process = self.start(peer, workload, false)?;
        let (mut delivered, mut measured) = (Vec::new(), Vec::new());
        for (index, size) in sizes.iter().copied().enumerate() {
            let warm_up = if index == 0 { peer.warm_up() } else { 2 * size };
            for _ in 0..(warm_up * self.permille / 1000).div_ceil(size).max(1) {
                self.invoke_fresh(&mut process, size, &mut delivered)?;
            }
            let batches = (peer.batches(size) * self.permille / 1000).max(3);
            let before = process.cpu()?;
            self.wire.dynamo.take_counts();
            let mut times = Vec::with_capacity(batches);
            for _ in 0..batches {
                times.push(milliseconds(self.invoke_fresh(&mut process, size, &mut delivered)?));
            }
            let (cpu, counts) = (process.cpu()?.saturating_sub(before), self.wire.dynamo.take_counts());
            let records = count(batches * size);
            measured.push(Steady {
                p50: median(&times),
                cpu: cpu.as_secs_f64() * 1e6 / records,
                requests: requests(&counts) / records,
                write_units: counts.write_units / records,
                read_units: counts.read_units / records,
                memory: process.peak_memory()?,
            });
        }
        self.check(&delivered, workload)?;
        let again = if duplicates { Some(self.again(peer, workload, process, delivered)?) } else { None };
        Ok((measured, again))
    }

    /// Delivers the last events of `process` again.
    fn again(
        &mut self,
        peer: Peer,
        workload: Workload,
        mut process: Process,
        mut delivered: Vec<Event>,
    ) -> Result<Duplicates, Error> {
        let last: Vec<Event> = delivered.iter().rev().take(100).cloned().collect();
        self.wire.dynamo.take_counts();
        self.redeliver(&mut process, &last)?;
        let warm = requests(&self.wire.dynamo.take_counts()) / count(last.len());

        drop(process);
        let mut process = self.start(peer, workload, false)?;
        self.wire.dynamo.take_counts();
        self.redeliver(&mut process, &last)?;
        let cold = requests(&self.wire.dynamo.take_counts()) / count(last.len());

        drop(process);
        let mut process = self.start(peer, workload, false)?;
        let mut mixed: Vec<Event> = last[..5].to_vec();
        // The accounts are distinct: otherwise a fresh event and a duplicate could concern one
        // account.
        while mixed.len() < 50 {
            let fresh = self.feed.take(1).remove(0);
            if mixed.iter().all(|event| event.account != fresh.account) {
                delivered.push(fresh.clone());
                mixed.push(fresh);
            }
        }
        self.wire.dynamo.take_counts();
        self.invoke(&mut process, &mixed)?;
        let mixed = self.wire.dynamo.take_counts().writes();
        self.check(&delivered, workload)?;
        Ok(Duplicates { warm, cold, mixed })
    }

    fn redeliver(&mut self, process: &mut Process, events: &[Event]) -> Result<(), Error> {
        for batch in events.chunks(10) {
            self.invoke(process, batch)?;
        }
        Ok(())
    }

    /// Starts over TLS, each with one event that waits for it.
    pub(crate) fn cold(&mut self, peer: Peer) -> Result<Cold, Error> {
        let mut all = Vec::new();
        for _ in 0..STARTS {
            self.wire.dynamo.clear();
            let event = self.feed.take(1);
            let mut process = self.start_with(peer, Workload::Receipt, true, Some(&event))?;
            let answered = self.answer(&mut process)?;
            let polled = self.wire.runtime.polled.ok_or("answered without a poll")?;
            let delivered = self.wire.runtime.delivered.ok_or("answered without an event")?;
            all.push(Cold {
                poll: milliseconds(polled - process.started),
                event: milliseconds(answered - delivered),
                response: milliseconds(answered - process.started),
            });
            self.check(&event, Workload::Receipt)?;
        }
        let of = |part: fn(&Cold) -> f64| median(&all.iter().map(part).collect::<Vec<_>>());
        Ok(Cold {
            poll: of(|cold| cold.poll),
            event: of(|cold| cold.event),
            response: of(|cold| cold.response),
        })
    }

    fn start(&mut self, peer: Peer, workload: Workload, tls: bool) -> Result<Process, Error> {
        let mut process = self.start_with(peer, workload, tls, None)?;
        self.wait(&mut process, "asks for no event", |runtime| {
            runtime.polled.is_some() || runtime.answer.is_some()
        })?;
        match self.wire.runtime.answer.take() {
            Some((_, Err(error))) => Err(error.into()),
            _ => Ok(process),
        }
    }

    fn start_with(
        &mut self,
        peer: Peer,
        workload: Workload,
        tls: bool,
        event: Option<&[Event]>,
    ) -> Result<Process, Error> {
        self.wire.reset();
        if let Some(event) = event {
            self.wire.deliver(batch(event))?;
        }
        let (command, folder) = peer::command(peer, &self.places);
        let variables = peer::variables(peer, workload, &self.wire, tls.then_some(&self.trust), &self.places);
        let log = self.log(peer);
        let start = Start { command: &command, folder: &folder, variables: &variables, log: &log };
        Ok(Process::start(&start, self.cores).map_err(|error| format!("{}: {error}", command[0]))?)
    }

    pub(crate) fn log(&self, peer: Peer) -> PathBuf {
        self.places.home.join(format!("{}.log", peer.name()))
    }

    fn invoke_fresh(
        &mut self,
        process: &mut Process,
        size: usize,
        delivered: &mut Vec<Event>,
    ) -> Result<Duration, Error> {
        let events = self.feed.take(size);
        let took = self.invoke(process, &events)?;
        delivered.extend(events);
        Ok(took)
    }

    /// Delivers a batch that must succeed as a whole, and returns the time from the delivery to the
    /// arrival of the answer.
    fn invoke(&mut self, process: &mut Process, events: &[Event]) -> Result<Duration, Error> {
        // The function asks for the next event after its answer, which is not measured.
        self.wire.runtime.answer = None;
        self.wait(process, "asks for no event", crate::wire::Runtime::is_waiting)?;
        self.wire.deliver(batch(events))?;
        let answered = self.answer(process)?;
        let delivered = self.wire.runtime.delivered.ok_or("answered without an event")?;
        Ok(answered - delivered)
    }

    fn answer(&mut self, process: &mut Process) -> Result<Instant, Error> {
        self.wait(process, "does not answer", |runtime| runtime.answer.is_some())?;
        let (answered, answer) = self.wire.runtime.answer.take().ok_or("no answer")?;
        let answer: Value = serde_json::from_slice(&answer?)?;
        match answer["batchItemFailures"].as_array() {
            Some(failures) if failures.is_empty() => Ok(answered),
            _ => Err(format!("the function answered {answer}").into()),
        }
    }

    fn wait(
        &mut self,
        process: &mut Process,
        problem: &str,
        done: impl Fn(&crate::wire::Runtime) -> bool,
    ) -> Result<(), Error> {
        let end = Instant::now() + PATIENCE;
        // The wait has parts, to detect that the process has ended.
        while !self.wire.serve(Duration::from_millis(500), &done)? {
            if process.has_ended() {
                return Err("the function ended".into());
            }
            if Instant::now() > end {
                return Err(format!("the function {problem}").into());
            }
        }
        Ok(())
    }

    fn check(&self, delivered: &[Event], workload: Workload) -> Result<(), Error> {
        books::check(&self.wire.dynamo, delivered, workload)
            .map_err(|problem| format!("the books do not balance: {problem}").into())
    }

    /// The last lines of a peer's output.
    pub(crate) fn last_words(&self, peer: Peer) -> String {
        let log = fs::read(self.log(peer)).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn requests(counts: &Counts) -> f64 {
    f64::from(u32::try_from(counts.total()).unwrap_or(u32::MAX))
}
