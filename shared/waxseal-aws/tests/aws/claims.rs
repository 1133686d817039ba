//! The claim check on S3's wire, with the true SDK (S-42). Answers are written from the S3 API reference.

use waxseal::{
    Raw,
    claim_check::{Claim, ClaimCheck, Claims, StoreError},
};
use waxseal_aws::{
    Environment, S3Claims,
    testing::{Answer, Replay},
};

const PAYLOAD: &str = r#"{"rows":["köln-mug-0,33l", 12.50]}"#;

fn error(status: u16, code: &str, message: &str) -> Answer {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>4442587FB7D0A2F9</RequestId></Error>"
    );
    Answer::http(status, xml)
}

fn replay(answers: impl IntoIterator<Item = Answer>) -> Replay {
    Replay::new("application/xml", answers)
}

fn event() -> Raw {
    let json = format!(
        r#"{{"eventId":"e-1","eventType":"catalog.imported","eventVersion":1,"source":"catalog",
        "timestamp":"2026-11-21T09:30:00Z","data":{PAYLOAD}}}"#
    );
    Raw::parse(&json).unwrap()
}

#[tokio::test]
async fn s42_a_payload_is_stored_under_its_hash_and_fetched_again() {
    let wire = replay([Answer::http(200, ""), Answer::http(200, PAYLOAD)]);
    let claims = ClaimCheck::new(S3Claims::new(&wire.sdk(), "shop-claims", "/catalog/"));
    let claim = claims.check_in(event()).await.unwrap();
    let Claim { location, sha256, .. } = Claim::of(&claim).unwrap().unwrap();
    assert_eq!(location, format!("s3://shop-claims/catalog/{sha256}"));
    assert_eq!(wire.bodies(), [PAYLOAD]);

    assert_eq!(claims.redeem(&claim, 1).await.unwrap().data.get(), PAYLOAD);
    let host = "https://shop-claims.s3.eu-west-1.amazonaws.com";
    assert_eq!(
        wire.lines(),
        [
            format!("PUT {host}/catalog/{sha256}?x-id=PutObject"),
            format!("GET {host}/catalog/{sha256}?x-id=GetObject")
        ]
    );
}

#[tokio::test]
async fn s42_a_missing_object_is_told_from_a_bucket_and_a_permission_that_are_missing() {
    let wire = replay([
        error(404, "NoSuchKey", "The specified key does not exist."),
        error(404, "NoSuchBucket", "The specified bucket does not exist"),
        error(403, "AccessDenied", "Access Denied"),
    ]);
    let store = S3Claims::new(&wire.sdk(), "shop-claims", "");
    let get = async || store.get("s3://shop-claims/9f86d0", 10).await;
    assert!(matches!(get().await, Ok(None)));
    for shown in [
        "NoSuchBucket: bucket shop-claims does not exist in eu-west-1: create it or correct its name (WX0309)",
        "AccessDenied: Access Denied: the credentials in eu-west-1 must allow s3:GetObject on bucket shop-claims (and \
         s3:ListBucket, without which S3 says this of a missing object too) (WX0310)",
    ] {
        match get().await {
            Err(StoreError::Unavailable(error)) => assert_eq!(error.to_string(), shown),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn s42_no_more_is_kept_of_an_object_than_the_claim_says() {
    let wire = replay([Answer::http(200, "x".repeat(1000))]);
    let store = S3Claims::new(&wire.sdk(), "shop-claims", "");
    let found = store.get("s3://shop-claims/9f86d0", 10).await.unwrap().unwrap();
    assert!(found.len() > 10);
}

#[tokio::test]
async fn s42_a_location_that_nobody_trusts_is_refused_without_a_request() {
    let wire = replay([Answer::http(200, "{}")]);
    let store = S3Claims::new(&wire.sdk(), "shop-claims", "").trusting(["partner-claims".to_owned()]);
    for (location, why) in [
        (
            "s3://payroll/2026.json",
            "bucket payroll is not trusted here: if it should be, name it in WAXSEAL_CLAIMS_FROM",
        ),
        ("https://example.com/x", "it is not of the form s3://bucket/key"),
        ("s3://shop-claims/", "it is not of the form s3://bucket/key"),
    ] {
        match store.get(location, 10).await {
            Err(StoreError::Refused(shown)) => assert_eq!(shown, why),
            other => panic!("{location}: {other:?}"),
        }
    }
    assert!(wire.lines().is_empty());
    assert!(store.get("s3://partner-claims/a/b", 10).await.unwrap().is_some());
}

#[tokio::test]
async fn s42_a_store_in_trouble_is_tried_again_and_one_that_finds_it_too_large_is_not() {
    let wire = replay([
        error(503, "SlowDown", "Please reduce your request rate."),
        error(503, "SlowDown", "Please reduce your request rate."),
        Answer::http(200, ""),
        error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size."),
    ]);
    let store = S3Claims::new(&wire.sdk(), "shop-claims", "");
    // By the SDK itself.
    assert_eq!(store.put("9f86d0", b"{}").await.unwrap(), "s3://shop-claims/9f86d0");
    assert!(matches!(store.put("9f86d0", b"{}").await, Err(StoreError::Refused(_))));
    assert_eq!(wire.left(), 0);
}

#[tokio::test]
async fn s42_a_function_is_configured_by_variables_alone() {
    let wire = replay([Answer::http(200, "")]);
    let aws = |variables: &[(&str, &str)]| {
        Environment::new(
            wire.sdk(),
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    };
    let local = aws(&[
        ("WAXSEAL_CLAIMS", "s3://shop-claims/orders"),
        ("WAXSEAL_CLAIMS_FROM", "catalog-claims, partner-claims"),
        ("WAXSEAL_CLAIM_BYTES", "1000"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:4566"),
    ]);
    let claim = local.claim_check().unwrap().check_in(event()).await.unwrap();
    assert!(Claim::of(&claim).unwrap().unwrap().location.starts_with("s3://shop-claims/orders/"));
    // Path style, where the environment names an endpoint.
    assert!(wire.lines()[0].contains("/shop-claims/orders/"), "{:?}", wire.lines());

    for (variables, shown) in [
        (
            &[][..],
            "WAXSEAL_CLAIMS is not set: it is the place where payloads are checked in, a bucket and perhaps a prefix, for example \
             WAXSEAL_CLAIMS=s3://shop-claims/orders",
        ),
        (
            &[("WAXSEAL_CLAIMS", "shop-claims")],
            "WAXSEAL_CLAIMS is `shop-claims`, not s3://bucket or s3://bucket/prefix: ",
        ),
        (&[("WAXSEAL_CLAIMS", "s3://Shop/x")], "WAXSEAL_CLAIMS is `Shop`, not a bucket's name: "),
        (
            &[("WAXSEAL_CLAIMS", "s3://shop-claims"), ("WAXSEAL_CLAIMS_FROM", "a")],
            "WAXSEAL_CLAIMS_FROM is `a`, not a bucket's name: ",
        ),
        (
            &[("WAXSEAL_CLAIMS", "s3://shop-claims"), ("WAXSEAL_CLAIM_BYTES", "10MB")],
            "WAXSEAL_CLAIM_BYTES is `10MB`, not a whole number from 1 to 1073741824: ",
        ),
    ] {
        let error = aws(variables).claim_check().unwrap_err().to_string();
        assert!(error.starts_with(shown), "{error}");
    }
}
