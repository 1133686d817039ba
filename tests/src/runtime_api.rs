//! A stand-in for Lambda's Runtime API.
