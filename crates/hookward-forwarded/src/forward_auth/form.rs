use core::fmt;
use core::str::FromStr;

use super::ForwardAuthError;
use crate::field::{is_token, only_line};

/// How a proxy asks whether to forward a request, and which answers it understands.
///
/// One form is configured per listener. In text, a form is what [`name`](Self::name) returns.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ForwardAuthForm {
    /// `nginx`: `auth_request`. Method and URI are in `X-Original-Method` and `X-Original-URI`,
    /// which the configuration sets from `$request_method` and `$request_uri`.
    ///
    /// Source: nginx, `ngx_http_auth_request_module`. 2xx admits, 401 and 403 refuse; any other status is
    /// an error, and the sender gets 500. The subrequest has no body.
    Nginx,
    /// `traefik`: `forwardAuth`. Method and URI are in `X-Forwarded-Method` and `X-Forwarded-Uri`.
    ///
    /// Source: Traefik, ForwardAuth middleware. 2xx admits; any other answer is given to the sender.
    ///
    /// Trap: with `trustForwardHeader: true` the client's own headers are believed.
    Traefik,
    /// `caddy`: `forward_auth`. Method and URI are in `X-Forwarded-Method` and `X-Forwarded-Uri`.
    ///
    /// Source: Caddy, `forward_auth` directive. 2xx admits; any other answer is given to the sender. It
    /// asks with GET and no body.
    Caddy,
    /// `haproxy`: the Lua script haproxy-auth-request. Method and URI are in `X-Forwarded-Method`
    /// and `X-Forwarded-Uri`, which the configuration sets before the script runs.
    ///
    /// Source: haproxy-auth-request, README. 2xx admits; the configuration denies anything else, with
    /// 503 where the script's `txn.auth_response_code` is 5xx and 403 otherwise. It asks without a body.
    ///
    /// Trap: the script only sets variables. Without the `deny` rules everything is forwarded.
    Haproxy,
    /// `envoy`: `ext_authz` over HTTP. It asks with the method and URI of the original request.
    ///
    /// Source: Envoy, External Authorization filter. 200 alone admits; 4xx is given to the sender, 5xx becomes
    /// `status_on_error`, which has to be 503. With `with_request_body` the body comes along, and a partial
    /// one is refused here.
    ///
    /// Trap: with `failure_mode_allow: true` Envoy forwards on 5xx and when nothing answers. A
    /// `path_prefix` would become part of the URI.
    Envoy,
}

/// Whether a form can bring the body of the original request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum BodySupport {
    /// Never: a policy that needs the body could not be met.
    Never,
    /// If the proxy is configured so.
    Configured {
        /// The settings, in the proxy's words.
        settings: &'static str,
    },
}

/// What becomes of an answer on its way to the sender.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Relay {
    /// The status to answer the proxy with.
    pub to_proxy: u16,
    /// The status that the sender gets, where the proxy is configured as the form says. `None` if the
    /// request is admitted: then the application answers.
    pub to_sender: Option<u16>,
}

/// The request that a proxy asks about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct OriginalRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, which starts with `/`, still percent-encoded. Its normal form is not checked here.
    pub path: &'a str,
    /// What follows the first `?`.
    pub query: Option<&'a str>,
}

/// Envoy's word on whether the body was cut off.
const PARTIAL_BODY: &str = "x-envoy-auth-partial-body";

impl ForwardAuthForm {
    /// Every form, in the order in which they are documented.
    pub const ALL: [Self; 5] = [
        Self::Nginx,
        Self::Traefik,
        Self::Caddy,
        Self::Haproxy,
        Self::Envoy,
    ];

