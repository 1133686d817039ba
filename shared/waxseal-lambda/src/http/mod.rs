//! HTTP: the service sees the types of the crate `http`, whoever calls it.
//!
//! The request is made of the payload's own members and of no URL. `lambda_http` builds a URL from the headers `Host` and
//! `X-Forwarded-Proto`, which strangers choose, and panics where they make none.

mod form;
mod queries;
mod request;
mod response;
mod service;
#[cfg(any(feature = "alb", feature = "apigateway-rest"))]
mod version1;

pub use queries::Queries;
pub(crate) use response::unavailable;
pub(crate) use service::{AnyHttp, erase};
