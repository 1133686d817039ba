//! Message attributes: a dead letter keeps them (S-27), and those of a dead letter that came back say what it releases (S-19).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use waxseal::dead_letter::{self, Attribute, AttributeValue, Returned};

use crate::json::Object;

/// How a source names an attribute's parts.
#[derive(Clone, Copy)]
pub(super) struct Names {
    kind: &'static str,
    text: &'static str,
    binary: &'static str,
}

/// Source: Lambda developer guide, "Using Lambda with Amazon SQS", example event.
pub(super) const SQS: Names = Names { kind: "dataType", text: "stringValue", binary: "binaryValue" };
/// Of a binary attribute the value is base64. Source: Lambda developer guide, "Using Lambda with Amazon SNS", example event.
pub(super) const SNS: Names = Names { kind: "Type", text: "Value", binary: "Value" };

/// The attributes of a record. One that is not as its source documents it is left out.
pub(super) fn read(attributes: &Object<'_>, names: Names) -> Vec<Attribute> {
    let attribute = |name: &str| {
        let parts = attributes.object(name)?;
        let kind = parts.string(names.kind)?.into_owned();
        let value = if kind.starts_with("Binary") {
            AttributeValue::Binary(STANDARD.decode(&*parts.string(names.binary)?).ok()?)
        } else {
            AttributeValue::Text(parts.string(names.text)?.into_owned())
        };
        Some(Attribute { name: name.to_owned(), kind, value })
    };
    attributes.members().filter_map(attribute).collect()
}

/// The note of a dead letter that came back.
pub(super) fn returned(attributes: &[Attribute]) -> Option<Box<Returned>> {
    let note = attributes.iter().find(|attribute| attribute.name == dead_letter::ATTRIBUTE)?;
    Returned::read(note.as_text()?).map(Box::new)
}
