//! Everything that a function's `main` needs of AWS, from environment variables alone.

mod parts;
mod policy;

pub use parts::Environment;
