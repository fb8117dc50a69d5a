//! Where a list is fetched from, and how: `[copyleaks]` and `[source_address.list]`.

use core::ops::Range;
use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hookward::Secret;
use hookward_reqwest::hookward_refresh::Config;
use hookward_reqwest::{BearerToken, CopyleaksLogin, Credentials, Endpoint, EndpointBuilder};
use hookward_thumbprint::SpkiPin;
use http::Uri;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

use crate::config::material::Origin;
use crate::config::problem::Findings;
use crate::config::spanned::Spanned;
use crate::config::value::{Size, Span};
use crate::config::{limits, lists, schema};
use crate::file;
use crate::refreshed::Remote;

/// A bundle of every public authority is smaller.
const AUTHORITIES_LIMIT: u64 = 4 << 20;

/// Beyond this, hints are no budget any more.
const MOST_HINTS: u64 = 1000;

/// What the endpoint itself has for defaults, in seconds.
const CONNECT_TIMEOUT: u64 = 10;
const TOTAL_TIMEOUT: u64 = 30;

/// What a fetch may take beyond its own time-out before it is given up for lost.
const GRACE: Duration = Duration::from_secs(10);

/// Reads the section. `default_url` is fetched where the section names no other.
pub(crate) fn read(
    section: &Spanned<schema::Remote>,
    default_url: Option<&str>,
    base: &Path,
    findings: &mut Findings<'_, '_>,
) -> Option<Remote> {
    let fields = section.get_ref();
    let mut settings = Settings::default();
    let connection = Connection::read(fields, base, &mut settings, findings);
    let config = read_config(section, connection.as_ref(), findings);
    let credentials = read_credentials(fields, connection.as_ref(), base, &mut settings, findings);
    let (place, url) = match (&fields.url, default_url) {
        (Some(url), _) => (url.span(), url.get_ref().as_str()),
        (None, Some(default)) => (section.span(), default),
        (None, None) => {
            let expected = "where the list is, such as \"https://lists.example.com/addresses\"";
            findings.missing(Some(&section.span()), "url", expected);
            return None;
        }
    };
    let connection = connection?;
    let mut endpoint = connection.endpoint(url);
    if let Some(pin) = connection.pin {
        endpoint = endpoint.pin(pin);
    }
    let endpoint = endpoint
        .build()
        .map_err(|error| findings.error(&place, error));
    let config = config?;
    settings.add("url", url);
    settings.add("config", format!("{config:?}"));
    Some(Remote {
        endpoint: endpoint.ok()?,
        credentials: credentials?,
        config,
        settings: settings.digest(),
    })
}

/// What is configured, to be compared with what was configured before.
#[derive(Default)]
struct Settings(Sha256);

