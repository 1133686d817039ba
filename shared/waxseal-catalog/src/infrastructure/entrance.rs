//! The entrance: one API or one load balancer in front of several services.
//!
//! Authentication, throttling and changes of requests live there once, and a service has its handlers
//! alone. The alternative was a Lambda authorizer: a function more, that every team would write.

/// What the callers of an application reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum EntranceKind {
    /// An HTTP API of API Gateway: the cheapest of them, and its requests are those of a function URL.
    #[default]
    HttpApi,
    /// A REST API of API Gateway, for what HTTP APIs lack: WAF, private endpoints, usage plans. Functions
    /// need the feature `apigateway-rest` of `waxseal-lambda`.
    RestApi,
    /// A listener of an Application Load Balancer that a stage brings. Functions need the feature `alb`
    /// of `waxseal-lambda`.
    LoadBalancer,
}

/// One API or one load balancer in front of the services with [routes](crate::Deployed::route), in the
/// place of their function URLs.
///
/// Each stage brings what its tokens are checked with, as parameters of the stacks. A stage on
/// `LocalStack` has function URLs instead.
///
/// ```
/// use waxseal::Service;
/// use waxseal_catalog::{App, Deployed, Entrance, HttpRoute};
///
/// let entrance = Entrance::new()
///     .jwt()                                   // callers need a token of the stage's issuer
///     .throttle(100, 200)                      // 100 requests a second, 200 at once
///     .header("x-customer", "$context.authorizer.claims.sub"); // whoever asks, not what they say
/// let orders = Deployed::new(Service::new("orders"))
///     .route("POST /orders")
///     .route("GET /orders/{id}")
///     .route(HttpRoute::public("GET /health"));
/// let app = App::new("shop").entrance(entrance).service(orders);
/// assert_eq!(app.services[0].infrastructure.routes.len(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entrance {
    /// What it is.
    pub kind: EntranceKind,
    /// Whether callers of routes that are not public need a JSON Web Token.
    pub jwt: bool,
    /// Requests a second, over all callers; 0 where nothing bounds them.
    pub rate: u32,
    /// Requests at once; 0 where nothing bounds them.
    pub burst: u32,
    /// Headers that every request gets in the place of the caller's, with their values: texts, or
    /// `$context.…`, `$request.…` and `$stageVariables.…` of API Gateway. HTTP APIs alone set them.
    pub headers: Vec<(String, String)>,
}

impl Default for Entrance {
    fn default() -> Self {
        Self { kind: EntranceKind::HttpApi, jwt: false, rate: 100, burst: 200, headers: Vec::new() }
    }
}

impl Entrance {
    /// An HTTP API for every caller: 100 requests a second, 200 at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A REST API for every caller: 100 requests a second, 200 at once. Its name lies in the stage `live`,
    /// and handlers see the paths of their routes without it.
    ///
    /// ```
    /// use waxseal::Service;
    /// use waxseal_catalog::{App, Deployed, Entrance};
    ///
    /// let orders = Deployed::new(Service::new("orders")).route("ANY /orders/{proxy+}");
    /// let app = App::new("shop").entrance(Entrance::rest_api().jwt()).service(orders);
    /// assert!(app.entrance.is_some_and(|entrance| entrance.jwt && entrance.rate == 100));
    /// ```
    #[must_use]
    pub fn rest_api() -> Self {
        Self { kind: EntranceKind::RestApi, ..Self::default() }
    }

    /// A listener of an Application Load Balancer, which each stage brings (`LISTENER_ARN`). Each route
    /// is a rule of that listener, with a [priority](crate::HttpRoute::priority) of its own.
    ///
    /// It bounds no requests: a rule of AWS WAF does, beside the load balancer.
    ///
    /// ```
    /// use waxseal::Service;
    /// use waxseal_catalog::{App, Deployed, Entrance, HttpRoute};
    ///
    /// let orders = Deployed::new(Service::new("orders")).route(HttpRoute::new("POST /orders").priority(10));
    /// let app = App::new("shop").entrance(Entrance::load_balancer()).service(orders);
    /// assert!(app.entrance.is_some_and(|entrance| entrance.rate == 0));
    /// ```
    #[must_use]
    pub fn load_balancer() -> Self {
        Self { kind: EntranceKind::LoadBalancer, rate: 0, burst: 0, ..Self::default() }
    }

    /// Callers need a JSON Web Token. Each stage brings what it is checked with:
    ///
    /// | entrance | variables |
    /// |---|---|
    /// | HTTP API | `JWT_ISSUER`, and `JWT_AUDIENCE`, comma-separated |
    /// | REST API | `USER_POOLS`: the ARNs of the user pools of Cognito that issue identity tokens, comma-separated |
    /// | load balancer | `JWT_ISSUER`, `JWT_AUDIENCE`, and `JWKS_ENDPOINT`, the issuer's public keys; `JWT_AUDIENCE_FORMAT=string-array` where `aud` is a list; the listener is one of HTTPS |
    #[must_use]
    pub fn jwt(mut self) -> Self {
        self.jwt = true;
        self
    }

    /// Requests a second, and at once. What comes beside is answered with 429, and reaches no function.
    /// A load balancer knows no such bound.
    #[must_use]
    pub fn throttle(mut self, rate: u32, burst: u32) -> Self {
        (self.rate, self.burst) = (rate, burst);
        self
    }

    /// A header that every request gets in the place of the caller's own. HTTP APIs alone set headers.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}
