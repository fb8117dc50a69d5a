//! The form of the configuration file: every table and key that there is.
//!
//! Every field is optional here, so that one mistake does not hide another. What is required is
//! said where the value is used.

use core::net::SocketAddr;
use std::path::PathBuf;

use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::Value;
use toml::value::Datetime;

use crate::config::spanned::Spanned;
use crate::config::value::{Address, Size, Span};

/// The whole file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "hookward.toml")]
pub(crate) struct File {
    pub(crate) upstream: Option<Spanned<String>>,
    pub(crate) state: Option<Spanned<PathBuf>>,
    pub(crate) listen: Option<Spanned<Listen>>,
    pub(crate) forward_auth: Option<Spanned<ForwardAuth>>,
    pub(crate) admin: Option<Spanned<Admin>>,
    pub(crate) log: Option<Spanned<Log>>,
    pub(crate) reload: Option<Spanned<Reload>>,
    pub(crate) limits: Option<Spanned<Limits>>,
    pub(crate) lint: Option<Spanned<Lint>>,
    pub(crate) client_certificate: Option<Spanned<ClientCertificate>>,
    pub(crate) copyleaks: Option<Spanned<Remote>>,
    pub(crate) header_secret: Option<Spanned<HeaderSecret>>,
    pub(crate) developer_payload: Option<Spanned<DeveloperPayload>>,
    pub(crate) source_address: Option<Spanned<SourceAddress>>,
    pub(crate) firewall: Option<Spanned<Firewall>>,
    pub(crate) route: Vec<Spanned<Route>>,
}

/// `[listen]`: where webhooks come in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct Listen {
    pub(crate) address: Option<Spanned<Address>>,
    pub(crate) tls: Option<Spanned<Tls>>,
    pub(crate) server_names: Vec<Spanned<String>>,
    pub(crate) unix: Option<Spanned<PathBuf>>,
    pub(crate) protocol: Option<Spanned<Protocol>>,
    pub(crate) proxies: Option<Spanned<Vec<Spanned<String>>>>,
    pub(crate) proxy_protocol: Option<Spanned<ProxyProtocol>>,
    pub(crate) forwarded: Option<Spanned<Forwarded>>,
}

/// `listen.protocol`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    /// TLS ends here.
    #[default]
    Https,
    /// TLS ended at a proxy.
    Http,
}

/// `listen.proxy_protocol`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProxyProtocol {
    /// No connection has a header; one that does is none that can be read.
    #[default]
    Refuse,
    /// Every connection has one.
    Require,
}

/// `listen.forwarded` and `forward_auth.forwarded`: what the proxies say of their clients.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a table with certificate and address"
)]
pub(crate) struct Forwarded {
    pub(crate) certificate: Option<Spanned<ForwardedCertificate>>,
    pub(crate) address: Option<Spanned<ForwardedAddress>>,
}

/// `forwarded.certificate`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a table such as { form = \"der-base64\", header = \"x-client-cert\" }"
)]
pub(crate) struct ForwardedCertificate {
    pub(crate) form: Option<Spanned<String>>,
    pub(crate) header: Option<Spanned<String>>,
}

/// `forwarded.address`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a table such as { form = \"x-forwarded-for\" }"
)]
pub(crate) struct ForwardedAddress {
    pub(crate) form: Option<Spanned<String>>,
    pub(crate) hops: Option<Spanned<usize>>,
}

/// `[forward_auth]`: where a proxy asks before it forwards.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct ForwardAuth {
    pub(crate) form: Option<Spanned<String>>,
    pub(crate) address: Option<Spanned<Address>>,
    pub(crate) unix: Option<Spanned<PathBuf>>,
    pub(crate) proxies: Option<Spanned<Vec<Spanned<String>>>>,
    pub(crate) forwarded: Option<Spanned<Forwarded>>,
}

/// `listen.tls`: the server's own certificate.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a table with certificate and key"
)]
pub(crate) struct Tls {
    pub(crate) certificate: Option<Spanned<PathBuf>>,
    pub(crate) key: Option<Spanned<PathBuf>>,
}

/// `[admin]`: where the gate answers questions about itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct Admin {
    pub(crate) enabled: Option<Spanned<bool>>,
    pub(crate) address: Option<Spanned<SocketAddr>>,
    pub(crate) hosts: Vec<Spanned<String>>,
}

/// `[log]`: what is written, and how.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct Log {
    pub(crate) format: Option<LogFormat>,
    pub(crate) filter: Option<Spanned<String>>,
}

