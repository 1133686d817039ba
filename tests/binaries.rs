//! The real function binaries under a Lambda Runtime API.
