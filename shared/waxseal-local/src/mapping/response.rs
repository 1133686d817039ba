//! A function's response to a batch, read as Lambda reads it.

use std::collections::BTreeSet;

use serde::Deserialize;

/// The outcome of a batch, by the response of its function.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BatchResult {
    /// These records failed, all others succeeded.
    Failed(BTreeSet<String>),
    /// Every record failed, since Lambda does not understand the response; with the reason.
    All(String),
}

/// Reads a response as Lambda does. With an identifier that is empty, null or not in the batch,
/// every record failed.
///
/// Source: Lambda developer guide, "Implementing partial batch responses", "Success and failure
/// conditions".
pub(crate) fn read_response<'a>(response: &[u8], batch: impl Iterator<Item = &'a str>) -> BatchResult {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Response {
        batch_item_failures: Option<Vec<Failure>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Failure {
        item_identifier: Option<String>,
    }
    match serde_json::from_slice::<Option<Response>>(response) {
        Ok(response) => {
            let failures = response.and_then(|response| response.batch_item_failures).unwrap_or_default();
            if failures.is_empty() {
                return BatchResult::Failed(BTreeSet::new());
            }
            let batch: BTreeSet<&str> = batch.collect();
            let mut failed = BTreeSet::new();
            for failure in failures {
                match failure.item_identifier {
                    Some(id) if batch.contains(&*id) => {
                        failed.insert(id);
                    }
                    Some(id) => return BatchResult::All(format!("identifier {id:?} is not in the batch")),
                    None => return BatchResult::All("an identifier is null or missing".to_owned()),
                }
            }
            BatchResult::Failed(failed)
        }
        Err(error) => BatchResult::All(format!("the response is not a batch response: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_read_as_lambda_reads_it() {
        let batch = ["m1", "m2"];
        let failed = |ids: &[&str]| BatchResult::Failed(ids.iter().map(|id| (*id).to_owned()).collect());
        for (response, expected) in [
            (r#"{"batchItemFailures":[]}"#, failed(&[])),
            (r#"{}"#, failed(&[])),
            ("null", failed(&[])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"m2"}]}"#, failed(&["m2"])),
        ] {
            assert_eq!(read_response(response.as_bytes(), batch.into_iter()), expected, "{response}");
        }
        for response in [
            r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":"m3"}]}"#,
            r#""done""#,
        ] {
            assert!(
                matches!(read_response(response.as_bytes(), batch.into_iter()), BatchResult::All(_)),
                "{response}"
            );
        }
    }
}
