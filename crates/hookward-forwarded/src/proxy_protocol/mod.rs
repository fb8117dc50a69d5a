//! The PROXY protocol, versions 1 and 2.
//!
//! Source: [The PROXY protocol](https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt), sections 2.1 and 2.2.

mod error;
mod header;
mod parser;
mod tlv;
mod v1;
mod v2;

pub use error::ProxyProtocolError;
pub use header::{ProxiedConnection, ProxyHeader, ProxyVersion};
pub use parser::{MAX_PROXY_HEADER_LEN, Progress, ProxyProtocol};
pub use tlv::{ProxiedTls, Tlv};
