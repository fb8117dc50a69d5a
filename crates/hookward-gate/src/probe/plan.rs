//! What is sent: webhooks like those of Copyleaks, and others that only a firewall would mind.

use core::fmt::{self, Display};

use hookward::HeaderName;
use http::uri::{Scheme, Uri};
use zeroize::Zeroizing;

/// What stands for the id of a scan.
const SCAN_ID: &str = "hookward-probe";

/// Longer than many firewalls read, shorter than a report on a long text.
const LONG: usize = 512 << 10;

/// What a report quotes: other people's texts, some of which are about attacks.
const QUOTED: &str = concat!(
    r#"{"status":0,"scannedDocument":{"scanId":"hookward-probe","totalWords":8},"results":{"#,
    r#""internet":[{"id":"1","title":"How <script>alert(document.cookie)</script> works","#,
    r#""introduction":"SELECT * FROM users WHERE name = '' OR 1=1; -- ../../../../etc/passwd"}],"#,
    r#""score":{"aggregatedScore":12.5}}}"#,
);

const PLAIN: &str = concat!(
    r#"{"status":0,"scannedDocument":{"scanId":"hookward-probe","totalWords":8},"#,
    r#""results":{"internet":[],"score":{"aggregatedScore":0}}}"#,
);

/// The header by which a firewall may know webhooks.
pub(super) struct Header {
    pub(super) name: HeaderName,
    pub(super) secret: Zeroizing<String>,
}

/// How a request uses the header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Use {
    Without,
    With,
    /// Another value of the same length.
    Wrong,
    Twice,
}

/// What is in a request besides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Plain,
    Quoted,
    Long,
    Nameless,
}

/// One request of the plan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Planned {
    pub(super) kind: Kind,
    pub(super) header: Use,
}

/// Where all of them go.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
    /// The value of `Host`.
    pub(super) authority: String,
    /// The path, with its query.
    pub(super) path: String,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Plain, Self::Quoted, Self::Long, Self::Nameless];

    pub(super) fn body(self) -> Vec<u8> {
        match self {
            Self::Plain | Self::Nameless => PLAIN.into(),
            Self::Quoted => QUOTED.into(),
            Self::Long => {
                let words = "word ".repeat(LONG / 5);
                format!(r#"{{"status":0,"text":"{words}"}}"#).into()
            }
        }
    }

    pub(super) const fn user_agent(self) -> Option<&'static str> {
        match self {
            Self::Nameless => None,
            _ => Some("hookward-probe"),
        }
    }
}

/// At most a dozen requests; those with the header only if there is one.
pub(super) fn requests(has_header: bool) -> Vec<Planned> {
    let uses: &[Use] = if has_header {
        &[Use::Without, Use::With]
    } else {
        &[Use::Without]
    };
    let mut planned: Vec<_> = Kind::ALL
        .into_iter()
        .flat_map(|kind| uses.iter().map(move |&header| Planned { kind, header }))
        .collect();
    if has_header {
        planned.extend([Use::Wrong, Use::Twice].map(|header| Planned {
            kind: Kind::Quoted,
            header,
        }));
    }
    planned
}

impl Planned {
    /// The values of the header, one for each line.
    pub(super) fn values(self, header: Option<&Header>) -> Vec<Zeroizing<String>> {
        let Some(Header { secret, .. }) = header else {
            return Vec::new();
        };
        match self.header {
            Use::Without => Vec::new(),
            Use::With => vec![secret.clone()],
            Use::Wrong => vec![Zeroizing::new("x".repeat(secret.len()))],
            Use::Twice => vec![secret.clone(), secret.clone()],
        }
    }

