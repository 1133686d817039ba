//! `waxseal new`: a workspace.

use crate::{
    arguments, changes::Changes, error::Error, fill::fill, name::Name, source::Source, stacks::stacks,
};

macro_rules! files {
    ($($path:literal: $template:literal,)*) => {
        &[$(($path, include_str!(concat!("../templates/workspace/", $template)))),*]
    };
}

/// The files of a workspace, each with its template.
const FILES: &[(&str, &str)] = files![
    ".github/workflows/ci.yml": "ci/ci.yml.in",
    ".gitignore": "gitignore.in",
    "Cargo.toml": "Cargo.toml.in",
    "Makefile": "Makefile.in",
    "README.md": "README.md.in",
    "app/Cargo.toml": "app/Cargo.toml.in",
    "app/src/customers.rs": "app/src/customers.rs",
    "app/src/lib.rs": "app/src/lib.rs",
    "app/src/main.rs": "app/src/main.rs",
    "app/tests/bad_day.rs": "app/tests/bad_day.rs",
    "events/Cargo.toml": "events/Cargo.toml.in",
    "events/src/lib.rs": "events/src/lib.rs",
    "events/src/order_placed.rs": "events/src/order_placed.rs",
    "events/src/parcel_shipped.rs": "events/src/parcel_shipped.rs",
    "relay/Cargo.toml": "relay/Cargo.toml.in",
    "relay/src/main.rs": "relay/src/main.rs",
    "services/orders/Cargo.toml": "orders/Cargo.toml.in",
    "services/orders/src/http.rs": "orders/src/http.rs",
    "services/orders/src/lib.rs": "orders/src/lib.rs",
    "services/orders/src/main.rs": "orders/src/main.rs",
    "services/orders/src/order.rs": "orders/src/order.rs",
    "services/orders/src/orders.rs": "orders/src/orders.rs",
    "services/orders/tests/decisions.rs": "orders/tests/decisions.rs",
    "services/shipping/src/lib.rs": "shipping/src/lib.rs",
    "services/shipping/src/ship_order.rs": "shipping/src/ship_order.rs",
    "services/shipping/tests/ship_order.rs": "shipping/tests/ship_order.rs",
];

/// The manifest and the entry of a service without HTTP. `add service` writes the same.
pub(crate) const SERVICE_MANIFEST: &str = include_str!("../templates/add/service.toml.in");
pub(crate) const SERVICE_MAIN: &str = include_str!("../templates/add/service_main.rs");

/// Writes a workspace into a folder of its name. The result says which files, and the next step.
pub(crate) fn new(typed: &arguments::New) -> Result<String, Error> {
    let name = Name::application(&typed.name)?;
    for service in ["orders", "shipping"] {
        Name::service(service, name.as_str())?;
    }
    let source = Source::of(typed)?;
    let root = typed.within.join(name.as_str());
    if root.exists() {
        return Err(Error::Exists(root));
    }
    let mut changes = Changes::below(&root);
    let (module, waxseal) = (name.snake(), source.dependencies());
    let names = [("app", name.as_str()), ("app_module", module.as_str()), ("waxseal", waxseal.as_str())];
    for (path, template) in FILES {
        changes.create(*path, fill(template, &names));
    }
    let events = format!("{}-events", name.as_str());
    let shipping = [("service", "shipping"), ("service_module", "shipping"), ("events", events.as_str())];
    changes.create("services/shipping/Cargo.toml", fill(SERVICE_MANIFEST, &shipping));
    changes.create("services/shipping/src/main.rs", fill(SERVICE_MAIN, &shipping));
    let stacks = stacks(name.as_str()).map_err(|error| Error::Unfit(error.to_string()))?;
    for stack in stacks {
        changes.create(format!("infra/stacks/{}.yaml", stack.name), stack.to_yaml());
    }
    let report = changes.write()?;
    Ok(format!("{report}\nNext: cd {} && make test && make run", root.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in() {
        let names = [("app", "shop"), ("app_module", "shop"), ("waxseal", "")];
        for (path, template) in FILES {
            let text = fill(template, &names);
            assert!(!text.contains("{{"), "{path}: {text}");
        }
    }
}
