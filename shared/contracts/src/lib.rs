//! The order platform's public events and commands: the only thing its services share.