impl Settings {
    fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        for part in [name.as_bytes(), value.as_ref()] {
            self.0.update((part.len() as u64).to_be_bytes());
            self.0.update(part);
        }
    }

    fn digest(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// How often, how much, how long.
fn read_config(
    section: &Spanned<schema::Remote>,
    connection: Option<&Connection>,
    findings: &mut Findings<'_, '_>,
) -> Option<Config> {
    let fields = section.get_ref();
    let mut config = Config::default();
    let mut time = |setting: &Option<Spanned<Span>>, default: Duration| {
        let range = limits::seconds(1)..=limits::seconds(lists::LONGEST_AGE);
        limits::within(setting.as_ref(), range, Span(default), findings).0
    };
    config.interval = time(&fields.interval, config.interval);
    config.stale_after = time(&fields.stale_after, config.stale_after);
    config.expired_after = time(&fields.expired_after, config.expired_after);
    config.spacing = time(&fields.hint_interval, config.spacing);
    config.hint_refill = time(&fields.hint_refill, config.hint_refill);
    let burst = limits::within(
        fields.hint_burst.as_ref(),
        1..=MOST_HINTS,
        config.hint_burst.into(),
        findings,
    );
    config.hint_burst = u32::try_from(burst).unwrap_or(config.hint_burst);
    let most = Size(config.max_body as u64);
    let body = limits::within(fields.body_limit.as_ref(), Size(1)..=most, most, findings);
    config.max_body = usize::try_from(body.0).unwrap_or(config.max_body);
    // Whoever wants the list often wants it as often after a failure.
    config.least_interval = config.least_interval.min(config.interval);
    config.longest_backoff = config.longest_backoff.min(config.interval);
    config.longest_backoff = config.longest_backoff.max(config.spacing);
    config.fetch_timeout = connection?.total_timeout + GRACE;

    let ages = [
        ("interval", config.interval, &fields.interval),
        ("stale_after", config.stale_after, &fields.stale_after),
        ("expired_after", config.expired_after, &fields.expired_after),
    ];
    for pair in ages.windows(2) {
        let [(shorter, short, one), (longer, long, other)] = pair else {
            continue;
        };
        if short >= long {
            let place = other.as_ref().or(one.as_ref());
            findings.error(
                &place.map_or(section.span(), Spanned::span),
                format_args!(
                    "expected {shorter} ({}) to be shorter than {longer} ({})",
                    Span(*short),
                    Span(*long)
                ),
            );
            return None;
        }
    }
    config
        .check()
        .map_err(|error| findings.error(&section.span(), error))
        .ok()?;
    Some(config)
}

/// How servers are talked to: that of the list, and that of a login.
struct Connection {
    allow_plain_http: bool,
    proxy: Option<String>,
    connect_timeout: Duration,
    total_timeout: Duration,
    roots: Option<Arc<RootCertStore>>,
    /// The key of the list's own server. That of a login may have another.
    pin: Option<SpkiPin>,
}

impl Connection {
    fn read(
        fields: &schema::Remote,
        base: &Path,
        settings: &mut Settings,
        findings: &mut Findings<'_, '_>,
    ) -> Option<Self> {
        let mut time = |setting: &Option<Spanned<Span>>, longest, default| {
            let range = limits::seconds(1)..=limits::seconds(longest);
            limits::within(setting.as_ref(), range, limits::seconds(default), findings).0
        };
        let connect_timeout = time(&fields.connect_timeout, 60, CONNECT_TIMEOUT);
        let total_timeout = time(&fields.timeout, 300, TOTAL_TIMEOUT);
        let roots = match &fields.authorities {
            None => None,
            Some(path) => Some(read_authorities(path, base, settings, findings)?),
        };
        let pin = match &fields.pin {
            None => None,
            Some(text) => Some(read_pin(text, findings)?),
        };
        let proxy = match &fields.proxy {
            None => None,
            Some(url) => Some(read_proxy(url, findings)?),
        };
        let times = format!("{connect_timeout:?} {total_timeout:?}");
        settings.add("times", times);
        settings.add("plain_http", [u8::from(fields.allow_plain_http)]);
        settings.add("pin", fields.pin.as_ref().map_or("", |pin| pin.get_ref()));
        settings.add("proxy", proxy.as_deref().unwrap_or_default());
        Some(Self {
            allow_plain_http: fields.allow_plain_http,
            proxy,
            connect_timeout,
            total_timeout,
            roots,
            pin,
        })
    }

    fn endpoint(&self, url: &str) -> EndpointBuilder {
        let mut endpoint = Endpoint::builder(url)
            .connect_timeout(self.connect_timeout)
            .total_timeout(self.total_timeout);
        if let Some(roots) = &self.roots {
            endpoint = endpoint.roots(Arc::clone(roots));
        }
        if self.allow_plain_http {
            endpoint = endpoint.allow_plain_http();
        }
        if let Some(proxy) = &self.proxy {
            endpoint = endpoint.proxy(proxy);
        }
        endpoint
    }
}

fn read_authorities(
    path: &Spanned<PathBuf>,
    base: &Path,
    settings: &mut Settings,
    findings: &mut Findings<'_, '_>,
) -> Option<Arc<RootCertStore>> {
    let mut read = || {
        let contents = file::read(&base.join(path.get_ref()), AUTHORITIES_LIMIT)
            .map_err(|error| error.to_string())?;
        settings.add("authorities", &contents.bytes);
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&contents.bytes) {
            let certificate =
                certificate.map_err(|error| format!("expected certificates in PEM: {error}"))?;
            roots
                .add(certificate)
                .map_err(|error| format!("expected certificates of authorities: {error}"))?;
        }
        if roots.is_empty() {
            return Err("expected a certificate in PEM, found none".to_owned());
        }
        Ok(Arc::new(roots))
    };
    read()
        .map_err(|error| findings.error(&path.span(), error))
        .ok()
}

