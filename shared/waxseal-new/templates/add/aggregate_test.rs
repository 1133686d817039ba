//! The decisions of `{{aggregate}}`: given, when, then.

use waxseal_testing::given;
use {{service_module}}::{{{Aggregate}}, {{Aggregate}}Refused, {{Aggregate}}State, Open{{Aggregate}}};

#[test]
fn it_is_opened_once() {
    let open = || Open{{Aggregate}} { id: "1".into() };
    given({{Aggregate}}, None)
        .when(open())
        .then({{Aggregate}}State { changes: 1 }, ())
        .when(open())
        .then_refused({{Aggregate}}Refused::Exists("1".into()));
}
