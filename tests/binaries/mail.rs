//! `notification` and a mail server.

use waxseal_tests::deliveries::{failures, sqs, with_id};

use crate::service::{World, lines_about, service, text};

#[test]
fn a_confirmed_order_is_one_mail() {
    let notification = service("notification");
    let (world, mut lambda) = World::with(notification);
    let event = sqs(&[("m", notification.body())]);
    for _ in 0..2 {
        assert_eq!(text(lambda.invoke(event.clone()).unwrap()), failures(&[]));
    }
    let mails = world.mail.mails();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    for part in ["Subject: Your order ord-2026-104711 is confirmed\n", "52.30 EUR", "Message-ID: <"] {
        assert!(mails[0].text.contains(part), "{part:?} is not in\n{}", mails[0].text);
    }
}

#[test]
fn a_mail_that_is_refused_for_now_comes_again_and_one_refused_for_good_is_a_dead_letter() {
    let notification = service("notification");
    let (world, mut lambda) = World::with(notification);
    let event = sqs(&[("m", notification.body())]);
    world.mail.refuse("451 4.3.0 try again");
    assert_eq!(text(lambda.invoke(event.clone()).unwrap()), failures(&["m"]));
    assert!(world.aws.dead_letters().is_empty());
    // The lease was released, so the next delivery need not wait.
    assert_eq!(text(lambda.invoke(event).unwrap()), failures(&[]));
    assert_eq!(world.mail.mails().len(), 1);
    assert_eq!(world.aws.receipts()[0].get_number("attempt"), Some(2));

    world.mail.refuse("550 5.1.1 no such user");
    let other = with_id(&notification.body(), "another");
    assert_eq!(text(lambda.invoke(sqs(&[("n", other.clone())])).unwrap()), failures(&[]));
    let dead_letters = world.aws.dead_letters();
    assert_eq!(dead_letters["n"].body, other);
    assert!(dead_letters["n"].note().reason.contains("no such user"), "{dead_letters:#?}");
    assert_eq!(world.mail.mails().len(), 1);
    let log = lambda.stop().stdout;
    for record in ["m", "n"] {
        assert_eq!(lines_about(&log, record).len(), 1, "{log:#?}");
    }
}
