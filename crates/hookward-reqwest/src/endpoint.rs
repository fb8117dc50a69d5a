//! Where a document comes from.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use hookward_thumbprint::SpkiPin;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{Client, Proxy, Url};
use rustls::RootCertStore;
use thiserror::Error;

use crate::tls::{self, Authorities};

/// A URL, and how it may be talked to.
///
/// HTTPS only, unless told otherwise; verified against the authorities of the platform, unless given others; HTTP/1.1, one
/// connection for each fetch, no cookies, no compression. At most three redirects are followed, and none to another
/// scheme, host or port. Proxies come from [`EndpointBuilder::proxy`] alone, and not from the environment.
///
/// ```
/// use hookward_reqwest::{Endpoint, EndpointError};
///
/// # let key = rcgen::KeyPair::generate()?;
/// # let root = rcgen::CertificateParams::default().self_signed(&key)?;
/// # let mut private = rustls::RootCertStore::empty();
/// # private.add(root.der().clone())?;
/// let endpoint = Endpoint::builder("https://lists.example/certificates").roots(private).build()?;
/// assert_eq!(endpoint.url(), "https://lists.example/certificates");
///
/// let refused = Endpoint::builder("http://lists.example/certificates").build();
/// assert!(matches!(refused, Err(EndpointError::PlainHttp)));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Endpoint {
    pub(crate) client: Client,
    pub(crate) url: Url,
    total_timeout: Duration,
}

impl Endpoint {
    /// The most redirects that are followed.
    pub const MAX_REDIRECTS: usize = 3;

    /// An endpoint at `url`.
    pub fn builder(url: impl Into<String>) -> EndpointBuilder {
        EndpointBuilder {
            url: url.into(),
            user_agent: concat!("hookward/", env!("CARGO_PKG_VERSION")).to_owned(),
            roots: None,
            pin: None,
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            plain_http: PlainHttp::Refused,
            proxy: None,
        }
    }

    /// The URL, normalised.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// How long a fetch may take, from its start to the last byte of the body; a login that it needs, and redirects,
    /// included.
    pub fn total_timeout(&self) -> Duration {
        self.total_timeout
    }
}

/// Makes an [`Endpoint`].
#[derive(Clone)]
#[must_use]
pub struct EndpointBuilder {
    url: String,
    user_agent: String,
    roots: Option<Arc<RootCertStore>>,
    pin: Option<SpkiPin>,
    connect_timeout: Duration,
    total_timeout: Duration,
    plain_http: PlainHttp,
    proxy: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum PlainHttp {
    Refused,
    Allowed,
}

impl EndpointBuilder {
    /// What the server is told of who asks. Default: `hookward/` and the version. It cannot be left out: firewalls block
    /// requests that have none.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Believes these authorities and no others. Default: those of the platform, as they are when the endpoint is built.
    pub fn roots(mut self, roots: impl Into<Arc<RootCertStore>>) -> Self {
        self.roots = Some(roots.into());
        self
    }

    /// Wants the server's certificate to have this key, besides being valid. Default: any key.
    ///
    /// A server that changes its key locks everybody out who has pinned it, until the configuration is changed: the list
    /// then goes stale and expires.
    pub fn pin(mut self, pin: SpkiPin) -> Self {
        self.pin = Some(pin);
        self
    }

    /// How long connecting and the TLS handshake may take. Default: ten seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long everything together may take. Default: thirty seconds.
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = timeout;
        self
    }

    /// Takes an `http` URL as well. Anybody on the way can then change the list, and read the credentials: for tests, and
    /// for mirrors on the same machine.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = PlainHttp::Allowed;
        self
    }

    /// Goes through the HTTP proxy at this URL, which may hold a name and password for it. TLS is still spoken with the
    /// endpoint itself. Default: directly.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Puts it together. No connection is made.
    ///
    /// # Errors
    ///
    /// If the URL cannot be used or contradicts an option, a time-out is zero, or TLS cannot be set up; the latter also
    /// where the platform has no authorities.
    pub fn build(self) -> Result<Endpoint, EndpointError> {
        let url = self.url()?;
        for (name, timeout) in [
            ("connect_timeout", self.connect_timeout),
            ("total_timeout", self.total_timeout),
        ] {
            if timeout.is_zero() {
                return Err(EndpointError::ZeroTimeout { name });
            }
        }
        let user_agent = HeaderValue::from_str(self.user_agent.trim())
            .ok()
            .filter(|value| !value.is_empty())
            .ok_or(EndpointError::UserAgent)?;
        let authorities = match self.roots {
            _ if url.scheme() == "http" => Authorities::None,
            Some(roots) => Authorities::Only(roots),
            None => Authorities::Platform,
        };
        let tls = tls::client_config(authorities, self.pin).map_err(EndpointError::Tls)?;
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(self.plain_http == PlainHttp::Refused)
            .user_agent(user_agent)
            .connect_timeout(self.connect_timeout)
            .redirect(same_origin())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .referer(false)
            // What is capped and checked is what was sent, whichever features others have turned on.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate();
        // Without this, the environment would choose.
        client = client.no_proxy();
        if let Some(proxy) = self.proxy {
            client = client.proxy(Proxy::all(proxy).map_err(|_| EndpointError::Proxy)?);
        }
        Ok(Endpoint {
            client: client.build().map_err(EndpointError::Client)?,
            url,
            total_timeout: self.total_timeout,
        })
    }

    fn url(&self) -> Result<Url, EndpointError> {
        let mut url = Url::parse(&self.url).map_err(|_| EndpointError::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if self.plain_http == PlainHttp::Refused => {
                return Err(EndpointError::PlainHttp);
            }
            "http" if self.pin.is_some() => return Err(EndpointError::NothingToPin),
            "http" => {}
            _ => return Err(EndpointError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::UserInfo);
        }
        url.set_fragment(None);
        Ok(url)
    }
}

