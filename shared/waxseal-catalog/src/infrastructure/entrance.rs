//! The entrance: one HTTP API in front of several services.
//!
//! Authentication, throttling and changes of requests live there once, and a service has its handlers
//! alone. The alternative was a Lambda authorizer: a function more, that every team would write.

/// One HTTP API of API Gateway in front of the services with [routes](crate::Deployed::route), in the
/// place of their function URLs.
///
/// Each stage brings issuer and audience of its tokens, as parameters of the bus's stack. A stage on
/// `LocalStack` has function URLs instead: it knows no HTTP APIs.
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
    /// Whether callers of routes that are not public need a JSON Web Token.
    pub jwt: bool,
    /// Requests a second, over all callers.
    pub rate: u32,
    /// Requests at once.
    pub burst: u32,
    /// Headers that every request gets in the place of the caller's, with their values: texts, or
    /// `$context.…`, `$request.…` and `$stageVariables.…` of API Gateway.
    pub headers: Vec<(String, String)>,
}

impl Default for Entrance {
    fn default() -> Self {
        Self { jwt: false, rate: 100, burst: 200, headers: Vec::new() }
    }
}

impl Entrance {
    /// An entrance for every caller: 100 requests a second, 200 at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Callers need a JSON Web Token. Each stage brings its issuer (`JWT_ISSUER`) and its audiences
    /// (`JWT_AUDIENCE`, comma-separated).
    #[must_use]
    pub fn jwt(mut self) -> Self {
        self.jwt = true;
        self
    }

    /// Requests a second, and at once. What comes beside is answered with 429, and reaches no function.
    #[must_use]
    pub fn throttle(mut self, rate: u32, burst: u32) -> Self {
        (self.rate, self.burst) = (rate, burst);
        self
    }

    /// A header that every request gets in the place of the caller's own.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}
