//! The data of a record of a stream or a topic.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use waxseal::{
    Malformed, Service, Transport,
    batch::{Content, Place, Record},
    dead_letter::Attribute,
};

use super::{batch::Kind, body, delivery::Delivery};

/// The transport of data. What a body without an envelope gets, it gets from here and from the record's [`Place`].
#[derive(Clone, Copy)]
pub(crate) struct Carrier<'a> {
    pub(crate) service: Option<&'a Service>,
    pub(crate) kind: Kind,
    pub(crate) attributes: &'a [Attribute],
}

impl Carrier<'_> {
    /// A record with its data in base64.
    pub(crate) fn record(&self, id: String, base64: &str, place: Place) -> Record {
        let (data, content) = match STANDARD.decode(base64) {
            Ok(data) => {
                let content = self.read(&data, &place);
                (data, content)
            }
            Err(_) => {
                let malformed = Malformed::new(format!("the data of record {} is not base64", place.id));
                (base64.as_bytes().to_vec(), Content::Malformed(malformed))
            }
        };
        let mut record = Record::new(id, data, content);
        record.place = Some(Box::new(place));
        record
    }

    /// The content of bytes with this place: an envelope, or what else a body may be.
    pub(crate) fn read(&self, data: &[u8], place: &Place) -> Content {
        let Ok(text) = str::from_utf8(data) else {
            return Content::Malformed(Malformed::new("the data is not UTF-8 text"));
        };
        let transport = match self.kind {
            Kind::Kafka => Transport::Kafka(&place.source),
            _ => Transport::Stream(&place.source),
        };
        let delivery = Delivery {
            id: &place.id,
            sent: &|| place.written_at,
            attributes: self.attributes,
            ..Delivery::by(transport, self.service)
        };
        body::read(text, &delivery)
    }
}
