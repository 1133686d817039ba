//! The claim check: a payload too large for its channel lies in a store, and the envelope carries
//! the claim to it (S-42).
//!
//! The event chooses it explicitly: `claim_check_over: 200_000` in its
//! [`event!`](waxseal_message::event). The envelope then differs from any other in two members:
//!
//! ```json
//! {"eventId":"…", …, "data":{"claimCheck":{"location":"s3://claims/orders/9f86d0…","sha256":"9f86d0…","bytes":734003,"hash":"1b4f0e…","hash2":"2:a01c…"}},
//!  "metadata":{"waxsealclaim":true}}
//! ```
//!
//! - **The mark in the metadata decides**, not the form of `data`. A payload that has the form of a
//!   claim is still a payload, since no payload reaches the metadata. With the mark, `data` that is
//!   no claim is an error and never a payload. The mark is a legal CloudEvents extension, so it
//!   travels there too.
//! - **`sha256` and `bytes` are of the payload's bytes**, so the store need not be trusted with
//!   them.
//! - **`hash` and `hash2` are the payload's canonical hashes** (S-16), in both algorithms that a
//!   receipt may hold. A duplicate is therefore known without a fetch, and an event is the same
//!   with and without its payload. Both are verified at every fetch, so a claim with a wrong hash
//!   takes no effect.
//! - **The key is the payload's `sha256`**: a rerun stores the same bytes under the same key,
//!   before the commit. After a crash in between, the rerun uses the stored payload, or the store's
//!   expiry removes it.
//!
//! The store must keep a payload for as long as its event may arrive: the horizon of Q-3. This
//! module never deletes a payload, because several events may share it.

mod check;
mod error;
mod store;

pub(crate) use check::hashes;
pub use check::{Claim, ClaimCheck, Limits, is_claim, payload_hash};
pub use error::ClaimError;
pub use store::{Claims, StoreError};
