//! The relay as a function: stream records in, what receipts emitted out, the checkpoint as the response.

use std::sync::{Arc, Mutex};

use crate::common::{OK, Seen, failed, golden, invoke, orders};
use waxseal::{
    Emission, End, Timestamp,
    observe::{Observer, Observers, Published},
    relay::{Publish, PublishError, PublishErrorKind},
};
use waxseal_lambda::{Invocation, Invoke, InvokeError, Relay};
use waxseal_testing::RecordedDeadLetters;

/// Takes everything but what `refuse` says, and remembers it as `channel id`.
#[derive(Clone, Default)]
struct Channels {
    published: Arc<Mutex<Vec<String>>>,
    refuse: Option<(&'static str, PublishErrorKind)>,
    /// Never answers for this channel.
    silent: Arc<Mutex<Option<&'static str>>>,
}

/// Sets the relay's clock to so many seconds after the golden records were written.
fn set_age(seen: &Seen, seconds: i64) {
    seen.fixture.host.set(Timestamp::from_second(1_795_253_401 + seconds).unwrap());
}

impl Publish for Channels {
    async fn publish(&self, emissions: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
        let silent = *self.silent.lock().unwrap();
        if emissions.iter().any(|emission| Some(&*emission.channel) == silent) {
            std::future::pending::<()>().await;
        }
        emissions
            .iter()
            .map(|emission| {
                let envelope = waxseal::Raw::parse(emission.envelope.get()).unwrap();
                if let Some((id, kind)) = self.refuse
                    && id == envelope.id
                {
                    let mut error = PublishError::transient("InternalFailure");
                    error.kind = kind;
                    return Err(error);
                }
                self.published.lock().unwrap().push(format!("{} {}", emission.channel, envelope.id));
                Ok(())
            })
            .collect()
    }
}

fn relay(channels: &Channels) -> (Relay<Channels, RecordedDeadLetters>, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    set_age(&seen, 0);
    (seen.relay(channels.clone(), seen.fixture.host.clone()), seen)
}

#[tokio::test]
async fn s39_what_new_receipts_emitted_is_published_and_everything_else_is_silent() {
    let channels = Channels::default();
    let (function, seen) = relay(&channels);
    function.warm_up().await.unwrap();
    assert_eq!(invoke(&function, &golden("stream-receipts")).await.unwrap(), OK);
    // Neither a removal by TTL, nor an entity, nor emissions that the old image had. Each channel is in order.
    assert_eq!(*channels.published.lock().unwrap(), ["bus order-1", "bus order-4", "topic:stock order-2"]);
    assert!(seen.dead_letters().is_empty());
}

#[tokio::test]
async fn o3_a_failed_publication_is_the_checkpoint() {
    let channels = Channels { refuse: Some(("order-2", PublishErrorKind::Transient)), ..Channels::default() };
    let (function, _) = relay(&channels);
    let response = invoke(&function, &golden("stream-receipts")).await.unwrap();
    assert_eq!(response, failed(&["111000000000000000000001"]));
}

#[tokio::test]
async fn o6_what_can_never_be_published_is_dead_lettered_and_blocks_nobody() {
    let channels = Channels { refuse: Some(("order-1", PublishErrorKind::Refused)), ..Channels::default() };
    let (function, seen) = relay(&channels);
    assert_eq!(invoke(&function, &golden("stream-receipts")).await.unwrap(), OK);
    assert_eq!(*channels.published.lock().unwrap(), ["bus order-4", "topic:stock order-2"]);
    assert_eq!(seen.reasons(), ["cannot be published to bus: InternalFailure"]);
}

#[tokio::test]
async fn o6_a_channel_that_does_not_exist_holds_up_its_shard_for_five_minutes_and_the_rest_is_published_once()
{
    let channels = Channels { refuse: Some(("order-2", PublishErrorKind::NoChannel)), ..Channels::default() };
    let (function, seen) = relay(&channels);
    for age in (0..300).step_by(13).chain([299]) {
        set_age(&seen, age);
        let response = invoke(&function, &golden("stream-receipts")).await.unwrap();
        assert_eq!(response, failed(&["111000000000000000000001"]), "{age} s");
    }
    assert!(seen.dead_letters().is_empty());
    assert_eq!(*channels.published.lock().unwrap(), ["bus order-1", "bus order-4"]);
    set_age(&seen, 300);
    assert_eq!(invoke(&function, &golden("stream-receipts")).await.unwrap(), OK);
    assert_eq!(*channels.published.lock().unwrap(), ["bus order-1", "bus order-4"]);
    assert_eq!(
        seen.reasons(),
        ["cannot be published to topic:stock: it is older than 5 minutes, and still InternalFailure"]
    );
    let dead_letter = seen.dead_letters()[0].clone();
    assert_eq!(dead_letter.identity, Some(("orders".to_owned(), "order-2".to_owned())));
    // Another environment, or this one after all is done, knows nothing of it: the same ids once more (O-3).
    assert_eq!(invoke(&function, &golden("stream-receipts")).await.unwrap(), OK);
    assert_eq!(channels.published.lock().unwrap()[2..], ["bus order-1", "bus order-4"]);
}

/// A channel may come to life within the five minutes.
#[tokio::test]
async fn o6_a_deploy_that_comes_in_time_costs_no_dead_letter() {
    let mut channels =
        Channels { refuse: Some(("order-2", PublishErrorKind::NoChannel)), ..Channels::default() };
    let (function, seen) = relay(&channels);
    set_age(&seen, 200);
    let response = invoke(&function, &golden("stream-receipts")).await.unwrap();
    assert_eq!(response, failed(&["111000000000000000000001"]));
    // Throttling is no missing channel, however old the record is.
    channels.refuse = Some(("order-2", PublishErrorKind::Transient));
    let (throttled, throttled_seen) = relay(&channels);
    set_age(&throttled_seen, 86_000);
    let response = invoke(&throttled, &golden("stream-receipts")).await.unwrap();
    assert_eq!(response, failed(&["111000000000000000000001"]));
    for seen in [seen, throttled_seen] {
        assert!(seen.dead_letters().is_empty());
    }
}

#[tokio::test]
async fn o6_without_a_time_of_the_record_its_envelopes_tell_the_age() {
    let text = String::from_utf8(golden("stream-receipts")).unwrap();
    for time in ["null", "\"soon\"", "1e999", "-5", "1795253401000"] {
        let written = format!("\"ApproximateCreationDateTime\": {time}");
        let payload = text.replace("\"ApproximateCreationDateTime\": 1795253401.0", &written);
        assert_ne!(payload, text);
        let channels =
            Channels { refuse: Some(("order-2", PublishErrorKind::NoChannel)), ..Channels::default() };
        let (function, seen) = relay(&channels);
        // The envelopes are of 2026-11-21T09:30:00.123Z.
        set_age(&seen, 298);
        let response = invoke(&function, payload.as_bytes()).await.unwrap();
        assert_eq!(response, failed(&["111000000000000000000001"]), "{time}");
        set_age(&seen, 300);
        assert_eq!(invoke(&function, payload.as_bytes()).await.unwrap(), OK, "{time}");
        assert_eq!(seen.dead_letters().len(), 1, "{time}");
    }
}

#[tokio::test]
async fn o3_what_was_published_before_the_end_of_an_invocation_is_not_published_by_the_next() {
    let channels = Channels::default();
    let (function, seen) = relay(&channels);
    *channels.silent.lock().unwrap() = Some("topic:stock");
    let end = End::new(std::future::pending(), std::future::ready(()), std::future::pending());
    let response =
        function.invoke_until(&golden("stream-receipts"), &Invocation::default(), end).await.unwrap();
    assert_eq!(String::from_utf8(response).unwrap(), failed(&["111000000000000000000001"]));
    assert_eq!(
        *channels.published.lock().unwrap(),
        ["bus order-1", "bus order-4"],
        "silence delays no other"
    );
    *channels.silent.lock().unwrap() = None;
    assert_eq!(invoke(&function, &golden("stream-receipts")).await.unwrap(), OK);
    assert_eq!(channels.published.lock().unwrap()[2..], ["topic:stock order-2"]);
    assert!(seen.dead_letters().is_empty());
}

#[tokio::test]
async fn a_stream_record_that_cannot_be_read_is_dead_lettered_whole() {
    let text = String::from_utf8(golden("stream-receipts")).unwrap();
    let first = text.find("\"emitted\"").unwrap();
    for (what, payload, reason) in [
        (
            "emitted is no text",
            text.replacen("\"S\": \"[{", "\"B\": \"[{", 1),
            "the attribute emitted of NewImage is no text",
        ),
        (
            "emitted is something else",
            text.replacen("\"S\": \"[{", "\"S\": \"[7,{", 1),
            "the attribute emitted is not what a receipt holds, at line 1 column 2",
        ),
        (
            "no new image",
            text.replacen("\"NewImage\"", "\"Image\"", 1),
            "the stream record has no NewImage: the table's StreamViewType must be NEW_AND_OLD_IMAGES",
        ),
        (
            "no event name",
            text.replacen("\"INSERT\"", "null", 1),
            "the stream record's eventName is none of INSERT, MODIFY and REMOVE",
        ),
        (
            "not UTF-8",
            format!("{}{}", &text[..first], text[first..].replacen("zürich", "\\ud800", 1)),
            "the attribute emitted of NewImage is no text",
        ),
    ] {
        let channels = Channels::default();
        let (function, seen) = relay(&channels);
        assert_eq!(invoke(&function, payload.as_bytes()).await.unwrap(), OK, "{what}");
        assert_eq!(*channels.published.lock().unwrap(), ["bus order-4"], "{what}");
        let dead_letters = seen.dead_letters();
        assert_eq!(dead_letters.len(), 1, "{what}");
        assert!(dead_letters[0].reason.starts_with(reason), "{what}: {}", dead_letters[0].reason);
        assert_eq!(dead_letters[0].record, "111000000000000000000001", "{what}");
        assert!(String::from_utf8_lossy(&dead_letters[0].body).contains("order-1"), "{what}");
    }
}

#[tokio::test]
async fn s4_a_stream_record_without_a_sequence_number_fails_the_invocation() {
    let channels = Channels::default();
    let text = String::from_utf8(golden("stream-receipts")).unwrap();
    let payload =
        text.replace(r#""SequenceNumber": "111000000000000000000004""#, r#""SequenceNumber": null"#);
    let of_relay = invoke(&relay(&channels).0, payload.as_bytes()).await;
    for answer in [of_relay, invoke(&crate::common::inventory().0, payload.as_bytes()).await] {
        let error = answer.unwrap_err();
        assert!(matches!(&error, InvokeError::MissingId(missing) if missing.index == 3), "{error}");
    }
    assert!(channels.published.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_relay_that_is_wired_to_a_queue_dead_letters_every_record_and_loses_none() {
    let channels = Channels::default();
    let (function, seen) = relay(&channels);
    let payload = orders(&[("m1", "hat"), ("m2", "scarf")]);
    assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
    let reason =
        "the relay takes DynamoDB stream records, this one came from SQS: wire it to a table's stream";
    assert_eq!(seen.reasons(), [reason, reason]);
    let dead_letter = seen.dead_letters()[1].clone();
    assert_eq!(dead_letter.identity, Some(("orders".to_owned(), "o-m2".to_owned())));
    assert_eq!(dead_letter.body, crate::common::order("o-m2", "scarf").into_bytes());

    seen.fixture.dead_letters.set_missing(true);
    assert_eq!(invoke(&function, &payload).await.unwrap(), failed(&["m1", "m2"]));
    let error = invoke(&function, &golden("sns-envelope")).await.unwrap_err();
    assert!(matches!(error, InvokeError::Failed { failed: 1, .. }), "{error}");
    let error = invoke(&function, &golden("http-function-url")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "this function takes no HTTP: it takes DynamoDB stream records; look at what invokes it"
    );
    assert!(channels.published.lock().unwrap().is_empty());
}

/// Remembers what was published.
#[derive(Default)]
struct Watch(Mutex<Vec<String>>);

impl Observer for Watch {
    fn published(&self, emission: &Published<'_>) {
        self.0.lock().unwrap().push(emission.channel.to_owned());
    }
}

#[tokio::test]
async fn observers_watch_the_relay_that_they_were_given_to_and_no_earlier_clone() {
    let (before, after) = (Arc::new(Watch::default()), Arc::new(Watch::default()));
    let earlier = relay(&Channels::default()).0.observed(Observers::of(before.clone()));
    let later = earlier.clone().observed(Observers::of(after.clone()));
    assert_eq!(invoke(&later, &golden("stream-receipts")).await.unwrap(), OK);
    let channels = ["bus", "bus", "topic:stock"];
    let seen = |watch: &Watch| {
        let mut seen = std::mem::take(&mut *watch.0.lock().unwrap());
        seen.sort();
        seen
    };
    assert_eq!((seen(&before), seen(&after)), (Vec::new(), channels.map(str::to_owned).to_vec()));
    assert_eq!(invoke(&earlier, &golden("stream-receipts")).await.unwrap(), OK);
    assert_eq!((seen(&before), seen(&after)), (channels.map(str::to_owned).to_vec(), Vec::new()));
}
