//! Paths of fields: their steps, joined by dots. The engine does not tell a name with a dot from a
//! nested one.

use std::cmp::Ordering;

/// The path of a member of the object at `at`.
pub(crate) fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// The order in which the engine binds fields. It compares UTF-16.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}
