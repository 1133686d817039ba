//! The plan of the house is kept by `tests/plan`.
