//! The embedded environment: bus, topics, queues, tables and functions in one process.
