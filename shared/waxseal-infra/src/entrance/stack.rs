//! What the stack of the bus has for an entrance of each kind.

use serde_json::Value;
use waxseal_catalog::{App, Entrance, EntranceKind};

use crate::entrance::{http_api, rest_api, shared};

/// Its parameters.
pub(crate) fn parameters(entrance: &Entrance) -> Vec<(String, Value)> {
    let own = match entrance.kind {
        EntranceKind::HttpApi if entrance.jwt => shared::jwt_parameters(),
        EntranceKind::RestApi => rest_api::parameters(entrance),
        // A listener's rules check tokens, and they lie with their services.
        _ => Vec::new(),
    };
    let has_parts = entrance.kind != EntranceKind::LoadBalancer;
    has_parts.then(shared::parameter).into_iter().chain(own).collect()
}

/// Its conditions.
pub(crate) fn conditions(entrance: &Entrance) -> Vec<(String, Value)> {
    let has_parts = entrance.kind != EntranceKind::LoadBalancer;
    has_parts.then(shared::has_api).into_iter().collect()
}

/// Its resources.
pub(crate) fn resources(app: &App, entrance: &Entrance) -> Vec<(String, Value)> {
    match entrance.kind {
        EntranceKind::HttpApi => http_api::resources(app, entrance),
        EntranceKind::RestApi => rest_api::resources(app, entrance),
        _ => Vec::new(),
    }
}

/// Its outputs.
pub(crate) fn outputs(app: &App, entrance: &Entrance) -> Vec<(String, Value)> {
    match entrance.kind {
        EntranceKind::HttpApi => http_api::outputs(app, entrance),
        EntranceKind::RestApi => rest_api::outputs(app),
        _ => Vec::new(),
    }
}
