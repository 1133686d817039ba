//! The relay's publishers on the wire: requests, chunks, and a result per entry (S-26).

use serde_json::{Value, json, value::RawValue};
use waxseal::{
    Emission, Tenant,
    dead_letter::{DeadLetter, DeadLetters},
    relay::{Pending, Progress, Publish, PublishError, PublishErrorKind, Relay},
};
use waxseal_aws::{
    Environment, Publisher,
    testing::{Answer, Replay},
};

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:stock-level-changed";
const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/inventory";

fn publishers(content_type: &'static str, answers: impl IntoIterator<Item = Answer>) -> (Replay, Publisher) {
    let replay = Replay::new(content_type, answers);
    let variables = [
        ("WAXSEAL_BUS", "shop"),
        ("WAXSEAL_TOPIC_STOCK_LEVEL_CHANGED", TOPIC),
        ("WAXSEAL_QUEUE_INVENTORY", QUEUE),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let publishers = Environment::new(replay.sdk(), variables).publisher().unwrap();
    (replay, publishers)
}

const JSON: &str = "application/x-amz-json-1.1";
const XML: &str = "text/xml";

fn envelope(id: &str, note: &str) -> String {
    // Spelled as no serialiser here would: the stored bytes go out as they are.
    format!(
        "{{\"eventId\":\"{id}\", \"eventType\":\"stock.reserved\",\"eventVersion\":1,\
         \"timestamp\":\"2026-11-21T09:30:00.123Z\",\"source\":\"inventory\",\"correlationId\":\"c-1\",\
         \"data\":{{\"price\":1.50,\"note\":\"{note}\"}},\"metadata\":{{}}}}"
    )
}

fn emission(channel: &str, id: &str) -> Emission {
    sized(channel, id, "für 🎩")
}

fn sized(channel: &str, id: &str, note: &str) -> Emission {
    let envelope = RawValue::from_string(envelope(id, note)).unwrap();
    Emission::new(channel, envelope)
}

async fn publish(publishers: &Publisher, emissions: &[Emission]) -> Vec<Result<(), PublishError>> {
    publishers.publish(&emissions.iter().collect::<Vec<_>>(), waxseal::Timestamp::UNIX_EPOCH).await
}

fn put(count: usize) -> Answer {
    let entries = vec![json!({"EventId": "11710aed-b79e-4468-a20b-bb3c0c3b4860"}); count];
    Answer::http(200, json!({"FailedEntryCount": 0, "Entries": entries}).to_string())
}

fn refused(code: &str, message: &str) -> Answer {
    Answer::http(400, json!({"__type": code, "message": message}).to_string())
}

/// The ids of each request's entries.
fn ids(replay: &Replay) -> Vec<Vec<String>> {
    let of = |body: String| -> Vec<String> {
        let body: Value = serde_json::from_str(&body).unwrap();
        let entries = body["Entries"].as_array().unwrap().iter();
        entries
            .map(|entry| {
                let json = entry["Detail"].as_str().or(entry["MessageBody"].as_str()).unwrap();
                serde_json::from_str::<Value>(json).unwrap()["eventId"].as_str().unwrap().to_owned()
            })
            .collect()
    };
    replay.bodies().into_iter().map(of).collect()
}

const TRANSIENT: Option<PublishErrorKind> = Some(PublishErrorKind::Transient);
const NO_CHANNEL: Option<PublishErrorKind> = Some(PublishErrorKind::NoChannel);
const REFUSED: Option<PublishErrorKind> = Some(PublishErrorKind::Refused);

/// Why each entry was not published; `None` where it was.
fn kinds(results: &[Result<(), PublishError>]) -> Vec<Option<PublishErrorKind>> {
    results.iter().map(|result| result.as_ref().err().map(|error| error.kind)).collect()
}

#[tokio::test]
async fn s26_an_event_goes_to_the_bus_byte_for_byte() {
    let (replay, publishers) = publishers(JSON, [put(1)]);
    assert_eq!(publish(&publishers, &[emission("bus", "e-1")]).await, [Ok(())]);
    let request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
    assert_eq!(
        request,
        json!({"Entries": [{
            "EventBusName": "shop",
            "Source": "inventory",
            "DetailType": "stock.reserved",
            "Time": 1_795_253_400.123,
            "Detail": envelope("e-1", "für 🎩"),
        }]})
    );
}

/// What a relay costs is what is pending: ten entries a request, none where there is nothing, and of what failed alone again.
#[tokio::test]
async fn o5_a_relays_requests_are_those_of_what_is_pending() {
    struct NoDeadLetters;
    impl DeadLetters for NoDeadLetters {
        async fn send(&self, dead_letter: DeadLetter) -> Result<(), waxseal::BoxError> {
            panic!("nothing here is unpublishable: {}", dead_letter.reason)
        }
    }
    let receipts = |count: usize| -> Vec<Pending> {
        (0..count)
            .map(|n| Pending::new(n.to_string(), Ok(vec![emission("bus", &format!("e-{n}"))]), []))
            .collect()
    };
    for (pending, chunks) in [(0, vec![]), (1, vec![1]), (10, vec![10]), (25, vec![10, 10, 5])] {
        let (replay, publishers) = publishers(JSON, chunks.iter().map(|count| put(*count)));
        let relay = Relay {
            publisher: &publishers,
            dead_letters: &NoDeadLetters,
            service: "inventory",
            progress: &Progress::default(),
            now: waxseal::Timestamp::UNIX_EPOCH,
            observers: &waxseal::observe::Observers::default(),
        };
        assert_eq!(waxseal::relay::publish(&relay, &receipts(pending)).await, None);
        let sizes: Vec<usize> = ids(&replay).iter().map(Vec::len).collect();
        assert_eq!(sizes.iter().sum::<usize>(), pending);
        assert_eq!((sizes.len(), replay.left()), (chunks.len(), 0), "{pending} pending");
    }
}

#[tokio::test]
async fn s26_each_entry_has_its_own_result() {
    let answer = json!({"FailedEntryCount": 2, "Entries": [
        {"EventId": "11710aed-b79e-4468-a20b-bb3c0c3b4860"},
        {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"},
        {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."},
    ]});
    let (_, publishers) = publishers(JSON, [Answer::http(200, answer.to_string())]);
    let emissions: Vec<Emission> = (0..4).map(|n| emission("bus", &format!("e-{n}"))).collect();
    let results = publish(&publishers, &emissions).await;
    assert_eq!(kinds(&results), [None, TRANSIENT, REFUSED, TRANSIENT]);
    assert_eq!(
        results[1].as_ref().unwrap_err().reason,
        "bus shop: ThrottlingException: Rate exceeded (WX0307)"
    );
    assert_eq!(results[3].as_ref().unwrap_err().reason, "bus shop did not answer for this entry");
}

#[tokio::test]
async fn s26_requests_hold_ten_entries_and_keep_their_order() {
    let (replay, publishers) = publishers(JSON, [put(10), put(10), put(3)]);
    let emissions: Vec<Emission> = (0..23).map(|n| emission("bus", &format!("e-{n}"))).collect();
    assert_eq!(publish(&publishers, &emissions).await, vec![Ok(()); 23]);
    let ids = ids(&replay);
    assert_eq!(ids.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 3]);
    assert_eq!(ids.concat(), (0..23).map(|n| format!("e-{n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn s26_requests_respect_the_bytes_and_o6_an_entry_beyond_them_blocks_nobody() {
    let (replay, publishers) = publishers(JSON, [put(2), put(1)]);
    let big = "x".repeat(400 * 1024);
    let emissions = [
        sized("bus", "e-1", &big),
        sized("bus", "e-2", &"x".repeat(1024 * 1024)),
        sized("bus", "e-3", &big),
        sized("bus", "e-4", &big),
    ];
    let results = publish(&publishers, &emissions).await;
    assert_eq!(kinds(&results), [None, REFUSED, None, None]);
    let reason = &results[1].as_ref().unwrap_err().reason;
    assert!(reason.ends_with("bytes, bus shop takes 1048575 at most (WX0312)"), "{reason}");
    assert_eq!(ids(&replay), [vec!["e-1", "e-3"], vec!["e-4"]]);
}

#[tokio::test]
async fn o6_one_bad_entry_that_spoils_its_request_is_found() {
    let invalid = || refused("ValidationException", "Detail is not valid");
    // Four together, the first two, the second two, the third, the fourth.
    let (replay, publishers) = publishers(JSON, [invalid(), put(2), invalid(), invalid(), put(1)]);
    let emissions: Vec<Emission> = (1..=4).map(|n| emission("bus", &format!("e-{n}"))).collect();
    let results = publish(&publishers, &emissions).await;
    assert_eq!(kinds(&results), [None, None, REFUSED, None]);
    assert_eq!(
        ids(&replay),
        [vec!["e-1", "e-2", "e-3", "e-4"], vec!["e-1", "e-2"], vec!["e-3", "e-4"], vec!["e-3"], vec!["e-4"]]
    );
}

#[tokio::test]
async fn o2_after_an_entry_that_may_yet_pass_the_rest_of_its_channel_waits() {
    let throttled = refused("ThrottlingException", "Rate exceeded");
    let sent = json!({"Successful": [{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "x"}], "Failed": []});
    let mut answers = vec![throttled; 4];
    answers.push(Answer::http(200, sent.to_string()));
    let (replay, publishers) = publishers(JSON, answers);
    let mut emissions: Vec<Emission> = (0..11).map(|n| emission("bus", &format!("e-{n}"))).collect();
    emissions.push(emission("queue:inventory", "c-1"));
    let results = publish(&publishers, &emissions).await;
    let reason = &results[0].as_ref().unwrap_err().reason;
    assert!(
        reason.starts_with("ThrottlingException: Rate exceeded: bus shop still takes no more"),
        "{reason}"
    );
    assert_eq!(
        results[10].as_ref().unwrap_err().reason,
        "not tried: an earlier entry for bus must be published first"
    );
    assert_eq!(kinds(&results[..11]), [TRANSIENT; 11]);
    assert_eq!(results[11], Ok(()), "other channels go on");
    assert_eq!(replay.left(), 0);
}

#[tokio::test]
async fn o6_a_channel_that_does_not_exist_is_asked_for_once_and_named_for_every_entry() {
    let absent = refused("ResourceNotFoundException", "Event bus shop does not exist.");
    let (replay, publishers) = publishers(JSON, [absent]);
    let emissions: Vec<Emission> = (0..11).map(|n| emission("bus", &format!("e-{n}"))).collect();
    let results = publish(&publishers, &emissions).await;
    let reason = "ResourceNotFoundException: bus shop does not exist in eu-west-1: create it or correct WAXSEAL_BUS (WX0309)";
    assert_eq!(results, vec![Err(PublishError::no_channel(reason)); 11]);
    assert_eq!(replay.left(), 0);
}

/// The errors of each service as it says them, status and form included.
#[tokio::test]
async fn o6_a_missing_or_denied_channel_is_told_from_trouble_that_passes() {
    let json = |status: u16, code: &str| {
        Answer::http(status, json!({"__type": code, "message": "Not now."}).to_string())
    };
    let xml = |status: u16, code: &str| {
        let body = format!(
            "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>Not now.</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
        );
        Answer::http(status, body)
    };
    let (bus, topic, queue) = ("bus", "topic:stock.level-changed", "queue:inventory");
    let cases = [
        (bus, json(400, "ResourceNotFoundException"), NO_CHANNEL),
        (bus, json(400, "AccessDeniedException"), NO_CHANNEL),
        (bus, json(400, "ExpiredTokenException"), TRANSIENT),
        (bus, json(400, "UnrecognizedClientException"), TRANSIENT),
        (bus, json(500, "InternalException"), TRANSIENT),
        (topic, xml(404, "NotFound"), NO_CHANNEL),
        (topic, xml(403, "AuthorizationError"), NO_CHANNEL),
        (topic, xml(400, "KMSAccessDenied"), NO_CHANNEL),
        (topic, xml(400, "KMSDisabled"), NO_CHANNEL),
        (topic, xml(400, "KMSThrottling"), TRANSIENT),
        (topic, xml(403, "InvalidClientTokenId"), TRANSIENT),
        (topic, xml(500, "InternalFailure"), TRANSIENT),
        (queue, json(400, "com.amazonaws.sqs#QueueDoesNotExist"), NO_CHANNEL),
        (queue, json(403, "com.amazonaws.sqs#AccessDeniedException"), NO_CHANNEL),
        (queue, json(400, "com.amazonaws.sqs#InvalidAddress"), NO_CHANNEL),
        (queue, json(400, "com.amazonaws.sqs#KmsAccessDenied"), NO_CHANNEL),
        (queue, json(400, "com.amazonaws.sqs#KmsDisabled"), NO_CHANNEL),
        (queue, json(400, "com.amazonaws.sqs#KmsThrottled"), TRANSIENT),
        (queue, json(403, "com.amazonaws.sqs#RequestThrottled"), TRANSIENT),
        (queue, json(403, "InvalidSignatureException"), TRANSIENT),
        (queue, json(503, "ServiceUnavailable"), TRANSIENT),
    ];
    for (channel, answer, kind) in cases {
        let said = format!("{channel}: {answer:?}");
        let form = if channel == topic { XML } else { JSON };
        let (_, publishers) = publishers(form, vec![answer; 4]);
        let results = publish(&publishers, &[emission(channel, "e-1")]).await;
        assert_eq!(kinds(&results), [kind], "{said}: {results:?}");
    }
}

#[tokio::test]
async fn o6_entries_of_a_channel_tell_a_denial_from_a_throttle() {
    let answer = json!({"FailedEntryCount": 3, "Entries": [
        {"ErrorCode": "NotAuthorizedForDetailTypeException", "ErrorMessage": "no"},
        {"ErrorCode": "AccessDeniedException", "ErrorMessage": "the key"},
        {"EventId": "11710aed-b79e-4468-a20b-bb3c0c3b4860"},
        {"ErrorCode": "InternalFailure"},
    ]});
    let (_, publishers) = publishers(JSON, [Answer::http(200, answer.to_string())]);
    let emissions: Vec<Emission> = (0..4).map(|n| emission("bus", &format!("e-{n}"))).collect();
    let results = publish(&publishers, &emissions).await;
    assert_eq!(kinds(&results), [NO_CHANNEL, NO_CHANNEL, None, TRANSIENT]);
}

/// EventBridge denies a request of several entries for the sake of one type, and says not which.
#[tokio::test]
async fn o6_a_type_of_event_that_is_denied_spoils_no_other_of_its_request() {
    let denied = || refused("AccessDeniedException", "not authorized to perform: events:PutEvents");
    let of_type = |name: &str, id: &str| {
        let envelope = envelope(id, "").replace("stock.reserved", name);
        Emission::new("bus", RawValue::from_string(envelope).unwrap())
    };
    // All; those like the first; of the rest those like its first, which are denied; the others.
    let (replay, publishers) = publishers(JSON, [denied(), put(5), denied(), denied(), put(2), put(1)]);
    let mut emissions = Vec::new();
    for n in 0..3 {
        emissions.extend([of_type("a", &format!("a-{n}")), of_type("b", &format!("b-{n}"))]);
    }
    emissions.extend([of_type("a", "a-3"), of_type("a", "a-4"), of_type("c", "c-0"), of_type("c", "c-1")]);
    // In the next request: the denied type is not asked for again.
    emissions.extend([of_type("b", "b-3"), of_type("a", "a-5")]);
    let results = publish(&publishers, &emissions).await;
    let wanted: Vec<_> =
        ids_of(&emissions).iter().map(|id| if id.starts_with('b') { NO_CHANNEL } else { None }).collect();
    assert_eq!(kinds(&results), wanted);
    let requests = ids(&replay);
    assert_eq!(
        requests[1..],
        [
            vec!["a-0", "a-1", "a-2", "a-3", "a-4"],
            vec!["b-0", "b-1", "b-2", "c-0", "c-1"],
            vec!["b-0", "b-1", "b-2"],
            vec!["c-0", "c-1"],
            vec!["a-5"],
        ]
    );
}

fn ids_of(emissions: &[Emission]) -> Vec<String> {
    let id = |emission: &Emission| {
        let envelope: Value = serde_json::from_str(emission.envelope.get()).unwrap();
        envelope["eventId"].as_str().unwrap().to_owned()
    };
    emissions.iter().map(id).collect()
}

#[tokio::test]
async fn a_bus_that_is_out_of_reach_is_tried_again_later() {
    let (replay, publishers) = publishers(JSON, vec![Answer::Unreachable; 4]);
    let results = publish(&publishers, &[emission("bus", "e-1")]).await;
    assert_eq!(kinds(&results), [TRANSIENT]);
    assert_eq!(replay.left(), 0, "the SDK has tried four times");
}

#[tokio::test]
async fn s26_an_event_goes_to_its_topic_with_its_type_to_filter_by() {
    let answer = "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult>\
        <Successful><member><Id>1</Id><MessageId>m-1</MessageId></member></Successful>\
        <Failed><member><Id>0</Id><Code>InternalError</Code><Message>try again</Message><SenderFault>false</SenderFault></member></Failed>\
        </PublishBatchResult></PublishBatchResponse>";
    let (replay, publishers) = publishers(XML, [Answer::http(200, answer)]);
    let channel = "topic:stock.level-changed";
    let results = publish(&publishers, &[emission(channel, "e-1"), emission(channel, "e-2")]).await;
    assert_eq!(kinds(&results), [TRANSIENT, None], "by id, not by position in the answer");

    let form = form(&replay.bodies()[0]);
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(field("Action"), Some("PublishBatch"));
    assert_eq!(field("TopicArn"), Some(TOPIC));
    assert_eq!(
        field("PublishBatchRequestEntries.member.2.Message"),
        Some(envelope("e-2", "für 🎩").as_str())
    );
    let attribute = "PublishBatchRequestEntries.member.1.MessageAttributes.entry.1";
    assert_eq!(field(&format!("{attribute}.Name")), Some("eventType"));
    assert_eq!(field(&format!("{attribute}.Value.DataType")), Some("String"));
    assert_eq!(field(&format!("{attribute}.Value.StringValue")), Some("stock.reserved"));
}

/// The fields of a request to SNS.
fn form(body: &str) -> Vec<(String, String)> {
    body.split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), percent_decoded(value)))
        .collect()
}

fn percent_decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [a, b, tail @ ..]) => {
                let hex = String::from_utf8(vec![*a, *b]).unwrap();
                bytes.push(u8::from_str_radix(&hex, 16).unwrap());
                rest = tail;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn s26_a_topic_takes_256_kib_a_request() {
    let answer = |count: usize| {
        let members: String =
            (0..count).map(|id| format!("<member><Id>{id}</Id><MessageId>m</MessageId></member>")).collect();
        Answer::http(
            200,
            format!(
                "<PublishBatchResponse><PublishBatchResult><Successful>{members}</Successful><Failed/></PublishBatchResult></PublishBatchResponse>"
            ),
        )
    };
    let (replay, publishers) = publishers(XML, [answer(2), answer(1)]);
    let big = "x".repeat(100 * 1024);
    let emissions: Vec<Emission> =
        (0..3).map(|n| sized("topic:stock.level-changed", &format!("e-{n}"), &big)).collect();
    assert_eq!(publish(&publishers, &emissions).await, [Ok(()), Ok(()), Ok(())]);
    assert_eq!(replay.left(), 0);
}

#[tokio::test]
async fn s26_a_command_goes_to_its_recipients_queue() {
    let answer = json!({
        "Successful": [{"Id": "0", "MessageId": "m-0", "MD5OfMessageBody": "x"}],
        "Failed": [{"Id": "1", "Code": "InvalidMessageContents", "Message": "characters", "SenderFault": true}],
    });
    let (replay, publishers) =
        publishers("application/x-amz-json-1.0", [Answer::http(200, answer.to_string())]);
    let emissions: Vec<Emission> = (0..3).map(|n| emission("queue:inventory", &format!("c-{n}"))).collect();
    let results = publish(&publishers, &emissions).await;
    assert_eq!(kinds(&results), [None, REFUSED, TRANSIENT], "sent, refused for good, not answered");
    let request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
    assert_eq!(request["QueueUrl"], QUEUE);
    assert_eq!(request["Entries"][0], json!({"Id": "0", "MessageBody": envelope("c-0", "für 🎩")}));
}

fn of_tenant(channel: &str, id: &str, tenant: &str) -> Emission {
    let mut emission = emission(channel, id);
    emission.tenant = Some(Tenant::new(tenant).unwrap());
    emission
}

fn sent(ids: &[usize]) -> Answer {
    let sent = ids.iter().map(|id| json!({"Id": id.to_string(), "MessageId": "m", "MD5OfMessageBody": "x"}));
    Answer::http(200, json!({"Successful": sent.collect::<Vec<_>>(), "Failed": []}).to_string())
}

/// SQS counts the delay from the publication, so it is what is left of the emission's time then.
#[tokio::test]
async fn o7_the_delay_is_what_is_left_at_the_publication() {
    let not_before = Some(waxseal::Timestamp::UNIX_EPOCH + std::time::Duration::from_millis(90_500));
    let delayed = |channel, id| {
        let mut emission = emission(channel, id);
        emission.not_before = not_before;
        emission
    };
    for (passed, expected) in
        [(0, json!(91)), (60, json!(31)), (90, json!(1)), (91, Value::Null), (86_400, Value::Null)]
    {
        let (replay, queues) = publishers(JSON, [sent(&[0, 1])]);
        let now = waxseal::Timestamp::UNIX_EPOCH + std::time::Duration::from_secs(passed);
        let commands = [delayed("queue:inventory", "c-0"), emission("queue:inventory", "c-1")];
        let results = queues.publish(&commands.iter().collect::<Vec<_>>(), now).await;
        assert_eq!(results, vec![Ok(()); 2]);
        let request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
        assert_eq!(request["Entries"][0]["DelaySeconds"], expected, "after {passed} s");
        assert_eq!(request["Entries"][1]["DelaySeconds"], Value::Null);
    }
    let (replay, bus) = publishers(JSON, []);
    for channel in ["bus", "topic:stock.level-changed"] {
        let refused = publish(&bus, &[delayed(channel, "e-0")]).await;
        assert!(
            refused[0].as_ref().is_err_and(|error| error.reason.ends_with("has no delay for one message")),
            "{refused:?}"
        );
    }
    assert!(replay.bodies().is_empty());
}

/// Every character that SQS takes, and the longest.
#[tokio::test]
async fn s48_a_tenant_is_the_message_group_of_a_queue_and_of_a_topic() {
    let (every, longest) = ((b'!'..=b'~').map(char::from).collect::<String>(), "x".repeat(128));
    let (replay, queues) = publishers(JSON, [sent(&[0, 1, 2])]);
    let channel = "queue:inventory";
    let commands =
        [of_tenant(channel, "c-0", &every), emission(channel, "c-1"), of_tenant(channel, "c-2", &longest)];
    assert_eq!(publish(&queues, &commands).await, vec![Ok(()); 3]);
    let request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
    let body = |id| envelope(id, "für 🎩");
    assert_eq!(
        request["Entries"],
        json!([
            {"Id": "0", "MessageBody": body("c-0"), "MessageGroupId": every},
            {"Id": "1", "MessageBody": body("c-1")},
            {"Id": "2", "MessageBody": body("c-2"), "MessageGroupId": longest},
        ]),
        "no deduplication id: that is of FIFO queues"
    );

    let answer = "<PublishBatchResponse><PublishBatchResult><Successful><member><Id>0</Id></member><member><Id>1</Id>\
        </member></Successful><Failed/></PublishBatchResult></PublishBatchResponse>";
    let (replay, topics) = publishers(XML, [Answer::http(200, answer)]);
    let channel = "topic:stock.level-changed";
    let events = [of_tenant(channel, "e-0", &every), emission(channel, "e-1")];
    assert_eq!(publish(&topics, &events).await, vec![Ok(()); 2]);
    let form = form(&replay.bodies()[0]);
    let groups: Vec<_> =
        form.iter().filter(|(name, _)| name.contains("Group") || name.contains("Dedup")).collect();
    let name = "PublishBatchRequestEntries.member.1.MessageGroupId".to_owned();
    assert_eq!(groups, [&(name, every)]);
}

#[tokio::test]
async fn s48_an_entry_of_the_bus_has_no_tenant() {
    let (replay, publishers) = publishers(JSON, [put(1)]);
    assert_eq!(publish(&publishers, &[of_tenant("bus", "e-1", "customer/a")]).await, [Ok(())]);
    assert!(!replay.bodies()[0].contains("customer/a"), "{}", replay.bodies()[0]);
}

/// Where a channel knows no fair queues, or refuses a tenant for whatever reason.
#[tokio::test]
async fn s48_what_a_channel_refuses_with_its_tenant_is_published_without() {
    let no = "The request include parameter that is not valid for this queue type";
    let channel = "queue:inventory";
    let emissions = [
        of_tenant(channel, "c-0", "a"),
        emission(channel, "c-1"),
        of_tenant(channel, "c-2", "b"),
        of_tenant("bus", "e-0", "b"),
    ];
    let failed = [0, 2].map(|id| {
        json!({"Id": id.to_string(), "Code": "InvalidParameterValue", "Message": no, "SenderFault": true})
    });
    let in_answer = json!({
        "Successful": [{"Id": "1", "MessageId": "m", "MD5OfMessageBody": "x"}],
        "Failed": failed,
    });
    let (replay, queues) =
        publishers(JSON, [Answer::http(200, in_answer.to_string()), sent(&[0, 1]), put(1)]);
    assert_eq!(publish(&queues, &emissions).await, vec![Ok(()); 4]);
    assert_eq!(ids(&replay), [vec!["c-0", "c-1", "c-2"], vec!["c-0", "c-2"], vec!["e-0"]]);
    let requests = replay.bodies();
    assert_eq!(
        requests.iter().map(|body| body.matches("MessageGroupId").count()).collect::<Vec<_>>(),
        [2, 0, 0]
    );

    // A refusal that is not the tenant's stays one; trouble that passes on the way is no refusal.
    let invalid = || refused("com.amazonaws.sqs#InvalidMessageContents", "characters");
    let (_, queues) = publishers(JSON, [invalid(), invalid()]);
    assert_eq!(kinds(&publish(&queues, &emissions[..1]).await), [REFUSED]);
    let throttled = refused("com.amazonaws.sqs#RequestThrottled", "slow down");
    let answers = [invalid()].into_iter().chain(vec![throttled; 4]);
    let (replay, queues) = publishers(JSON, answers);
    assert_eq!(kinds(&publish(&queues, &emissions[..1]).await), [TRANSIENT]);
    assert_eq!(replay.left(), 0);
}

#[tokio::test]
async fn o6_a_channel_without_a_variable_says_which_one_to_set() {
    let (replay, publishers) = publishers(JSON, []);
    let results = publish(
        &publishers,
        &[
            emission("topic:package.scanned", "e-1"),
            emission("queue:payment", "c-1"),
            emission("fax:1234", "e-2"),
            Emission::new("bus", RawValue::from_string("{\"eventId\":\"e\"}".into()).unwrap()),
        ],
    )
    .await;
    let reasons: Vec<&str> =
        results.iter().map(|result| result.as_ref().unwrap_err().reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "WAXSEAL_TOPIC_PACKAGE_SCANNED is not set: set it to the ARN of the topic `package.scanned` (WX0314)",
            "WAXSEAL_QUEUE_PAYMENT is not set: set it to the URL of the queue `payment` (WX0314)",
            "`fax:1234` is no channel: known are bus, topic:<name> and queue:<name> (WX0315)",
            "the receipt stored no envelope: missing field `eventType` at line 1 column 15 (WX0315)",
        ]
    );
    assert_eq!(kinds(&results), [NO_CHANNEL, NO_CHANNEL, REFUSED, REFUSED]);
    assert!(replay.bodies().is_empty());
}
