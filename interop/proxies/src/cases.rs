//! Genuine and forged webhooks.

use crate::stage::Stage;

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
    pub(crate) headers: Vec<String>,
    pub(crate) expected: Expected,
}

const PATH: &str = "/copyleaks/completed/scan-1";
/// The client's address: not the proxy's, who is believed.
const CLIENT: &str = "127.0.0.2";

pub(crate) fn genuine() -> Case {
    Case {
        name: "genuine",
        client: Client::Listed,
        to: "127.0.0.1",
        from: CLIENT,
        path: PATH,
        headers: Vec::new(),
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
    let header = format!("{}: {}", stage.header, stage.listed);
    let alias = format!("{}: {}", stage.header.replace('-', "_"), stage.listed);
    let connection = format!(
        "connection: {}, x-forwarded-for, x-original-uri, x-forwarded-uri",
        stage.header
    );
    vec![
        genuine(),
        Case {
            to: "[::1]",
            from: "::1",
            expected: Expected::Accepted((!stage.hides_loopback).then_some("::1")),
            ..harmless("genuine over IPv6", &[])
        },
        forged("no certificate", Client::Nobody, vec![]),
        forged("an unlisted certificate", Client::Stranger, vec![]),
        forged(
            "the certificate header sent by the client",
            Client::Nobody,
            vec![header.clone()],
        ),
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
        forged(
            "its alias with underscores",
            Client::Nobody,
            vec![alias.clone()],
        ),
        Case {
            expected: if stage.refuses_aliases {
                Expected::Refused
            } else {
                Expected::Accepted(Some(CLIENT))
            },
            headers: vec![alias],
            ..harmless("its alias beside the listed certificate", &[])
        },
        forged(
            "Connection naming the proxy's headers",
            Client::Nobody,
            vec![header.clone(), connection.clone()],
        ),
        forged(
            "the listed certificate in the header, and forged hookward-*",
            Client::Nobody,
            vec![header.clone(), "hookward-event: completed".to_owned()],
        ),
        Case {
            headers: vec![header],
            ..harmless("the certificate header beside the listed certificate", &[])
        },
        Case {
            expected: if stage.refuses_connection {
                Expected::Refused
            } else {
                Expected::Accepted(Some(CLIENT))
            },
            ..harmless(
                "Connection naming headers, beside the listed certificate",
                &[&connection],
            )
        },
        harmless(
            "forged hookward-*",
            &["hookward-event: error", "hookward-scan-id: other"],
        ),
        harmless("forged X-Forwarded-For", &["x-forwarded-for: 203.0.113.9"]),
        harmless(
            "forged X-Forwarded-For, twice and mapped",
            &[
                "x-forwarded-for: ::ffff:203.0.113.9",
                "x-forwarded-for: unknown",
            ],
        ),
        harmless(
            "forged Forwarded and X-Real-IP",
            &["forwarded: for=203.0.113.9", "x-real-ip: 203.0.113.9"],
        ),
        harmless(
            "forged originals",
            &[
                "x-original-uri: /x",
                "x-original-method: GET",
                "x-forwarded-uri: /x",
                "x-forwarded-method: GET",
            ],
        ),
        path("dot segments", "/copyleaks/x/../completed/scan-1"),
        path(
            "encoded dot segments",
            "/copyleaks/x/%2e%2e/completed/scan-1",
        ),
        Case {
            expected: if stage.merges_slashes {
                Expected::Accepted(Some(CLIENT))
            } else {
                Expected::Refused
            },
            ..path("an empty segment", "//copyleaks/completed/scan-1")
        },
        path("another path", "/admin"),
    ]
}
