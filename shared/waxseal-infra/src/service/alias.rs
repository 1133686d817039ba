//! The alias of a function with instances that are kept ready.
//!
//! Provisioned concurrency belongs to a published version. A version holds code and configuration as
//! they were, and CloudFormation publishes one only where its logical id is new. `waxseal-cli` ends the
//! id with a hash when it deploys.

use serde_json::{Value, json};
use waxseal_catalog::Deployed;

use crate::{
    names::{LIVE, attribute, reference},
    service::builder::StackBuilder,
};

/// The logical id of the published version, or its beginning.
pub(crate) const VERSION: &str = "FunctionVersion";
/// The logical id of the alias.
pub(crate) const ALIAS: &str = "FunctionAlias";

/// What calls a service's function: the alias where there is one.
pub(crate) fn called(service: &Deployed) -> Value {
    reference(if service.infrastructure.provisioned > 0 { ALIAS } else { "Function" })
}

pub(super) fn add(builder: &mut StackBuilder<'_>) {
    let instances = builder.service.infrastructure.provisioned;
    if instances == 0 {
        return;
    }
    builder.add(
        VERSION,
        json!({
            "Type": "AWS::Lambda::Version",
            "Properties": { "FunctionName": reference("Function") },
        }),
    );
    builder.add(
        ALIAS,
        json!({
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "Name": LIVE,
                "FunctionName": reference("Function"),
                "FunctionVersion": attribute(VERSION, "Version"),
                "ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": instances },
            },
        }),
    );
}