/// `log.format`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// `[lint]`: which warnings of `check` nobody wants.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct Lint {
    pub(crate) allow: Vec<Spanned<String>>,
}

/// `[reload]`: when the configuration is read again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct Reload {
    pub(crate) watch: bool,
}

impl Default for Reload {
    fn default() -> Self {
        Self { watch: true }
    }
}

/// `[limits]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct Limits {
    pub(crate) connections: Option<Spanned<u64>>,
    pub(crate) connections_per_source: Option<Spanned<u64>>,
    pub(crate) handshakes: Option<Spanned<u64>>,
    pub(crate) concurrent_streams: Option<Spanned<u64>>,
    pub(crate) header_bytes: Option<Spanned<Size>>,
    pub(crate) header_count: Option<Spanned<u64>>,
    pub(crate) handshake_timeout: Option<Spanned<Span>>,
    pub(crate) header_timeout: Option<Spanned<Span>>,
    pub(crate) idle_timeout: Option<Spanned<Span>>,
    pub(crate) stalled_answer_timeout: Option<Spanned<Span>>,
    pub(crate) body_timeout: Option<Spanned<Span>>,
    pub(crate) body_idle_timeout: Option<Spanned<Span>>,
    pub(crate) request_timeout: Option<Spanned<Span>>,
    pub(crate) upstream_connect_timeout: Option<Spanned<Span>>,
    pub(crate) upstream_idle_timeout: Option<Spanned<Span>>,
    pub(crate) upstream_idle_connections: Option<Spanned<u64>>,
    pub(crate) shutdown_timeout: Option<Spanned<Span>>,
    pub(crate) buffered_bytes: Option<Spanned<Size>>,
    pub(crate) buffered_bytes_per_connection: Option<Spanned<Size>>,
    pub(crate) buffered_bytes_per_source: Option<Spanned<Size>>,
    pub(crate) body: Option<Spanned<Size>>,
    pub(crate) depth: Option<Spanned<u64>>,
    pub(crate) retry_after: Option<Spanned<Span>>,
}

/// `[client_certificate]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct ClientCertificate {
    pub(crate) thumbprints: Option<Spanned<Thumbprints>>,
    pub(crate) validity_dates: Option<ValidityDates>,
    pub(crate) sha1: Option<Sha1>,
}

/// `client_certificate.thumbprints`: where the list is, and how long it is trusted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a table such as { file = \"thumbprints.json\" }"
)]
pub(crate) struct Thumbprints {
    pub(crate) file: Option<Spanned<PathBuf>>,
    pub(crate) expires_after: Option<Spanned<Span>>,
}

/// `client_certificate.validity_dates`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ValidityDates {
    /// A listed certificate has to be within its dates.
    #[default]
    Enforce,
    /// The list alone decides.
    Ignore,
}

/// `client_certificate.sha1`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sha1 {
    /// A list may have SHA-1 thumbprints.
    #[default]
    Accept,
    /// A list that has one is refused.
    Refuse,
}

/// `[header_secret]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct HeaderSecret {
    pub(crate) header: Option<Spanned<String>>,
    pub(crate) secrets: Option<Spanned<Vec<Spanned<Secret>>>>,
    pub(crate) audience: Option<Spanned<String>>,
    pub(crate) derived: Option<Spanned<Derived>>,
    pub(crate) sealed: Option<Spanned<Sealed>>,
    pub(crate) forward: Option<Spanned<bool>>,
}

impl HeaderSecret {
    /// Whether the header goes on to the application.
    pub(crate) fn forwards(&self) -> bool {
        self.forward.as_ref().is_some_and(|it| *it.get_ref())
    }
}

/// `[developer_payload]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct DeveloperPayload {
    pub(crate) secrets: Option<Spanned<Vec<Spanned<Secret>>>>,
    pub(crate) audience: Option<Spanned<String>>,
    pub(crate) derived: Option<Spanned<Derived>>,
    pub(crate) sealed: Option<Spanned<Sealed>>,
}

/// `derived`: a secret for each scan, made from a key.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a table such as { keys = [{ label = \"2026-11\", env = \"NAME\" }] }"
)]
pub(crate) struct Derived {
    pub(crate) keys: Option<Spanned<Vec<Spanned<Secret>>>>,
}

