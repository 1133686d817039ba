//! Handlers that wait for the outside: tokio's timers and channels, an HTTP client (L-5).

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::time::{sleep, timeout};
use waxseal::{Entity, Envelope, Fault, Handler, Service, Timestamp, Unit};
use waxseal_catalog::Deployed;
use waxseal_local::{Builder, Faults, Local};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ordered {
    order: String,
}
waxseal::event!(Ordered { name: "order.placed", version: 1, owner: "shop" });

/// What a handler has learned, and when.
#[derive(Debug, Serialize, Deserialize)]
struct Learned {
    text: String,
    at: Timestamp,
}
impl Entity for Learned {
    const KIND: &'static str = "learned";
}

fn learn(unit: &mut Unit<'_, ()>, order: &str, text: impl Into<String>) {
    let at = unit.now();
    let learned = unit.create(order, Learned { text: text.into(), at });
    unit.save(learned);
}

/// A handler that is a closure: it gets the number of its attempt.
struct Ask<F> {
    attempts: Arc<AtomicU32>,
    ask: F,
}

impl<F, A> Handler for Ask<F>
where
    F: Fn(u32) -> A + Send + Sync + 'static,
    A: Future<Output = String> + Send,
{
    const NAME: &str = "ask";
    type Event = Ordered;
    type Emits = ();
    async fn handle(&self, event: &Envelope<Ordered>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let order = &event.data.order;
        // Under latency this waits in the environment.
        let _ = unit.load::<Learned>(order).await?;
        let text = (self.ask)(self.attempts.fetch_add(1, Ordering::Relaxed) + 1).await;
        learn(unit, order, text);
        Ok(())
    }
}

/// Runs one order through a function with a time-out of one second. The result is the environment
/// and the number of attempts.
pub(crate) fn run<F, A>(builder: Builder, ask: F) -> (Local, u32)
where
    F: Fn(u32) -> A + Send + Sync + 'static,
    A: Future<Output = String> + Send + 'static,
{
    let local = builder.build();
    let attempts = Arc::new(AtomicU32::new(0));
    let service = Service::new("warehouse").handler(Ask { attempts: attempts.clone(), ask });
    local.deploy_service(Deployed::new(service).timeout(1).backoff(Duration::from_millis(1))).unwrap();
    put(&local, "o-1");
    local.run_until_idle();
    (local, attempts.load(Ordering::Relaxed))
}

fn put(local: &Local, order: &str) {
    let event = Envelope::starting(order, "shop", local.now(), Ordered { order: order.into() });
    local.put(&event.into_raw().unwrap()).unwrap();
}

fn learned(local: &Local) -> Learned {
    local.read::<Learned>("warehouse", "o-1").expect("the handler has committed")
}

/// What the handler has learned, if it has committed.
pub(crate) fn learned_text(local: &Local) -> Option<String> {
    local.read::<Learned>("warehouse", "o-1").map(|learned| learned.text)
}

fn both_clocks() -> [Builder; 2] {
    [Local::builder(), Local::builder().real_time()]
}

/// A server that answers every request after `delay`. The result is its address.
fn server(delay: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                thread::sleep(delay);
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
            });
        }
    });
    address
}

#[test]
fn l5_a_handler_with_an_http_client_runs_on_both_clocks() {
    let address = server(Duration::from_millis(200));
    for builder in both_clocks() {
        let address = address.clone();
        let (local, attempts) = run(builder, move |_| {
            let address = address.clone();
            async move {
                let response = reqwest::Client::new().get(address).send().await;
                response.expect("it answers").text().await.expect("it is text")
            }
        });
        assert_eq!((&*learned(&local).text, attempts), ("hello", 1));
        assert!(!local.is_repeatable());
    }
}

#[test]
fn l5_a_handler_with_timers_tasks_and_channels_of_tokio_runs_on_both_clocks() {
    for builder in both_clocks() {
        let (local, attempts) = run(builder, |_| async {
            let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
            let spawned = tokio::spawn(async move {
                sleep(Duration::from_millis(50)).await;
                sender.send("in time").await
            });
            let first = timeout(Duration::from_millis(10), receiver.recv()).await;
            let second = timeout(Duration::from_secs(5), receiver.recv()).await;
            spawned.await.expect("it has not panicked").expect("its receiver lives");
            let blocking = tokio::task::spawn_blocking(|| "blocking").await.expect("it has not panicked");
            format!("{} {} {blocking}", first.is_err(), second.unwrap().unwrap())
        });
        assert_eq!((&*learned(&local).text, attempts), ("true in time blocking", 1));
    }
}

