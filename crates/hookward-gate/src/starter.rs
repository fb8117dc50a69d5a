//! A configuration to start from.

/// What `serve` prints where there is no configuration. It is valid once its variable is set.
pub(crate) const TEXT: &str = r#"# hookward: a configuration to start from. `hookward check` says whether it is in order.

# Where accepted webhooks go.
upstream = "http://127.0.0.1:3000"

[listen]
address = "0.0.0.0:8443"
# Without a certificate of your own, a self-signed one is made and kept.
# tls = { certificate = "server.pem", key = "server.key" }

# Submit every scan with properties.developerPayload set to a secret that only you know.
# `hookward secret` makes one; put it into this environment variable.
[developer_payload]
secrets = [{ label = "first", env = "HOOKWARD_PAYLOAD" }]

# Better: recognise Copyleaks' client certificate as well. The list of thumbprints is fetched from
# https://api.copyleaks.com/v2/security/client-certificates and kept current.
# [copyleaks]

[[route]]
path = "/copyleaks/{status}/{scan_id}"
policy = "developer_payload"
# policy = "client_certificate and developer_payload"
"#;
