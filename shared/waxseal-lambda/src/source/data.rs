//! The data of a record of a stream or a topic.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use waxseal::{
    Malformed,
    batch::{Content, Origin, Record},
};

use super::body;

/// A record of a stream or a topic, with its data in base64.
pub(crate) fn record(id: String, base64: &str, origin: Origin) -> Record {
    let Ok(data) = STANDARD.decode(base64) else {
        let malformed = Malformed::new(format!("the data of record {} is not base64", origin.id));
        return Record { origin: Some(Box::new(origin)), ..malformed_record(id, base64, malformed) };
    };
    let content = read(&data, &origin);
    Record { origin: Some(Box::new(origin)), ..Record::new(id, data, content) }
}

/// The content of bytes that a transport delivered with the facts of `origin`: an envelope, or what else a body may be.
pub(crate) fn read(data: &[u8], origin: &Origin) -> Content {
    match str::from_utf8(data) {
        Ok(text) => body::read(text, &|| origin.written_at),
        Err(_) => Content::Malformed(Malformed::new("the data is not UTF-8 text")),
    }
}

fn malformed_record(id: String, body: &str, malformed: Malformed) -> Record {
    Record::new(id, body.as_bytes().to_vec(), Content::Malformed(malformed))
}
