//! Payload hashes. They tell whether two payloads under one id are the same (S-16).
//!
//! A stored hash names its algorithm before a colon, and is compared with that algorithm's hash of
//! the payload that arrived. A change of the algorithm thus leaves the meaning of stored hashes
//! unchanged.
//!
//! # Algorithm 2
//!
//! `2:` and the first 16 bytes, in lower-case hex, of SHA-256 over the canonical JSON text in
//! UTF-8:
//!
//! - There is no white space. `null`, `true` and `false` are themselves.
//! - A number is its exact decimal value: `-` where it is negative, the significant digits without
//!   zeros at either end, and, unless it is 0, `e` with the power of ten. `100`, `1e2` and
//!   `1.00E+2` are `1e2`; `0`, `-0` and `0e9` are `0`. Exponents are never expanded.
//! - A string is its characters in quotes; only `"` and `\` stand behind a `\`.
//! - The members of an object stand in the order of the bytes of their names as written here. Of a
//!   repeated name the last member counts.
//!
//! | payload | canonical text | hash |
//! |---|---|---|
//! | `{}` | `{}` | `2:44136fa355b3678a1146ad16f7e8649e` |
//! | `{ "b": 1.50, "a": "h\u00e9" }` | `{"a":"hé","b":15e-1}` | `2:016c9d5b5f2370257aefdcf315e4c0f2` |
//! | `[18446744073709551617, 1e400000000]` | `[18446744073709551617,1e400000000]` | `2:25fd1b9959a09941ca470e166817ff99` |
//!
//! # Algorithm 1
//!
//! 32 hex digits without a name before them. Builds before algorithm 2 stored it. It is computed
//! only to compare with such a hash, and for the readers of claims.

mod number;
mod payload;
mod v1;
mod v2;

pub use payload::{Comparison, PayloadHash, algorithm, first_hash, payload_hash};
