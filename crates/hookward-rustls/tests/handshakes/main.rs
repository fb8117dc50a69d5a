//! Real handshakes between a rustls client and a rustls server, in both protocol versions, through memory.

extern crate alloc;

mod possession;
mod resumption;
mod support;