    /// The name in configurations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Traefik => "traefik",
            Self::Caddy => "caddy",
            Self::Haproxy => "haproxy",
            Self::Envoy => "envoy",
        }
    }

    /// The headers with the original method and URI, in lower case.
    ///
    /// `None` where the question itself has them.
    #[must_use]
    pub const fn headers(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Nginx => Some(("x-original-method", "x-original-uri")),
            Self::Traefik | Self::Caddy | Self::Haproxy => {
                Some(("x-forwarded-method", "x-forwarded-uri"))
            }
            Self::Envoy => None,
        }
    }

    /// Whether the body of the original request can come along.
    #[must_use]
    pub const fn body(self) -> BodySupport {
        match self {
            Self::Nginx | Self::Caddy | Self::Haproxy => BodySupport::Never,
            Self::Traefik => BodySupport::Configured {
                settings: "forwardBody: true and maxBodySize (Traefik 3.3)",
            },
            Self::Envoy => BodySupport::Configured {
                settings: "with_request_body with max_request_bytes and allow_partial_message: false",
            },
        }
    }

    /// What to answer the proxy where the sender itself would be answered `status`.
    ///
    /// Only 2xx admits. A status that is no answer (1xx, 3xx, above 599) is taken as 500.
    ///
    /// ```
    /// use hookward_forwarded::ForwardAuthForm;
    ///
    /// // nginx has no word for "too large"; it must not be an error that makes the sender try again.
    /// let relay = ForwardAuthForm::Nginx.relay(413);
    /// assert_eq!((relay.to_proxy, relay.to_sender), (403, Some(403)));
    /// // Accepted: the application answers.
    /// assert_eq!(ForwardAuthForm::Nginx.relay(200).to_sender, None);
    /// ```
    #[must_use]
    pub const fn relay(self, status: u16) -> Relay {
        let (to_proxy, to_sender) = match (self, status) {
            (_, 200..=299) => {
                return Relay {
                    to_proxy: 200,
                    to_sender: None,
                };
            }
            (Self::Nginx, 400..=499) => (403, 403),
            (Self::Nginx, 500..=599) => (status, 500),
            (Self::Traefik | Self::Caddy, 400..=599) => (status, status),
            (Self::Haproxy, 400..=499) => (status, 403),
            (Self::Haproxy, 500..=599) => (status, 503),
            (Self::Envoy, 400..=499) => (status, status),
            (Self::Envoy, 500..=599) => (status, 503),
            _ => return self.relay(500),
        };
        Relay {
            to_proxy,
            to_sender: Some(to_sender),
        }
    }

    /// The request that the proxy asks about.
    ///
    /// `method` and `uri` are those of the question; `lines` gives the values of all lines of the
    /// header with a name in lower case, in order.
    ///
    /// ```
    /// use hookward_forwarded::ForwardAuthForm;
    ///
    /// let headers = [("x-original-method", "POST"), ("x-original-uri", "/copyleaks/completed/1?a=b")];
    /// let lines = |wanted| {
    ///     let of_name = headers.iter().filter(move |(name, _)| *name == wanted);
    ///     of_name.map(|(_, value)| value.as_bytes())
    /// };
    /// let original = ForwardAuthForm::Nginx.original("GET", "/auth", lines)?;
    /// assert_eq!((original.method, original.path), ("POST", "/copyleaks/completed/1"));
    /// # Ok::<(), hookward_forwarded::ForwardAuthError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Any [`ForwardAuthError`]. There is then nothing to judge: answer 403.
    pub fn original<'a, L>(
        self,
        method: &'a str,
        uri: &'a str,
        lines: impl Fn(&'static str) -> L,
    ) -> Result<OriginalRequest<'a>, ForwardAuthError>
    where
        L: IntoIterator<Item = &'a [u8]>,
    {
        let only =
            |header| only_line(lines(header)).map_err(|_| ForwardAuthError::Repeated { header });
        let (method, uri) = match self.headers() {
            Some((method, uri)) => {
                let required = |header| only(header)?.ok_or(ForwardAuthError::Missing { header });
                (required(method)?, required(uri)?)
            }
            None => {
                // There only with a body.
                if !matches!(only(PARTIAL_BODY)?, None | Some(b"false")) {
                    return Err(ForwardAuthError::PartialBody);
                }
                (method.as_bytes(), uri.as_bytes())
            }
        };
        let method = str::from_utf8(method)
            .ok()
            .filter(|method| !method.is_empty() && method.bytes().all(is_token))
            .ok_or(ForwardAuthError::Method)?;
        let (path, query) = split(uri)?;
        Ok(OriginalRequest {
            method,
            path,
            query,
        })
    }
}

/// Splits a request target in origin form
/// ([RFC 9112, section 3.2.1](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.1)).
fn split(uri: &[u8]) -> Result<(&str, Option<&str>), ForwardAuthError> {
    let foreign = |byte: &u8| !byte.is_ascii_graphic() || *byte == b'#';
    if uri.first() != Some(&b'/') {
        return Err(ForwardAuthError::Uri { offset: 0 });
    }
    if let Some(offset) = uri.iter().position(foreign) {
        return Err(ForwardAuthError::Uri { offset });
    }
    let uri = str::from_utf8(uri).map_err(|_| ForwardAuthError::Uri { offset: 0 })?;
    Ok(match uri.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (uri, None),
    })
}

impl fmt::Display for ForwardAuthForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Reads exactly what [`ForwardAuthForm::name`] returns.
impl FromStr for ForwardAuthForm {
    type Err = ForwardAuthError;

    fn from_str(text: &str) -> Result<Self, ForwardAuthError> {
        Self::ALL
            .into_iter()
            .find(|form| form.name() == text)
            .ok_or(ForwardAuthError::UnknownForm)
    }
}
