//! `cargo run --profile ci -p waxseal-aws --example publishing_program`: a program that is no function
//! publishes the lines of a file, on the true SDK without a network.
//!
//! The ids are a function of the file and the line. The program may therefore end anywhere and run
//! again: each invoice takes effect once.

use std::error::Error;

use serde::{Deserialize, Serialize};
use serde_json::json;
use waxseal_aws::{
    Environment, Messages,
    testing::{Answer, Replay},
};
use waxseal_message::PublishingProgram;

#[derive(Serialize, Deserialize)]
struct InvoicePaid {
    invoice: String,
    cents: u64,
}
waxseal_message::event!(InvoicePaid { name: "invoice.paid", version: 1, owner: "billing-import" });

struct BillingImport;
impl PublishingProgram for BillingImport {
    const NAME: &str = "billing-import";
    type Emits = (InvoicePaid,);
}

const FILE: (&str, &str) = ("payments-2026-11-28.csv", "in-1,1250\nin-2,990\n");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let entry = json!({ "EventId": "11710aed-b79e-4468-a20b-bb3c0c3b4860" });
    let answer = json!({ "FailedEntryCount": 0, "Entries": [entry, entry] });
    let bus = Replay::new("application/x-amz-json-1.1", [Answer::http(200, answer.to_string())]);
    // A program on ECS gives its own configuration of the SDK and `std::env::vars()`.
    let aws = Environment::new(bus.sdk(), [("WAXSEAL_BUS".to_owned(), "shop".to_owned())]);
    let publisher = aws.publisher_of::<BillingImport>()?;

    let (file, lines) = FILE;
    let mut messages = Messages::new();
    for (number, line) in lines.lines().enumerate() {
        let (invoice, cents) = line.split_once(',').ok_or("a line is an invoice and its cents")?;
        let paid = InvoicePaid { invoice: invoice.to_owned(), cents: cents.parse()? };
        messages.emit(format!("{file}/{number}"), &paid);
    }
    publisher.publish(&messages).await?;
    println!("{}", bus.bodies()[0]);
    Ok(())
}