/// A proxy that asks for a name and password would have them stand in the configuration.
fn read_proxy(url: &Spanned<String>, findings: &mut Findings<'_, '_>) -> Option<String> {
    let is_good = Uri::try_from(url.get_ref()).is_ok_and(|uri| {
        uri.scheme_str() == Some("http")
            && uri
                .authority()
                .is_some_and(|authority| !authority.as_str().contains('@'))
    });
    if !is_good {
        let expected = "the URL of an HTTP proxy without name and password, such as \
                        \"http://proxy.example:3128\"";
        findings.error(&url.span(), format_args!("expected {expected}"));
        return None;
    }
    Some(url.get_ref().clone())
}

fn read_pin(text: &Spanned<String>, findings: &mut Findings<'_, '_>) -> Option<SpkiPin> {
    let written = text.get_ref();
    let digest = written
        .strip_prefix("sha256:")
        .or(written.strip_prefix("spki-sha256:"))
        .unwrap_or(written);
    // Hexadecimal has 64 digits, and base64 at most 44.
    SpkiPin::from_hex(digest)
        .or_else(|error| SpkiPin::from_base64(digest).map_err(|_| error))
        .map_err(|error| {
            let expected =
                "the SHA-256 of the server's public key, in hexadecimal or base64, after sha256: or not";
            findings.error(&text.span(), format_args!("expected {expected}: {error}"));
        })
        .ok()
}

fn read_credentials(
    fields: &schema::Remote,
    connection: Option<&Connection>,
    base: &Path,
    settings: &mut Settings,
    findings: &mut Findings<'_, '_>,
) -> Option<Credentials> {
    match (&fields.token, &fields.login) {
        (None, None) => Some(Credentials::None),
        (Some(token), None) => {
            let (place, value) = read_credential(token, base, findings)?;
            settings.add("token", &value);
            // Bytes that are no text are refused like any other that no token holds.
            let text = String::from_utf8_lossy(&value);
            BearerToken::new(text)
                .map_err(|error| findings.error(&place, error))
                .ok()
                .map(|token| Credentials::Bearer(Arc::new(token)))
        }
        (None, Some(login)) => read_login(login, connection, base, settings, findings),
        (Some(_), Some(login)) => {
            findings.error(&login.span(), "expected either token or login, not both");
            None
        }
    }
}

fn read_login(
    section: &Spanned<schema::Login>,
    connection: Option<&Connection>,
    base: &Path,
    settings: &mut Settings,
    findings: &mut Findings<'_, '_>,
) -> Option<Credentials> {
    let fields = section.get_ref();
    let email = fields.email.as_ref().map(Spanned::get_ref);
    if email.is_none() {
        let expected = "the address of the account";
        findings.missing(Some(&section.span()), "email", expected);
    }
    let key = match &fields.key {
        Some(key) => read_credential(key, base, findings).and_then(|(place, value)| {
            settings.add("key", &value);
            Secret::new(value)
                .map_err(|error| findings.error(&place, error))
                .ok()
        }),
        None => {
            let expected = "where the key of the account is, such as { env = \"NAME\" }";
            findings.missing(Some(&section.span()), "key", expected);
            None
        }
    };
    let (place, url) = match &fields.url {
        Some(url) => (url.span(), url.get_ref().as_str()),
        None => (section.span(), CopyleaksLogin::URL),
    };
    settings.add("login", url);
    settings.add("email", email.map_or("", String::as_str));
    let endpoint = connection?
        .endpoint(url)
        .build()
        .map_err(|error| findings.error(&place, error));
    CopyleaksLogin::new(endpoint.ok()?, email?, key?)
        .map_err(|error| findings.error(&section.span(), error))
        .ok()
        .map(|login| Credentials::Copyleaks(Arc::new(login)))
}

/// The value of a credential, and where its source stands.
fn read_credential(
    section: &Spanned<schema::Credential>,
    base: &Path,
    findings: &mut Findings<'_, '_>,
) -> Option<(Range<usize>, Vec<u8>)> {
    let fields = section.get_ref();
    let origin = Origin {
        env: fields.env.as_ref(),
        file: fields.file.as_ref(),
        credential: fields.credential.as_ref(),
    };
    origin.read(&section.span(), base, findings)
}
