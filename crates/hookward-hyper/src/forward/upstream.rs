use core::fmt;
use core::str::FromStr;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use thiserror::Error;

/// The application that accepted requests go to: `http://host[:port][/base]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Upstream {
    authority: Authority,
    base: String,
}

/// Why a text names no upstream.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum UpstreamError {
    /// It is no URL.
    #[error("expected a URL such as http://127.0.0.1:8080")]
    NotAUrl,
    /// The scheme is not http. The application is meant to be on the same host or network.
    #[error("expected the scheme http, not {found}")]
    Scheme {
        /// The scheme.
        found: String,
    },
    /// There is a user name or password in it.
    #[error("expected no user name in the URL")]
    UserInfo,
    /// There is a query in it.
    #[error("expected no query in the URL")]
    Query,
    /// The path has dot segments or empty segments.
    #[error("expected a base path without dot segments and empty segments")]
    Base,
}

impl Upstream {
    /// The name or address of the host. An IPv6 address is without its brackets.
    pub(crate) fn host(&self) -> &str {
        let host = self.authority.host();
        host.strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
    }

    pub(crate) fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(80)
    }

    pub(crate) fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// The target for a request: path and query in the very form that was judged, after the base.
    pub(crate) fn target(&self, request: &Uri) -> Result<Uri, http::Error> {
        let root = PathAndQuery::from_static("/");
        let path_and_query = request.path_and_query().unwrap_or(&root);
        if self.base.is_empty() {
            return Ok(path_and_query.clone().into());
        }
        Uri::builder()
            .path_and_query(format!("{}{path_and_query}", self.base))
            .build()
    }
}

impl FromStr for Upstream {
    type Err = UpstreamError;

    /// Reads `http://host[:port][/base]`.
    ///
    /// # Errors
    /// [`UpstreamError`] says what is wrong with it.
    fn from_str(text: &str) -> Result<Self, UpstreamError> {
        let uri: Uri = text.parse().map_err(|_| UpstreamError::NotAUrl)?;
        let scheme = uri.scheme().ok_or(UpstreamError::NotAUrl)?;
        if *scheme != Scheme::HTTP {
            return Err(UpstreamError::Scheme {
                found: scheme.to_string(),
            });
        }
        let authority = uri.authority().ok_or(UpstreamError::NotAUrl)?;
        if authority.as_str().contains('@') {
            return Err(UpstreamError::UserInfo);
        }
        if authority.host().is_empty() || authority.as_str().ends_with(':') {
            return Err(UpstreamError::NotAUrl);
        }
        if uri.query().is_some() {
            return Err(UpstreamError::Query);
        }
        let base = uri.path().strip_suffix('/').unwrap_or(uri.path());
        let broken = |segment: &str| matches!(segment, "" | "." | "..");
        if base.split('/').skip(1).any(broken) {
            return Err(UpstreamError::Base);
        }
        Ok(Self {
            base: base.to_owned(),
            authority: authority.clone(),
        })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_printed() {
        for (text, printed) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://app/", "http://app"),
            ("http://[::1]:80/base/", "http://[::1]:80/base"),
        ] {
            assert_eq!(text.parse::<Upstream>().unwrap().to_string(), printed);
        }
        let upstream: Upstream = "http://[::1]/".parse().unwrap();
        assert_eq!((upstream.host(), upstream.port()), ("::1", 80));
    }

    #[test]
    fn what_is_no_upstream_is_refused() {
        for (text, error) in [
            ("", UpstreamError::NotAUrl),
            ("http://", UpstreamError::NotAUrl),
            ("http://a:b@app", UpstreamError::UserInfo),
            ("http://app?x=1", UpstreamError::Query),
            ("http://app/a/../b", UpstreamError::Base),
            ("http://app//b", UpstreamError::Base),
            (
                "https://app",
                UpstreamError::Scheme {
                    found: "https".into(),
                },
            ),
            ("app:8080", UpstreamError::NotAUrl),
        ] {
            assert_eq!(text.parse::<Upstream>(), Err(error), "{text}");
        }
    }

    #[test]
    fn the_target_is_what_was_asked_for_after_the_base() {
        let target = |upstream: &str, uri: &str| {
            let upstream: Upstream = upstream.parse().unwrap();
            upstream.target(&uri.parse().unwrap()).unwrap().to_string()
        };
        assert_eq!(target("http://app", "/a/%3B;b?c=%2F&d"), "/a/%3B;b?c=%2F&d");
        assert_eq!(target("http://app/base", "https://x/a?b"), "/base/a?b");
    }
}
