//! The block of a FIFO group. The item keeps the group's records back after one of them was
//! dead-lettered (S-32).

use crate::{
    row::sort,
    table::{Item, Key, attribute},
    token::Token,
};

const REASON: &str = "reason";

/// The key of the block of `group`.
pub(crate) fn key(service: &str, group: &str) -> Key {
    Key::of("held", &[service, group], sort::GROUP)
}

/// The item of a block.
pub(crate) fn item(key: Key, reason: &str, writer: Token) -> Item {
    Item::new(key).text(REASON, reason).text(attribute::WRITER, writer.to_string())
}

/// The reason why the group is blocked. An item without a reason blocks too, since its records
/// would otherwise run out of order.
pub(crate) fn reason(item: &Item) -> String {
    match item.get_text(REASON) {
        Some(reason) => reason.to_owned(),
        None => format!("the item {} says so, whose `{REASON}` is {}", item.key, item.standing(REASON)),
    }
}
