//! The name of a service, checked where the service is made.
//!
//! The name is part of a stack's name, of queues and of receipts' keys. AWS would refuse a wrong one at the deploy, long after
//! it was written. A macro could refuse a literal at compile time; the call `Service::new("orders")` would then have two forms.

/// The longest name of a service. With an application, a stage and `-relay` it is the name of a
/// function, which has 64 characters at the most.
pub const LONGEST_SERVICE_NAME: usize = 40;

/// Whether a service can have this name: lower-case letters and digits in words that are joined by
/// `-`, 40 characters at most.
///
/// It is a `const fn`, so a constant can be checked at compile time:
///
/// ```
/// const NAME: &str = "order-intake";
/// const _: () = assert!(waxseal::is_service_name(NAME));
/// assert!(!waxseal::is_service_name("Order Intake"));
/// ```
#[must_use]
pub const fn is_service_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > LONGEST_SERVICE_NAME {
        return false;
    }
    let mut i = 0;
    while i < bytes.len() {
        let sign = bytes[i].is_ascii_lowercase() || bytes[i].is_ascii_digit();
        let joint = bytes[i] == b'-' && i > 0 && i + 1 < bytes.len() && bytes[i - 1] != b'-';
        if !(sign || joint) {
            return false;
        }
        i += 1;
    }
    true
}

/// The name, where it is one.
///
/// # Panics
/// Where it is none. The code is that of the same finding about an application,
/// `waxseal_catalog::FindingCode::ServiceName`.
#[track_caller]
pub(crate) fn checked(name: String) -> String {
    assert!(
        is_service_name(&name),
        "WX0130: `{name}` cannot be the name of a service: take words of a to z and 0 to 9 that are joined by `-`, \
         {LONGEST_SERVICE_NAME} characters at most, such as `order-intake`"
    );
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::service::Service;

    #[test]
    fn a_name_is_one_that_a_queue_and_a_stack_can_have() {
        for good in ["orders", "order-intake", "a", "2fa", &"x".repeat(40)] {
            assert!(is_service_name(good), "{good}");
            assert_eq!(Service::new(good).name(), good);
        }
        for bad in ["", "Orders", "order intake", "order.intake", "order_intake", "-x", "x-", "a--b", "é"] {
            assert!(!is_service_name(bad), "{bad}");
        }
        assert!(!is_service_name(&"x".repeat(41)));
    }

    #[test]
    fn a_bad_name_is_refused_where_the_service_is_made() {
        let panic = std::panic::catch_unwind(|| Service::new("Bad Name")).err().unwrap();
        assert_eq!(
            panic.downcast_ref::<String>().unwrap(),
            "WX0130: `Bad Name` cannot be the name of a service: take words of a to z and 0 to 9 that are joined by \
             `-`, 40 characters at most, such as `order-intake`"
        );
    }
}
