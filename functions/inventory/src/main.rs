//! The Lambda function: not written yet.
fn main() {}