/// `sealed`: a token for each scan, good until it expires.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a table such as { keys = [{ label = \"2026-11\", env = \"NAME\" }] }"
)]
pub(crate) struct Sealed {
    pub(crate) keys: Option<Spanned<Vec<Spanned<Secret>>>>,
    pub(crate) lifetime: Option<Spanned<Span>>,
    pub(crate) clock_skew: Option<Spanned<Span>>,
}

/// One entry of `secrets` or `keys`. The secret itself never stands in the configuration.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a table such as { label = \"2026-11\", env = \"NAME\" }"
)]
pub(crate) struct Secret {
    pub(crate) label: Option<Spanned<String>>,
    pub(crate) env: Option<Spanned<String>>,
    pub(crate) file: Option<Spanned<PathBuf>>,
    pub(crate) credential: Option<Spanned<String>>,
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub(crate) not_before: Option<Spanned<Datetime>>,
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub(crate) not_after: Option<Spanned<Datetime>>,
}

/// `[source_address]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct SourceAddress {
    pub(crate) allow: Option<Spanned<Vec<Spanned<String>>>>,
    pub(crate) except: Vec<Spanned<String>>,
    pub(crate) file: Option<Spanned<PathBuf>>,
    pub(crate) list: Option<Spanned<Remote>>,
}

/// `[firewall]`: the header that the firewall in front knows webhooks by.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct Firewall {
    pub(crate) header: Option<Spanned<String>>,
    pub(crate) secrets: Option<Spanned<Vec<Spanned<Secret>>>>,
}

/// `[copyleaks]` and `[source_address.list]`: a list that is fetched, and kept current.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct Remote {
    pub(crate) url: Option<Spanned<String>>,
    pub(crate) allow_plain_http: bool,
    pub(crate) proxy: Option<Spanned<String>>,
    pub(crate) authorities: Option<Spanned<PathBuf>>,
    pub(crate) pin: Option<Spanned<String>>,
    pub(crate) token: Option<Spanned<Credential>>,
    pub(crate) login: Option<Spanned<Login>>,
    pub(crate) interval: Option<Spanned<Span>>,
    pub(crate) stale_after: Option<Spanned<Span>>,
    pub(crate) expired_after: Option<Spanned<Span>>,
    pub(crate) hint_interval: Option<Spanned<Span>>,
    pub(crate) hint_burst: Option<Spanned<u64>>,
    pub(crate) hint_refill: Option<Spanned<Span>>,
    pub(crate) connect_timeout: Option<Spanned<Span>>,
    pub(crate) timeout: Option<Spanned<Span>>,
    pub(crate) body_limit: Option<Spanned<Size>>,
}

/// `token`, and the `key` of a login. The value never stands in the configuration.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a table such as { env = \"NAME\" } or { file = \"PATH\" }"
)]
pub(crate) struct Credential {
    pub(crate) env: Option<Spanned<String>>,
    pub(crate) file: Option<Spanned<PathBuf>>,
    pub(crate) credential: Option<Spanned<String>>,
}

/// `login`: a Copyleaks account.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a table such as { email = \"a@example.com\", key = { env = \"NAME\" } }"
)]
pub(crate) struct Login {
    pub(crate) url: Option<Spanned<String>>,
    pub(crate) email: Option<Spanned<String>>,
    pub(crate) key: Option<Spanned<Credential>>,
}

/// One `[[route]]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct Route {
    pub(crate) path: Option<Spanned<String>>,
    pub(crate) event: Option<Spanned<String>>,
    pub(crate) policy: Option<Spanned<String>>,
    pub(crate) trial: Option<Spanned<String>>,
    pub(crate) body_limit: Option<Spanned<Size>>,
}

/// The JSON Schema of the whole file, for editors. It knows every table and key, and the types of
/// their values; what belongs together is for `hookward check` to say.
pub(crate) fn json_schema() -> Schema {
    SchemaSettings::draft2020_12()
        .with_transform(without_null)
        .into_generator()
        .into_root_schema_for::<File>()
}

/// What may be left out is never null: TOML has no null.
fn without_null(schema: &mut Schema) {
    transform_subschemas(&mut without_null, schema);
    let is_null = |value: &Value| *value == "null" || value["type"] == "null";
    for key in ["type", "anyOf"] {
        let Some(Value::Array(alternatives)) = schema.get_mut(key) else {
            continue;
        };
        alternatives.retain(|value| !is_null(value));
        if let [only] = alternatives.as_mut_slice() {
            let only = only.take();
            schema.remove(key);
            match only {
                Value::Object(fields) => schema.ensure_object().extend(fields),
                only => drop(schema.insert(key.to_owned(), only)),
            }
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}