/// Shows the URL alone: the proxy's may hold a password.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

/// Shows no URL: neither has been looked at, and both may hold a password.
impl fmt::Debug for EndpointBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .field("total_timeout", &self.total_timeout)
            .finish_non_exhaustive()
    }
}

fn same_origin() -> Policy {
    Policy::custom(|attempt| {
        let hops = attempt.previous();
        let elsewhere = hops.last().is_none_or(|from| {
            // Opaque origins equal nothing, not even themselves.
            from.origin() != attempt.url().origin()
        });
        if elsewhere {
            attempt.error("to another origin")
        } else if hops.len() > Endpoint::MAX_REDIRECTS {
            attempt.error("too many times")
        } else {
            attempt.follow()
        }
    })
}

/// Why there is no [`Endpoint`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The text is no absolute URL.
    #[error("it is no URL")]
    NotAUrl,
    /// The URL is neither `https` nor `http`.
    #[error("the URL has to start with https://")]
    Scheme,
    /// The URL is `http`, without [`EndpointBuilder::allow_plain_http`].
    #[error("the URL has to start with https://, as plain http is not allowed")]
    PlainHttp,
    /// The URL holds a user name or password. They would show in logs.
    #[error("the URL holds a user name or a password")]
    UserInfo,
    /// There is a pin, but no TLS.
    #[error("a key cannot be pinned over plain http")]
    NothingToPin,
    /// A time-out of zero.
    #[error("{name} is zero")]
    ZeroTimeout {
        /// Which one.
        name: &'static str,
    },
    /// The user agent is empty or not visible ASCII.
    #[error("the user agent is empty or not visible ASCII")]
    UserAgent,
    /// The URL of the proxy is none.
    #[error("the URL of the proxy is none")]
    Proxy,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[source] rustls::Error),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(
        url: &str,
        change: impl FnOnce(EndpointBuilder) -> EndpointBuilder,
    ) -> Result<Endpoint, EndpointError> {
        change(Endpoint::builder(url).allow_plain_http()).build()
    }

    #[test]
    fn urls_that_cannot_be_used_are_refused() {
        let error = |url| build(url, |b| b).unwrap_err();
        assert!(matches!(error(""), EndpointError::NotAUrl));
        assert!(matches!(error("/certificates"), EndpointError::NotAUrl));
        assert!(matches!(error("file:///etc/passwd"), EndpointError::Scheme));
        assert!(matches!(
            error("http://a@lists.example/"),
            EndpointError::UserInfo
        ));
        assert!(matches!(
            error("http://:b@lists.example/"),
            EndpointError::UserInfo
        ));
    }

    #[test]
    fn plain_http_has_to_be_allowed() {
        let error = Endpoint::builder("http://lists.example/")
            .build()
            .unwrap_err();
        assert!(matches!(error, EndpointError::PlainHttp));
        assert_eq!(
            build("http://lists.example#part", |b| b).unwrap().url(),
            "http://lists.example/"
        );
    }

    #[test]
    fn options_that_contradict_the_url_or_themselves_are_refused() {
        let error = |change: fn(EndpointBuilder) -> EndpointBuilder| {
            build("http://lists.example/", change).unwrap_err()
        };
        assert!(matches!(
            error(|b| b.pin(SpkiPin::of(b""))),
            EndpointError::NothingToPin
        ));
        assert!(matches!(
            error(|b| b.total_timeout(Duration::ZERO)),
            EndpointError::ZeroTimeout {
                name: "total_timeout"
            }
        ));
        assert!(matches!(
            error(|b| b.proxy("http://[")),
            EndpointError::Proxy
        ));
        for agent in [" ", "a\nb", "\u{7}"] {
            let result = build("http://lists.example/", |b| b.user_agent(agent));
            assert!(matches!(result, Err(EndpointError::UserAgent)), "{agent:?}");
        }
    }

    #[test]
    fn no_authorities_at_all_are_refused() {
        let error = Endpoint::builder("https://lists.example/")
            .roots(RootCertStore::empty())
            .build()
            .unwrap_err();
        assert!(matches!(error, EndpointError::Tls(_)), "{error}");
    }
}
