//! Genuine and forged webhooks.

use crate::stage::{HOST, Stage};

/// Whose certificate a client presents.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Client {
    Nobody,
    Listed,
    Stranger,
}

/// What has to come of a webhook.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// It reaches the application once, from this address; `None` where the proxy puts another in
    /// the place of a loopback address.
    Accepted(Option<&'static str>),
    /// It does not reach the application.
    Refused,
    /// It does not reach the application, or it does as it was judged and from [`CLIENT`]: programs
    /// differ in what they take.
    Harmless,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) client: Client,
    /// The address that the client connects to.
    pub(crate) to: &'static str,
    /// The address that the client connects from.
    pub(crate) from: &'static str,
    pub(crate) path: &'static str,
    /// What the client writes into the request line, if not the path.
    pub(crate) target: Option<String>,
    /// The method, if not POST.
    pub(crate) method: Option<&'static str>,
    pub(crate) http2: bool,
    /// The developer payload, if not the one that is expected.
    pub(crate) payload: Option<&'static str>,
    pub(crate) headers: Vec<String>,
    /// The target that the application gets, if the webhook reaches it.
    pub(crate) arrives: &'static str,
    pub(crate) expected: Expected,
}

const PATH: &str = "/copyleaks/completed/scan-1";
/// The client's address: not the proxy's, who is believed.
pub(crate) const CLIENT: &str = "127.0.0.2";

pub(crate) fn genuine() -> Case {
    Case {
        name: "genuine",
        client: Client::Listed,
        to: "127.0.0.1",
        from: CLIENT,
        path: PATH,
        target: None,
        method: None,
        http2: false,
        payload: None,
        headers: Vec::new(),
        arrives: PATH,
        expected: Expected::Accepted(Some(CLIENT)),
    }
}

fn forged(name: &'static str, client: Client, headers: Vec<String>) -> Case {
    Case {
        name,
        client,
        headers,
        expected: Expected::Refused,
        ..genuine()
    }
}

/// Genuine, with headers that a client may send and that must change nothing.
fn harmless(name: &'static str, headers: &[&str]) -> Case {
    Case {
        name,
        headers: headers.iter().map(|&header| header.to_owned()).collect(),
        ..genuine()
    }
}

fn path(name: &'static str, path: &'static str) -> Case {
    Case {
        name,
        path,
        expected: Expected::Refused,
        ..genuine()
    }
}

pub(crate) fn all(stage: &Stage) -> Vec<Case> {
    let mut cases = genuine_ones(stage);
    cases.extend(forged_ones(stage));
    cases.extend(beside_the_listed_certificate(stage));
    cases.extend(targets(stage));
    cases
}

fn genuine_ones(stage: &Stage) -> Vec<Case> {
    vec![
        genuine(),
        Case {
            to: "[::1]",
            from: "::1",
            expected: Expected::Accepted((!stage.hides_loopback).then_some("::1")),
            ..harmless("genuine over IPv6", &[])
        },
        Case {
            http2: true,
            ..harmless("genuine over HTTP/2", &[])
        },
        harmless("genuine in chunks", &["transfer-encoding: chunked"]),
        Case {
            path: "/copyleaks/completed/scan-1?a=b&c=%20",
            arrives: "/copyleaks/completed/scan-1?a=b&c=%20",
            ..harmless("genuine with a query", &[])
        },
    ]
}

fn forged_ones(stage: &Stage) -> Vec<Case> {
    let header = format!("{}: {}", stage.header, stage.listed);
    let alias = format!("{}: {}", stage.header.replace('-', "_"), stage.listed);
    vec![
        forged("no certificate", Client::Nobody, vec![]),
        forged("an unlisted certificate", Client::Stranger, vec![]),
        forged(
            "the certificate header sent by the client",
            Client::Nobody,
            vec![header.clone()],
        ),
        Case {
            http2: true,
            ..forged("the same over HTTP/2", Client::Nobody, vec![header.clone()])
        },
        forged(
            "the same beside an unlisted certificate",
            Client::Stranger,
            vec![header.clone()],
        ),
        forged(
            "the certificate header twice",
            Client::Nobody,
            vec![header.clone(), header.clone()],
        ),
        forged("its alias with underscores", Client::Nobody, vec![alias]),
        forged(
            "Connection naming the proxy's headers",
            Client::Nobody,
            vec![header.clone(), connection(stage)],
        ),
        forged(
            "the certificate header, and forged hookward-*",
            Client::Nobody,
            vec![header, "hookward-event: completed".to_owned()],
        ),
        forged(
            "the secret header twice",
            Client::Listed,
            vec![format!("x-webhook-secret: {}", stage.secret)],
        ),
        Case {
            payload: Some("not the one that is expected"),
            expected: if stage.judges_payload {
                Expected::Refused
            } else {
                Expected::Accepted(Some(CLIENT))
            },
            ..harmless("another payload", &[])
        },
        Case {
            method: Some("GET"),
            ..forged("another method", Client::Listed, vec![])
        },
        Case {
            method: Some("GET"),
            ..forged(
                "another method, and a forged original",
                Client::Listed,
                vec![
                    "x-original-method: POST".to_owned(),
                    "x-forwarded-method: POST".to_owned(),
                    "x-http-method-override: POST".to_owned(),
                ],
            )
        },
    ]
}