#[test]
fn l5_a_virtual_clock_stands_still_while_a_handler_waits_for_the_outside() {
    let started = Instant::now();
    let local = Local::builder().build();
    let start = local.now();
    let (local, attempts) = run(Local::builder(), |_| async {
        sleep(Duration::from_millis(400)).await;
        "awake".into()
    });
    assert!(started.elapsed() >= Duration::from_millis(400));
    assert_eq!((learned(&local).at, attempts), (start, 1));
    assert_eq!(local.now(), start, "no timer was left");
}

#[test]
fn l5_a_handler_that_hangs_ends_at_its_timeout_and_its_record_comes_again() {
    for builder in both_clocks() {
        let started = Instant::now();
        let (local, attempts) = run(builder, |attempt| async move {
            if attempt == 1 {
                sleep(Duration::from_secs(600)).await;
            }
            format!("attempt {attempt}")
        });
        assert_eq!((&*learned(&local).text, attempts), ("attempt 2", 2));
        assert_eq!((local.deliveries(), local.duplicates()), (2, 0));
        let took = started.elapsed();
        assert!((700..10_000).contains(&took.as_millis()), "its time-out is a second: {took:?}");
    }
}

#[test]
fn l5_a_wake_up_after_the_timeout_does_nothing() {
    let (sender, receiver) = tokio::sync::watch::channel(false);
    let (local, attempts) = run(Local::builder(), move |attempt| {
        let mut receiver = receiver.clone();
        async move {
            if attempt == 1 {
                let _ = receiver.wait_for(|woken| *woken).await;
            }
            format!("attempt {attempt}")
        }
    });
    sender.send_replace(true);
    local.run_until_idle();
    assert_eq!((&*learned(&local).text, attempts), ("attempt 2", 2));
    assert!(local.queue("warehouse").unwrap().is_empty());
}

#[test]
fn l5_a_handler_may_wait_for_what_another_invocation_holds() {
    /// Each order takes the only connection of the pool, and then waits for the table.
    struct Pooled(tokio::sync::Semaphore);
    impl Handler for Pooled {
        const NAME: &str = "pooled";
        type Event = Ordered;
        type Emits = ();
        async fn handle(&self, event: &Envelope<Ordered>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
            let _connection = self.0.acquire().await.expect("it is open");
            let _ = unit.load::<Learned>(&event.data.order).await?;
            learn(unit, &event.data.order, "pooled");
            Ok(())
        }
    }
    let mut faults = Faults::none();
    faults.latency = Duration::from_millis(20);
    let started = Instant::now();
    let local = Local::builder().faults(faults).build();
    let service = Service::new("warehouse").handler(Pooled(tokio::sync::Semaphore::new(1)));
    local.deploy_service(Deployed::new(service).batch(1)).unwrap();
    (0..5).for_each(|n| put(&local, &format!("o-{n}")));
    local.run_until_idle();
    assert!((0..5).all(|n| local.read::<Learned>("warehouse", &format!("o-{n}")).is_some()));
    assert_eq!(local.deliveries(), 5, "no invocation ran out of time");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn l5_a_run_without_the_outside_is_repeatable() {
    let (local, _) = run(Local::builder().faults(Faults::bad_day()), |_| async { "at once".into() });
    assert!(local.is_repeatable());
    let (local, _) = run(Local::builder(), |_| async {
        // The task wakes itself, so it waits for nothing.
        tokio::task::yield_now().await;
        "at once".into()
    });
    assert!(local.is_repeatable());
    assert!(!Local::builder().real_time().build().is_repeatable());
}

/// The environment in a test of tokio: its runtime is not used, and nothing of it is dropped.
async fn in_a_runtime() {
    let (local, attempts) = run(Local::builder(), |_| async {
        sleep(Duration::from_millis(20)).await;
        "awake".into()
    });
    assert_eq!((&*learned(&local).text, attempts), ("awake", 1));
    drop(local);
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test]
async fn l5_an_environment_runs_inside_of_a_test_of_tokio() {
    in_a_runtime().await;
}

#[tokio::test]
async fn l5_an_environment_runs_inside_of_a_task_of_tokio() {
    tokio::spawn(in_a_runtime()).await.unwrap();
}

#[test]
fn l5_a_test_may_wait_for_the_outside() {
    let local = Local::builder().build();
    let address = server(Duration::from_millis(50));
    let answer = local.executor().block_on(async move {
        sleep(Duration::from_millis(60)).await;
        reqwest::get(address).await.unwrap().text().await.unwrap()
    });
    assert_eq!(answer, "hello");
}
