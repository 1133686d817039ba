//! The methods of a declared service for its infrastructure.

use crate::{
    deployed::Deployed,
    infrastructure::{
        parts::{Architecture, Hook, HttpRoute, Statement},
        secret::Secret,
    },
};

impl Deployed {
    /// One more permission of its function, beside those that follow from its messages.
    ///
    /// ```
    /// use waxseal::Service;
    /// use waxseal_catalog::{Deployed, Statement};
    ///
    /// let prices = Statement::allow(["s3:GetObject"]).on(["arn:${AWS::Partition}:s3:::prices-${Stage}/*"]);
    /// let orders = Deployed::new(Service::new("orders")).statement(prices);
    /// assert_eq!(orders.infrastructure.statements[0].actions, ["s3:GetObject"]);
    /// ```
    #[must_use]
    pub fn statement(mut self, statement: Statement) -> Self {
        self.infrastructure.statements.push(statement);
        self
    }

    /// One more secret that its function reads at init. [`Secret`] has an example.
    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.infrastructure.secrets.push(secret);
        self
    }

    /// Its function runs in the network that each stage brings: `SUBNET_IDS` and
    /// `SECURITY_GROUP_IDS`, comma-separated. `SUBNET_IDS=none` is a stage without one.
    ///
    /// The network must reach DynamoDB and SQS: by a gateway endpoint and an interface endpoint, or by
    /// NAT. Its relay speaks to AWS alone and stays outside.
    ///
    /// ```
    /// use waxseal::Service;
    /// use waxseal_catalog::Deployed;
    /// assert!(Deployed::new(Service::new("ledger")).in_vpc().infrastructure.vpc);
    /// ```
    #[must_use]
    pub fn in_vpc(mut self) -> Self {
        self.infrastructure.vpc = true;
        self
    }

    /// One more layer of its function, by the ARN of its version.
    ///
    /// ```
    /// use waxseal::Service;
    /// use waxseal_catalog::Deployed;
    /// let insights = "arn:${AWS::Partition}:lambda:${AWS::Region}:580247275435:layer:LambdaInsightsExtension-Arm64:22";
    /// assert_eq!(Deployed::new(Service::new("orders")).layer(insights).infrastructure.layers, [insights]);
    /// ```
    #[must_use]
    pub fn layer(mut self, arn: impl Into<String>) -> Self {
        self.infrastructure.layers.push(arn.into());
        self
    }

    /// The processor that its function is built for. ARM unless set. Its relay stays on ARM.
    ///
    /// ```
    /// use waxseal::Service;
    /// use waxseal_catalog::{Architecture, Deployed};
    /// let scans = Deployed::new(Service::new("scans")).architecture(Architecture::X86_64);
    /// assert_eq!(scans.infrastructure.architecture.as_str(), "x86_64");
    /// ```
    #[must_use]
    pub fn architecture(mut self, architecture: Architecture) -> Self {
        self.infrastructure.architecture = architecture;
        self
    }

    /// Instances that Lambda keeps ready, so that no caller waits for a cold start. Queues, routes and
    /// the URL then lead to the alias `live` of a published version.
    ///
    /// They cost while nothing comes. `deploy` publishes a version whenever code or configuration
    /// changed.
    ///
    /// ```
    /// use waxseal::Service;
    /// use waxseal_catalog::Deployed;
    /// assert_eq!(Deployed::new(Service::new("orders")).provisioned(2).infrastructure.provisioned, 2);
    /// ```
    #[must_use]
    pub fn provisioned(mut self, instances: u32) -> Self {
        self.infrastructure.provisioned = instances;
        self
    }

    /// Megabytes of `/tmp`, 512 to 10,240.
    ///
    /// ```
    /// use waxseal::Service;
    /// use waxseal_catalog::Deployed;
    /// assert_eq!(Deployed::new(Service::new("scans")).storage(2048).infrastructure.storage, Some(2048));
    /// ```
    #[must_use]
    pub fn storage(mut self, megabytes: u32) -> Self {
        self.infrastructure.storage = Some(megabytes);
        self
    }

    /// One more route of the application's [entrance](crate::Entrance) that leads to its function, in
    /// the place of a function URL. [`Entrance`](crate::Entrance) has an example.
    #[must_use]
    pub fn route(mut self, route: impl Into<HttpRoute>) -> Self {
        self.infrastructure.routes.push(route.into());
        self.answers_http = true;
        self
    }

    /// One more change of its finished template, for what no method says. The checks run after it.
    ///
    /// ```
    /// use serde_json::json;
    /// use waxseal::Service;
    /// use waxseal_catalog::Deployed;
    ///
    /// let orders = Deployed::new(Service::new("orders"))
    ///     .template(|template| template["Resources"]["Table"]["Properties"]["ContributorInsightsSpecification"] = json!({ "Enabled": true }));
    /// assert_eq!(orders.infrastructure.hooks.len(), 1);
    /// ```
    #[must_use]
    pub fn template(mut self, change: Hook) -> Self {
        self.infrastructure.hooks.push(change);
        self
    }
}
