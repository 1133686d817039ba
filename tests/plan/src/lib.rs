//! The package of the tests in `tests/plan`, which keep the plan.
