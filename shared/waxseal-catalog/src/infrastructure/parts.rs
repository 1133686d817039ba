//! What a service's function has beside its code: permissions, network, layers, instances.

use serde_json::Value;

use crate::infrastructure::secret::Secret;

/// What a service's stack has beside what follows from its messages. Every part is empty unless a
/// method of [`Deployed`](crate::Deployed) sets it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Infrastructure {
    /// Permissions of its function beside the derived ones.
    pub statements: Vec<Statement>,
    /// Secrets that its function reads at init.
    pub secrets: Vec<Secret>,
    /// Whether its function runs in a network (VPC) that each stage brings.
    pub vpc: bool,
    /// The ARNs of layers, five at most. `${AWS::Region}` and its like are filled in.
    pub layers: Vec<String>,
    /// The processor that its function is built for.
    pub architecture: Architecture,
    /// Instances that are kept ready; 0 for none.
    pub provisioned: u32,
    /// Megabytes of `/tmp`, where they are not the 512 that cost nothing.
    pub storage: Option<u32>,
    /// The routes of the application's [entrance](crate::Entrance) that lead to its function, in the
    /// place of a function URL.
    pub routes: Vec<HttpRoute>,
    /// Changes of its finished template, in order.
    pub hooks: Vec<Hook>,
}

/// A change of a finished template. The checks run after it.
pub type Hook = fn(&mut Value);

/// The processor that a function is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Architecture {
    /// Graviton: a fifth cheaper for the same time.
    #[default]
    Arm64,
    /// For libraries that have no build for ARM.
    X86_64,
}

impl Architecture {
    /// Its name in Lambda.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}

/// A permission of a service's function beside the derived ones.
///
/// The texts of resources take `${Stage}`, `${AWS::Region}`, `${AWS::AccountId}` and
/// `${AWS::Partition}`. A wildcard as action is refused, and so is anything that reaches the
/// application's own bus, topics, queues, tables, buckets, functions or roles: those permissions follow
/// from the messages (I-1).
///
/// ```
/// use serde_json::json;
/// use waxseal_catalog::Statement;
///
/// // Reads prices from a bucket of another team.
/// let prices = Statement::allow(["s3:GetObject"]).on(["arn:${AWS::Partition}:s3:::prices-${Stage}/*"]);
/// // The service knows no resources, so the statement says why it is for all of them.
/// let text = Statement::allow(["textract:AnalyzeDocument"]).on_everything("Textract knows no resources");
/// // With a condition, as IAM has it.
/// let mail = Statement::allow(["ses:SendEmail"])
///     .on(["arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/example.org"])
///     .when(json!({ "StringEquals": { "ses:FromAddress": "shop@example.org" } }));
/// assert_eq!((prices.resources.len(), text.resources.len()), (1, 0));
/// # let _ = mail;
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Statement {
    /// The actions, such as `s3:GetObject`.
    pub actions: Vec<String>,
    /// The ARNs that they are allowed on; empty for everything.
    pub resources: Vec<String>,
    /// The condition, as IAM has it.
    pub condition: Option<Value>,
    /// Why it is for every resource, where it is.
    pub why_everything: Option<String>,
}

impl Statement {
    /// A permission for these actions, so far on nothing.
    #[must_use]
    pub fn allow<S: Into<String>>(actions: impl IntoIterator<Item = S>) -> Self {
        let actions = actions.into_iter().map(Into::into).collect();
        Self { actions, resources: Vec::new(), condition: None, why_everything: None }
    }

    /// Allows them on these ARNs.
    #[must_use]
    pub fn on<S: Into<String>>(mut self, resources: impl IntoIterator<Item = S>) -> Self {
        self.resources.extend(resources.into_iter().map(Into::into));
        self
    }

    /// Allows them on every resource, for actions that know none. The reason is for the reviewer.
    #[must_use]
    pub fn on_everything(mut self, why: impl Into<String>) -> Self {
        self.why_everything = Some(why.into());
        self
    }

    /// Under this condition alone.
    #[must_use]
    pub fn when(mut self, condition: Value) -> Self {
        self.condition = Some(condition);
        self
    }
}

/// A route of the application's entrance. [`Entrance`](crate::Entrance) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpRoute {
    /// Method and path, as API Gateway has them: `POST /orders`, `GET /orders/{id}`, `ANY /{proxy+}`.
    pub key: String,
    /// Whether callers need no token.
    pub public: bool,
    /// The place of its rule among those of a load balancer's listener, the lowest first.
    pub priority: Option<u16>,
}

impl HttpRoute {
    /// A route for callers with a token, where the entrance asks for one.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), public: false, priority: None }
    }

    /// A route for every caller: a health check, a webhook that signs its requests.
    #[must_use]
    pub fn public(key: impl Into<String>) -> Self {
        Self { key: key.into(), public: true, priority: None }
    }

    /// The place of its rule among those of a load balancer's [listener](crate::Entrance::load_balancer),
    /// 1 to 50,000, the lowest first. The rules of a listener have priorities of their own each, and
    /// other applications may have some.
    #[must_use]
    pub fn priority(mut self, priority: u16) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Its path as a regular expression, which a load balancer's rule has. The `*` of a rule's plain
    /// patterns takes slashes too, so a public route would open what lies below it.
    ///
    /// ```
    /// use waxseal_catalog::HttpRoute;
    /// assert_eq!(HttpRoute::new("GET /orders/{id}").expression(), "^/orders/[^/]+$");
    /// assert_eq!(HttpRoute::new("ANY /v1.2/{proxy+}").expression(), r"^/v1\.2/.+$");
    /// ```
    #[must_use]
    pub fn expression(&self) -> String {
        let part = |part: &str| match part {
            greedy if greedy.ends_with("+}") => ".+".to_owned(),
            variable if variable.starts_with('{') => "[^/]+".to_owned(),
            text => text.replace('.', r"\."),
        };
        let path = self.key.split_once(" /").map_or("", |(_, path)| path);
        let parts: Vec<String> = path.split('/').map(part).collect();
        format!("^/{}$", parts.join("/"))
    }
}

impl From<&str> for HttpRoute {
    fn from(key: &str) -> Self {
        Self::new(key)
    }
}