fn connection(stage: &Stage) -> String {
    format!(
        "connection: {}, x-forwarded-for, x-original-uri, x-forwarded-uri, hookward-event",
        stage.header
    )
}

fn beside_the_listed_certificate(stage: &Stage) -> Vec<Case> {
    let header = format!("{}: {}", stage.header, stage.listed);
    let alias = format!("{}: {}", stage.header.replace('-', "_"), stage.listed);
    vec![
        harmless("a listed certificate, and its header", &[&header]),
        harmless("the same twice", &[&header, &header]),
        Case {
            expected: Expected::Harmless,
            ..harmless("the same with underscores", &[&alias])
        },
        Case {
            expected: Expected::Harmless,
            ..harmless("Connection naming headers", &[&connection(stage)])
        },
        harmless(
            "forged hookward-*",
            &[
                "hookward-event: error",
                "hookward-scan-id: other",
                "hookward-header-secret: other",
                "hookward-developer-payload: other",
            ],
        ),
        Case {
            expected: Expected::Harmless,
            ..harmless("forged hookward_*", &["hookward_event: error"])
        },
        Case {
            expected: Expected::Harmless,
            ..harmless("forged hookward.*", &["hookward.event: error"])
        },
        harmless("forged X-Forwarded-For", &["x-forwarded-for: 203.0.113.9"]),
        harmless(
            "forged X-Forwarded-For, twice and mapped",
            &[
                "x-forwarded-for: ::ffff:203.0.113.9",
                "x-forwarded-for: unknown",
            ],
        ),
        harmless(
            "X-Forwarded-For naming the proxy",
            &["x-forwarded-for: 127.0.0.1, ::ffff:127.0.0.1"],
        ),
        harmless(
            "forged Forwarded and X-Real-IP",
            &[
                "forwarded: for=203.0.113.9",
                "forwarded: for=\"",
                "x-real-ip: 203.0.113.9",
            ],
        ),
        Case {
            expected: Expected::Harmless,
            ..harmless("an upgrade", &["connection: upgrade", "upgrade: websocket"])
        },
        harmless(
            "forged originals",
            &[
                "x-original-uri: /x",
                "x-original-method: GET",
                "x-forwarded-uri: /x",
                "x-forwarded-method: GET",
            ],
        ),
    ]
}

fn targets(stage: &Stage) -> Vec<Case> {
    vec![
        path("dot segments", "/copyleaks/x/../completed/scan-1"),
        path(
            "encoded dot segments",
            "/copyleaks/x/%2e%2e/completed/scan-1",
        ),
        path("an encoded slash", "/copyleaks%2Fcompleted/scan-1"),
        path("an encoded NUL", "/copyleaks/completed/scan-1%00"),
        path("a backslash", "/copyleaks/x\\..\\completed/scan-1"),
        Case {
            expected: Expected::Harmless,
            ..path("an empty segment", "//copyleaks/completed/scan-1")
        },
        Case {
            target: Some(format!("{PATH}#x")),
            expected: Expected::Harmless,
            ..path("a fragment", PATH)
        },
        Case {
            target: Some(format!("/admin?{PATH}")),
            ..path("the path in a query", PATH)
        },
        Case {
            target: Some(format!("https://{HOST}:{}{PATH}", stage.port)),
            expected: Expected::Harmless,
            ..path("an absolute URI", PATH)
        },
        Case {
            target: Some(format!("https://{HOST}:{}/admin", stage.port)),
            ..path("an absolute URI with another path", PATH)
        },
        path("another path", "/admin"),
    ]
}
