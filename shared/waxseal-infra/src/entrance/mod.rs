//! The entrance of an application: an API in the stack that all services share, or a listener that a
//! stage brings.
//!
//! Services never wait for each other's stacks: an HTTP API lies in the bus's stack and gets each
//! service's routes from that service's. A REST API needs all routes before it is deployed, so it lies
//! there as a whole and calls functions by their names. A listener's rules lie with their services.
//! A stage may take function URLs instead: `LocalStack` has neither HTTP APIs nor load balancers.

mod http_api;
mod rest_api;
mod shared;
mod stack;

pub(crate) use self::{
    http_api::{authorizer_export, export_name as api_export},
    rest_api::{STAGE as REST_STAGE, export_name as rest_api_export},
    shared::{HAS_API, HAS_URL, has_api, has_url, jwt_parameters, parameter},
    stack::{conditions, outputs, parameters, resources},
};
