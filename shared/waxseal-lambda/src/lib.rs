//! What Lambda delivers and expects back: sources, batch responses, the runtime loop.
