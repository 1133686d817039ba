//! The real function binaries under a Lambda Runtime API, with AWS and the outside on loopback.
//!
//! Nothing of a function is linked here: a binary is started with the variables that it documents and spoken to as
//! Lambda, DynamoDB, SQS, a payment gateway and a mail server would. What the libraries decide is tested beside them; here
//! it is whether the program that is deployed does it.
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