    /// The request as it is sent, but for the secret and most of the body.
    pub(super) fn shown(self, target: &Target, header: Option<&Header>) -> String {
        let body = self.kind.body();
        let mut text = format!(
            "POST {} HTTP/1.1\n  host: {}\n  content-type: application/json\n  content-length: {}\n",
            target.path,
            target.authority,
            body.len()
        );
        if let Some(name) = self.kind.user_agent() {
            text += &format!("  user-agent: {name}\n");
        }
        if let Some(Header { name, .. }) = header {
            let value = match self.header {
                Use::Wrong => "<another value of the same length>",
                _ => "<the secret>",
            };
            for _ in self.values(header) {
                text += &format!("  {name}: {value}\n");
            }
        }
        let shown = String::from_utf8_lossy(&body[..body.len().min(72)]).into_owned();
        let more = if body.len() > shown.len() { " …" } else { "" };
        text + &format!("  {shown}{more}")
    }
}

impl Target {
    /// Reads a URL, in which `{status}` and `{scan_id}` are replaced.
    pub(super) fn parse(url: &str) -> Result<Self, &'static str> {
        let url = url
            .replace("{status}", "completed")
            .replace("{STATUS}", "completed")
            .replace("{scan_id}", SCAN_ID);
        let expected =
            "expected a URL such as https://hooks.example.com/copyleaks/{status}/{scan_id}";
        let uri: Uri = url.parse().map_err(|_| expected)?;
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(expected),
        };
        let authority = uri.authority().ok_or(expected)?;
        if authority.as_str().contains('@') {
            return Err("expected a URL without name and password");
        }
        let host = authority.host();
        // A port that is none must not send the secret to another.
        let port = match authority.as_str().strip_prefix(host) {
            Some("" | ":") => Some(if tls { 443 } else { 80 }),
            _ => authority.port_u16().filter(|port| *port > 0),
        };
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        Ok(Self {
            host: host.to_owned(),
            port: port.ok_or("expected a port from 1 to 65535")?,
            tls,
            authority: authority.to_string(),
            path: uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
        })
    }
}

impl Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Plain => "a plain webhook",
            Kind::Quoted => "a report that quotes attacks",
            Kind::Long => "a long report",
            Kind::Nameless => "a webhook without User-Agent",
        })?;
        f.write_str(match self.header {
            Use::Without => "",
            Use::With => ", with the header",
            Use::Wrong => ", with a wrong header",
            Use::Twice => ", with the header twice",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_a_dozen_requests_are_planned() {
        assert_eq!(requests(false).len(), 4);
        let with = requests(true);
        assert!(with.len() <= 12);
        assert!(
            with.iter()
                .all(|planned| with.iter().filter(|other| *other == planned).count() == 1)
        );
    }

    #[test]
    fn urls_are_read_with_their_tokens() {
        let target = Target::parse("https://[::1]:8443/c/{STATUS}/{scan_id}?a=b").unwrap();
        assert_eq!(
            (target.host.as_str(), target.port, target.tls),
            ("::1", 8443, true)
        );
        assert_eq!(target.path, "/c/completed/hookward-probe?a=b");
        let target = Target::parse("http://hooks.example.com").unwrap();
        assert_eq!((target.port, target.path.as_str()), (80, "/"));
        assert_eq!(Target::parse("https://[::1]:/").unwrap().port, 443);
        for broken in [
            "https://a:0/",
            "https://a:65536/",
            "https://[::1]:99999/",
            "https://a:b/",
            "",
            "hooks.example.com",
            "/x",
            "ftp://a/",
            "https://a:b@c/",
            "https:// /",
        ] {
            assert!(Target::parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn what_is_shown_has_no_secret() {
        let header = Header {
            name: "x-firewall-secret".parse().unwrap(),
            secret: Zeroizing::new(crate::secret::fresh().unwrap()),
        };
        let target = Target::parse("https://hooks.example.com/").unwrap();
        for planned in requests(true) {
            let shown = planned.shown(&target, Some(&header));
            assert!(!shown.contains(header.secret.as_str()), "{shown}");
            let named = shown.matches("x-firewall-secret").count();
            assert_eq!(named, planned.values(Some(&header)).len());
        }
    }
}
