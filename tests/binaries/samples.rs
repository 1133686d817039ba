//! The sample events of the functions: each binary takes its own, with the stand-ins of `make
//! stand-ins`. The test reads the folders, so no file is forgotten. Other tests check the effects.

use std::{fs, path::Path};

use serde_json::Value;
use waxseal_tests::{runtime_api::Lambda, stand_ins::StandIns};

use crate::service::text;

/// The names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The reason why an answer means that the event was refused.
fn refusal(answer: &str) -> Option<String> {
    let json: Value = serde_json::from_str(answer).unwrap();
    match (json["statusCode"].as_u64(), json["batchItemFailures"].as_array()) {
        (Some(200..=299), None) => None,
        (None, Some(failed)) if failed.is_empty() => None,
        _ => Some(answer.to_owned()),
    }
}

#[test]
fn every_event_file_is_taken_by_the_binary_beside_it() {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let all = names(&functions);
    assert!(all.len() >= 6, "{all:?}");
    for function in all {
        let folder = functions.join(&function).join("samples");
        let mut files = names(&folder);
        files.retain(|file| file.ends_with(".json"));
        assert!(!files.is_empty(), "functions/{function}/samples has no event file");
        let mut events: Vec<(String, String)> = files
            .into_iter()
            .map(|file| {
                let event = fs::read_to_string(folder.join(&file)).unwrap();
                (file, event)
            })
            .collect();
        // HTTP requests of customers come before the events about them.
        events.sort_by_key(|(_, event)| event.contains("\"Records\""));

        let mut stand_ins = StandIns::start();
        let mut lambda = Lambda::start(&function, &stand_ins.variables());
        for (file, event) in events {
            let answer = lambda.invoke(event.clone()).unwrap_or_else(|failed| panic!("{file}: {failed:?}"));
            let told = stand_ins.news();
            assert_eq!(refusal(&text(answer)), None, "{function}/samples/{file}: {told:#?}");
            assert_eq!(stand_ins.dead_letters(), 0, "{function}/samples/{file}: {told:#?}");
            assert!(!told.is_empty(), "{function}/samples/{file} did nothing");
            // Delivered again, the event is taken again, and a receipt or a key prevents a second
            // effect; the relay has neither.
            let again = lambda.invoke(event).unwrap_or_else(|failed| panic!("{file}: {failed:?}"));
            assert_eq!(refusal(&text(again)), None, "{function}/samples/{file}");
            if function != "relay" {
                assert_eq!(stand_ins.news(), Vec::<String>::new(), "{function}/samples/{file}, again");
            }
        }
    }
}
