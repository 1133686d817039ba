//! Claim checks in S3: payloads too large for their channel (S-42). Behind the feature `claim-check`, since it links the
//! S3 client.
//!
//! The bucket needs a lifecycle rule that keeps objects for the horizon of Q-3 and then expires them: nothing here
//! deletes one. The templates of `waxseal-infra` have all of this. A reader needs `s3:GetObject` and, so that S3 tells a missing object from a forbidden one,
//! `s3:ListBucket`; a service whose events are checked in needs `s3:PutObject`.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_s3::primitives::ByteStream;
use waxseal::claim_check::{Claims, StoreError};

use crate::call::{CallFailure, Kind, Target};

/// Payloads in S3 buckets: stored in one's own, fetched from that and from those that are trusted.
#[derive(Debug, Clone)]
pub struct S3Claims {
    client: aws_sdk_s3::Client,
    bucket: String,
    /// Empty, or ends in `/`.
    prefix: String,
    /// An envelope names a location, and any publisher can write one. Without this list the function would fetch every object
    /// that its role may read.
    trusted: BTreeSet<String>,
    target: Target,
}

impl S3Claims {
    /// Payloads in `bucket`, under `prefix` (empty, or `orders`).
    #[must_use]
    pub fn new(sdk: &SdkConfig, bucket: impl Into<String>, prefix: &str) -> Self {
        let bucket = bucket.into();
        let target = Target {
            what: format!("bucket {bucket}"),
            variable: "its name".to_owned(),
            service: "S3",
            region: sdk.region().map(ToString::to_string).unwrap_or_default(),
            endpoint: sdk.endpoint_url().map(str::to_owned),
        };
        Self::at(sdk, bucket, prefix, target)
    }

    pub(crate) fn at(sdk: &SdkConfig, bucket: String, prefix: &str, target: Target) -> Self {
        // At a named endpoint a bucket is no host of its own.
        let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(target.endpoint.is_some());
        let prefix = prefix.trim_matches('/');
        Self {
            client: aws_sdk_s3::Client::from_conf(config.build()),
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            trusted: BTreeSet::from([bucket.clone()]),
            bucket,
            target,
        }
    }

    /// Fetches from these buckets too: those of the services whose events this one reads.
    #[must_use]
    pub fn trusting(mut self, buckets: impl IntoIterator<Item = String>) -> Self {
        self.trusted.extend(buckets);
        self
    }

    fn store_error(&self, error: &CallFailure, bucket: &str, action: &str) -> StoreError {
        let target = Target { what: format!("bucket {bucket}"), ..self.target.clone() };
        let mut call = error.at(&target, action);
        if error.kind == Kind::Denied && action == "s3:GetObject" {
            call.text.push_str(" (and s3:ListBucket, without which S3 says this of a missing object too)");
        }
        match error.kind {
            Kind::TooLarge => StoreError::Refused(call.to_string()),
            _ => StoreError::Unavailable(Box::new(call)),
        }
    }
}

/// Bucket and key of `s3://bucket/key`.
pub(crate) fn place(location: &str) -> Option<(&str, &str)> {
    location.strip_prefix("s3://")?.split_once('/').filter(|(_, key)| !key.is_empty())
}

impl Claims for S3Claims {
    async fn get(&self, location: &str, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let (bucket, key) = place(location)
            .ok_or_else(|| StoreError::Refused("it is not of the form s3://bucket/key".to_owned()))?;
        if !self.trusted.contains(bucket) {
            return Err(StoreError::Refused(format!(
                "bucket {bucket} is not trusted here: if it should be, name it in WAXSEAL_CLAIMS_FROM"
            )));
        }
        let answer = self.client.get_object().bucket(bucket).key(key).send().await;
        let mut output = match answer {
            Ok(output) => output,
            Err(error) => {
                let error = CallFailure::of(&error);
                return match error.code.as_deref() {
                    Some("NoSuchKey") => Ok(None),
                    _ => Err(self.store_error(&error, bucket, "s3:GetObject")),
                };
            }
        };
        let mut found = Vec::new();
        while let Some(chunk) =
            output.body.try_next().await.map_err(|error| StoreError::Unavailable(error.into()))?
        {
            found.extend_from_slice(&chunk);
            // An object with more bytes is not the claimed one.
            if found.len() as u64 > most {
                break;
            }
        }
        Ok(Some(found))
    }

    async fn put(&self, key: &str, payload: &[u8]) -> Result<String, StoreError> {
        let key = format!("{}{key}", self.prefix);
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(&key)
            .content_type("application/json")
            .body(ByteStream::from(payload.to_vec()))
            .send()
            .await
            .map_err(|error| self.store_error(&CallFailure::of(&error), &self.bucket, "s3:PutObject"))?;
        Ok(format!("s3://{}/{key}", self.bucket))
    }
}
