//! Names that no field inside `$or` may have.

/// Names that the engine keeps for itself inside `$or`.
///
/// Source: `RESERVED_FIELD_NAMES_IN_OR_RELATIONSHIP` of `aws/event-ruler`.
pub(crate) const RESERVED: [&str; 24] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];
