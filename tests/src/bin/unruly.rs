//! A function that misbehaves on request. Logs are tested on it: no other binary panics or quotes
//! texts from outside.

use std::{collections::BTreeMap, env, process::ExitCode, time::Duration};

use serde::{Deserialize, Serialize};
use waxseal::{Attempt, BoxError, Effect, Engine, Envelope, Fault, Service, Unit};
use waxseal_aws::Environment;
use waxseal_lambda::Function;

#[derive(Serialize, Deserialize)]
struct Asked {
    how: How,
    /// The text to quote.
    text: String,
    /// Ages by address.
    #[serde(default)]
    ages: BTreeMap<String, u8>,
}
waxseal::event!(Asked { name: "misbehaviour.asked", version: 1, owner: "test" });

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum How {
    /// Panics with the text in its message.
    Panic,
    /// Panics with a literal.
    PanicOfOurs,
    /// Panics in a thread that catches nothing.
    PanicElsewhere,
    /// Fails with a fault to retry, whose reason has 900 KB.
    FailAtLength,
    /// Logs 900 KB.
    LogAtLength,
    /// Fails for good and quotes the text.
    Quote,
    /// Fails with a fault to retry: a parser's error that quotes the text.
    Parse,
}

struct Misbehave;

impl Effect for Misbehave {
    const NAME: &'static str = "misbehave";
    const KEY_TTL: Duration = Duration::from_hours(24);
    type Event = Asked;
    type Emits = ();

    async fn act(&self, event: &Envelope<Asked>, _: &Attempt<'_>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let text = event.data.text.clone();
        match event.data.how {
            How::Panic => panic!("no account of {text}, nor of {} others", event.data.ages.len()),
            How::PanicOfOurs => panic!("the till is locked"),
            How::PanicElsewhere => {
                let ended = std::thread::spawn(move || panic!("no account of {text}")).join();
                ended.map_err(|_| Fault::retry("a thread panicked"))
            }
            How::FailAtLength => Err(Fault::retry("ü\u{1}".repeat(300_000))),
            How::LogAtLength => {
                let long = "\"\u{1b}🎩".repeat(150_000);
                tracing::warn!(long, also = ?long, "{long}");
                Ok(())
            }
            How::Quote => Err(Fault::permanent("the outside refuses it").quoting(text)),
            How::Parse => {
                let quoted = serde_json::to_string(&text).map_err(Fault::permanent)?;
                serde_json::from_str::<bool>(&quoted).map(drop).map_err(Fault::retry)
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    waxseal_lambda::start(function()).await
}

async fn function() -> Result<Function, BoxError> {
    assert!(env::var_os("UNRULY_AT_START").is_none(), "UNRULY_AT_START is set:\nit must not be");
    let aws = Environment::from_env();
    let service = Service::new("unruly").effect(Misbehave);
    let engine = Engine::new(service, aws.table()?, aws.host(), aws.settings()?)?;
    Ok(Function::new(aws.batches(engine)?))
}
