//! `notification` as a whole, on a table in memory.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use notification::{Folder, Mail, Mailer, Memory, Sender, Undelivered, service};
use order_events::{CancelReason, Currency, OrderCancelled, OrderConfirmed, testing::customer};
use waxseal::{Failure, Outcome, Raw, Timestamp};
use waxseal_testing::{Fixture, raw};

fn sender() -> Sender {
    "Waxseal <orders@waxseal.example>".parse().unwrap()
}

fn confirmed(id: &str) -> Raw {
    let confirmed_at = Timestamp::UNIX_EPOCH;
    let (order_id, currency) = ("o-1".to_owned(), Currency::EUR);
    raw(
        id,
        OrderConfirmed { order_id, customer: customer(), total: 1250, currency, confirmed_at, ship_to: None },
    )
}

fn cancelled(id: &str) -> Raw {
    raw(
        id,
        OrderCancelled {
            order_id: "o-2".to_owned(),
            reason: CancelReason::Short,
            customer: customer(),
            total: 1250,
            currency: Currency::EUR,
            cancelled_at: Timestamp::UNIX_EPOCH,
        },
    )
}

#[tokio::test]
async fn one_mail_for_each_end_however_often_it_is_heard() {
    let (fixture, mails) = (Fixture::default(), Memory::default());
    let engine = fixture.engine(service(mails.clone(), sender()));
    for event in [confirmed("e-1"), cancelled("e-2"), confirmed("e-1"), cancelled("e-2")] {
        engine.handle(&event).await.unwrap();
    }
    let texts: Vec<_> = mails.mails().into_values().map(|mail| String::from_utf8(mail).unwrap()).collect();
    assert_eq!(texts.len(), 2);
    for subject in ["Subject: Your order o-1 is confirmed", "Subject: Your order o-2 is cancelled"] {
        assert_eq!(texts.iter().filter(|text| text.contains(subject)).count(), 1, "{subject}");
    }
}

#[tokio::test]
async fn a_folder_holds_one_whole_file_per_effect_key() {
    let path = std::env::temp_dir().join(format!("notification-{}", std::process::id()));
    let folder = Folder::new(path.join("mails")).unwrap();
    let fixture = Fixture::default();
    let engine = fixture.engine(service(folder.clone(), sender()));
    // A crash between sending and commit: the second attempt writes the same file.
    let event = confirmed("e-1");
    engine.handle(&event).await.unwrap();
    Fixture::default().engine(service(folder.clone(), sender())).handle(&event).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let name = files[0].file_stem().unwrap().to_str().unwrap().to_owned();
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(files[0].extension().is_some_and(|extension| extension == "eml"));
    assert!(text.contains(&format!("Message-ID: <{name}@waxseal.example>")), "{text}");
    std::fs::remove_dir_all(path).unwrap();
}

/// A server that is busy, then refuses, then accepts mail. It records the mails.
#[derive(Clone, Default)]
struct Moody {
    mood: Arc<AtomicU32>,
    memory: Memory,
}

impl Mailer for Moody {
    async fn send(&self, mail: Mail) -> Result<(), Undelivered> {
        match self.mood.load(Ordering::SeqCst) {
            0 => Err(Undelivered { permanent: false, source: "451 try again later".into() }),
            1 => Err(Undelivered { permanent: true, source: "550 no such user here".into() }),
            _ => self.memory.send(mail).await,
        }
    }
}

#[tokio::test]
async fn s19_a_mail_that_is_refused_for_good_is_remembered_and_a_busy_server_is_asked_again() {
    let (fixture, server) = (Fixture::default(), Moody::default());
    let engine = fixture.engine(service(server.clone(), sender()));
    let event = confirmed("e-1");
    let failure = engine.handle(&event).await.unwrap_err();
    assert!(!failure.is_permanent());
    assert_eq!(waxseal::error_chain(&failure), "the mail was not taken: 451 try again later");
    server.mood.store(2, Ordering::SeqCst);
    assert_eq!(engine.handle(&event).await.unwrap(), Outcome::Applied);

    server.mood.store(1, Ordering::SeqCst);
    let event = cancelled("e-2");
    assert!(engine.handle(&event).await.unwrap_err().is_permanent());
    server.mood.store(2, Ordering::SeqCst);
    assert!(matches!(engine.handle(&event).await, Err(Failure::Remembered { .. })));
    assert_eq!(server.memory.mails().len(), 1);
}
