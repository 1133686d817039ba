//! The real function binaries under a Lambda Runtime API, with AWS and the outside on loopback.
//!
//! No function is linked here. A binary is started with the variables that it documents, and the
//! tests act as Lambda, DynamoDB, SQS, a payment gateway and a mail server. The libraries' own
//! tests check their decisions; these tests check the deployed programs.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod batches;
mod concurrency;
mod crash;
mod deadline;
mod ends;
mod http;
mod init;
mod items;
mod mail;
mod outage;
mod relay;
mod release;
mod retries;
mod samples;
mod service;
mod words;
