//! The measured stacks, and the way to start each.

use std::{collections::BTreeMap, path::PathBuf};

use bench_work::Workload;

use crate::{
    dynamo::{IDEMPOTENCY, TABLE},
    tls::Trust,
    wire::Wire,
};

/// A stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Python,
    TypeScript,
    Bare,
    Waxseal,
}

impl Peer {
    pub(crate) const ALL: [Self; 4] = [Self::Python, Self::TypeScript, Self::Bare, Self::Waxseal];

    /// The name in `PEERS`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::TypeScript => "typescript",
            Self::Bare => "bare",
            Self::Waxseal => "waxseal",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Python => "Powertools for Python",
            Self::TypeScript => "Powertools for TypeScript",
            Self::Bare => "bare Rust",
            Self::Waxseal => "Waxseal",
        }
    }

    /// The records before the measurement. V8 needs a thousand of them; Python compiles nothing
    /// while it runs.
    pub(crate) fn warm_up(self) -> usize {
        match self {
            Self::Python => 100,
            Self::TypeScript | Self::Bare | Self::Waxseal => 1000,
        }
    }

    /// The measured batches of this size in one round: their time is about what each stack's spread
    /// needs.
    pub(crate) fn batches(self, size: usize) -> usize {
        let records = match self {
            Self::Python => 400,
            Self::TypeScript => 2_000,
            Self::Bare | Self::Waxseal => 4_000,
        };
        (records / size).max(5)
    }
}

/// The folders of the script.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// The release binaries.
    pub(crate) binaries: PathBuf,
    /// Python's environment, node's modules, logs.
    pub(crate) home: PathBuf,
    /// The sources of the peers.
    pub(crate) sources: PathBuf,
    pub(crate) node: String,
}

/// The command and the folder of a peer.
pub(crate) fn command(peer: Peer, places: &Places) -> (Vec<String>, PathBuf) {
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    match peer {
        Peer::Python => {
            let python = text(places.home.join("python/bin/python"));
            (
                vec![python, "-m".into(), "awslambdaric".into(), "app.handler".into()],
                places.sources.join("python"),
            )
        }
        Peer::TypeScript => {
            let client = "node_modules/aws-lambda-ric/bin/index.mjs".to_owned();
            (vec![places.node.clone(), client, "handler.handler".into()], places.home.join("typescript"))
        }
        Peer::Bare | Peer::Waxseal => {
            (vec![text(places.binaries.join(peer.name()))], places.binaries.clone())
        }
    }
}

/// The variables of a function that Lambda and the user set.
pub(crate) fn variables(
    peer: Peer,
    workload: Workload,
    wire: &Wire,
    tls: Option<&Trust>,
    places: &Places,
) -> BTreeMap<String, String> {
    let folder = command(peer, places).1.to_string_lossy().into_owned();
    let mut variables = vec![
        ("AWS_LAMBDA_RUNTIME_API", wire.runtime_address()),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769".to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_DEFAULT_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", wire.dynamo_url(tls.is_some())),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("LAMBDA_TASK_ROOT", folder),
        ("BENCH_WORKLOAD", workload.name().to_owned()),
        ("BENCH_TABLE", TABLE.to_owned()),
    ];
    if let Some(trust) = tls {
        let bundle = trust.bundle.to_string_lossy().into_owned();
        variables.extend(match peer {
            Peer::Python => [("AWS_CA_BUNDLE", bundle)],
            Peer::TypeScript => [("NODE_EXTRA_CA_CERTS", trust.extra.to_string_lossy().into_owned())],
            Peer::Bare | Peer::Waxseal => [("SSL_CERT_FILE", bundle)],
        });
    }
    match peer {
        Peer::Python | Peer::TypeScript => {
            variables.push(("POWERTOOLS_SERVICE_NAME", "bench".to_owned()));
            variables.push(("BENCH_IDEMPOTENCY_TABLE", IDEMPOTENCY.to_owned()));
            variables.push(("PYTHONDONTWRITEBYTECODE", "1".to_owned()));
        }
        Peer::Waxseal => {
            variables.push(("WAXSEAL_TABLE", TABLE.to_owned()));
            variables.push((
                "WAXSEAL_DLQ_URL",
                "https://sqs.eu-central-1.amazonaws.com/123456789012/dlq".to_owned(),
            ));
        }
        Peer::Bare => {}
    }
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
