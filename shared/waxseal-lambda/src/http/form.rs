//! The form of a request's payload. Its answer has the same one.

#[cfg(any(feature = "alb", feature = "apigateway-rest"))]
use serde::{Deserialize, de::IgnoredAny};

/// Who sent a request, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Version 2.0: a function URL, or an HTTP API.
    Version2,
    /// Version 1.0: an API Gateway REST API, or an HTTP API that is set to it.
    #[cfg(feature = "apigateway-rest")]
    Rest,
    /// An Application Load Balancer.
    #[cfg(feature = "alb")]
    LoadBalancer {
        /// Whether its target group has multi-value headers.
        multi_value: bool,
    },
}

/// The members that tell the forms apart.
#[cfg(any(feature = "alb", feature = "apigateway-rest"))]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marks {
    #[cfg(feature = "apigateway-rest")]
    http_method: Option<IgnoredAny>,
    #[cfg(feature = "alb")]
    multi_value_headers: Option<IgnoredAny>,
    request_context: Context,
}

#[cfg(any(feature = "alb", feature = "apigateway-rest"))]
#[derive(Deserialize)]
struct Context {
    elb: Option<IgnoredAny>,
    #[cfg(feature = "apigateway-rest")]
    http: Option<IgnoredAny>,
}

impl Form {
    /// The form of a payload. A payload of no form counts as version 2.0, whose reader refuses it.
    #[cfg(any(feature = "alb", feature = "apigateway-rest"))]
    pub(crate) fn of(payload: &str) -> Self {
        let Ok(marks) = serde_json::from_str::<Marks>(payload) else { return Self::Version2 };
        if marks.request_context.elb.is_some() {
            #[cfg(feature = "alb")]
            return Self::LoadBalancer { multi_value: marks.multi_value_headers.is_some() };
            #[cfg(not(feature = "alb"))]
            return Self::Version2;
        }
        #[cfg(feature = "apigateway-rest")]
        if marks.http_method.is_some() && marks.request_context.http.is_none() {
            return Self::Rest;
        }
        Self::Version2
    }

    /// The form of a payload. This build reads one.
    #[cfg(not(any(feature = "alb", feature = "apigateway-rest")))]
    pub(crate) fn of(_: &str) -> Self {
        Self::Version2
    }
}
