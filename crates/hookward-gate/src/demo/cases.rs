//! The webhooks of the demo: every genuine kind, and forged or broken ones.

use hookward::Reason;

use crate::demo::setting::{BODY_LIMIT, SECRET_HEADER, Setting};

/// One request and what should come of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) who: Who,
    pub(crate) over: Over,
    pub(crate) request: Vec<u8>,
    pub(crate) expected: Expected,
}

/// Whose certificate is presented, from which address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Who {
    Sender,
    SenderFromElsewhere,
    NobodyInParticular,
    Stranger,
    /// Presents the sender's public certificate without having its key.
    Impostor,
    /// Presents a certificate of its own, and the sender's behind it.
    StrangerWithChain,
    Expired,
    Future,
}

/// How the request travels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Over {
    Tls12,
    Tls13,
}

/// What should come of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Expected {
    Accepted,
    Refused(Reason),
    /// The TLS handshake fails, so that there is no request.
    NoHandshake,
}

/// The path of most requests.
const PATH: &str = "/copyleaks/completed/demo-scan";

/// A request of the sender, to change one thing of.
struct Draft {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    framing: Framing,
}

enum Framing {
    Length,
    Chunked,
    /// The headers say what they say.
    AsWritten,
}

impl Draft {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| header != name);
        self
    }

    fn to(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    fn by(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        match self.framing {
            Framing::Length => {
                bytes.extend(format!("content-length: {}\r\n\r\n", self.body.len()).bytes());
                bytes.extend(&self.body);
            }
            Framing::Chunked => {
                bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
                for chunk in self.body.chunks(1000) {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(b"0\r\n\r\n");
            }
            Framing::AsWritten => {
                bytes.extend(b"\r\n");
                bytes.extend(&self.body);
            }
        }
        bytes
    }
}

/// Every case whose outcome does not depend on what happened before.
pub(crate) fn all(setting: &Setting) -> Vec<Case> {
    let mut cases = genuine(setting);
    cases.extend(forged_evidence(setting));
    cases.extend(forged_payload(setting));
    cases.extend(broken(setting));
    cases
}

/// A genuine `completed` webhook.
pub(crate) fn completed(setting: &Setting) -> Vec<u8> {
    draft(setting).bytes()
}

fn draft(setting: &Setting) -> Draft {
    let body = format!(
        concat!(
            r#"{{"status":0,"scannedDocument":{{"scanId":"demo-scan","totalWords":812,"credits":1}},"#,
            r#""results":{{"internet":[{{"id":"a1","title":"Caf\u00e9 \ud83d\ude00","matchedWords":12}}],"#,
            r#""database":[],"batch":[],"repositories":[],"score":{{"aggregatedScore":1.5}}}},"#,
            r#""notifications":{{"alerts":[{{"code":"x","additionalData":"{{\"a\":[1,2]}}"}}]}},"#,
            r#""developerPayload":"{}"}}"#
        ),
        setting.payload
    );
    Draft {
        method: "POST",
        target: PATH.to_owned(),
        headers: [
            ("host", "hooks.example"),
            ("content-type", "application/json"),
            (SECRET_HEADER, &setting.header_secret),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        body: body.into(),
        framing: Framing::Length,
    }
}

fn case(name: &'static str, who: Who, draft: &Draft, expected: Expected) -> Case {
    Case {
        name,
        who,
        over: Over::Tls13,
        request: draft.bytes(),
        expected,
    }
}

fn genuine(setting: &Setting) -> Vec<Case> {
    let draft = || draft(setting);
    let payload = &setting.payload;
    let with_payload = |rest: &str| format!(r#"{{{rest},"developerPayload":"{payload}"}}"#);
    let json = |path: &str, rest: &str| draft().to(path).body(with_payload(rest));
    let accepted = |name, draft: &Draft| case(name, Who::Sender, draft, Expected::Accepted);
    let mut cases = vec![
        accepted("completed", &draft()),
        accepted(
            "error",
            &json(
                "/copyleaks/error/demo-scan",
                r#""status":1,"error":{"code":"9","message":"x"}"#,
            ),
        ),
        accepted(
            "creditsChecked",
            &json(
                "/copyleaks/creditsChecked/demo-scan",
                r#""status":2,"credits":4"#,
            ),
        ),
        accepted(
            "indexed",
            &json("/copyleaks/Indexed/demo-scan", r#""status":3"#),
        ),
        accepted(
            "newResult",
            &json(
                "/copyleaks/new-result/demo-scan",
                r#""internet":[{"id":"b2"}],"score":3"#,
            ),
        ),
        accepted(
            "export completed",
            &json(
                "/copyleaks/export/demo-scan",
                r#""completed":true,"tasks":[]"#,
            ),
        ),
        accepted(
            "export upload, JSON, by PUT",
            &draft()
                .to("/copyleaks/upload/demo-scan")
                .by("PUT")
                .body(r#"{"text":{}}"#),
        ),
        accepted(
            "export upload, PDF, by POST",
            &draft()
                .to("/copyleaks/upload/demo-scan")
                .body(b"%PDF-1.7\n\xff\xfe\x00".to_vec()),
        ),
        accepted(
            "delete completed, empty body",
            &draft().to("/copyleaks/deleted/demo-scan").body(""),
        ),
        accepted(
            "AI image",
            &json(
                "/copyleaks/image/demo-scan",
                r#""scannedImage":{"scanId":"demo-scan"}"#,
            ),
        ),
        accepted(
            "AI video",
            &json(
                "/copyleaks/video/demo-scan",
                r#""scannedVideo":{"scanId":"demo-scan"}"#,
            ),
        ),
        accepted("completed, in chunks", &draft().framed(Framing::Chunked)),
        accepted(
            "completed, encoded path and query",
            &draft().to("/copyleaks/%63ompleted/demo%2Dscan?tenant=7"),
        ),
    ];
    cases.push(Case {
        over: Over::Tls12,
        ..accepted("completed, over TLS 1.2", &draft())
    });
    cases
}

fn forged_evidence(setting: &Setting) -> Vec<Case> {
    let draft = || draft(setting);
    let by = |name, who, reason| case(name, who, &draft(), Expected::Refused(reason));
    let with =
        |name, draft: &Draft, reason| case(name, Who::Sender, draft, Expected::Refused(reason));
    let mut cases = vec![
        by(
            "no certificate",
            Who::NobodyInParticular,
            Reason::CertificateMissing,
        ),
        by(
            "a certificate that is not listed",
            Who::Stranger,
            Reason::CertificateNotListed,
        ),
        by(
            "a listed certificate behind another",
            Who::StrangerWithChain,
            Reason::CertificateNotListed,
        ),
        by(
            "a listed certificate that expired",
            Who::Expired,
            Reason::CertificateExpired,
        ),
        by(
            "a listed certificate of the future",
            Who::Future,
            Reason::CertificateNotYetValid,
        ),
        by(
            "another address",
            Who::SenderFromElsewhere,
            Reason::AddressNotListed,
        ),
        with(
            "no secret header",
            &draft().without(SECRET_HEADER),
            Reason::HeaderSecretMissing,
        ),
        with(
            "a wrong secret header",
            &draft()
                .without(SECRET_HEADER)
                .with(SECRET_HEADER, "not-the-secret-of-this-demo"),
            Reason::HeaderSecretWrong,
        ),
        with(
            "the payload's secret in the header",
            &draft()
                .without(SECRET_HEADER)
                .with(SECRET_HEADER, &setting.payload),
            Reason::HeaderSecretMisplaced,
        ),
        with(
            "the secret header twice",
            &draft().with(SECRET_HEADER, &setting.header_secret),
            Reason::HeaderSecretRepeated,
        ),
        with(
            "the secret header again, with underscores",
            &draft().with("x_webhook_secret", "x"),
            Reason::HeaderAliased,
        ),
        with(
            "a header of the gate, with underscores",
            &draft().with("hookward_event", "completed"),
            Reason::HeaderAliased,
        ),
    ];
    for over in [Over::Tls12, Over::Tls13] {
        let name = match over {
            Over::Tls12 => "a listed certificate without its key, TLS 1.2",
            Over::Tls13 => "a listed certificate without its key, TLS 1.3",
        };
        cases.push(Case {
            over,
            ..case(name, Who::Impostor, &draft(), Expected::NoHandshake)
        });
    }
    cases
}

fn forged_payload(setting: &Setting) -> Vec<Case> {
    let ours = &setting.payload;
    let body = |name, body: String, reason| {
        let draft = draft(setting).body(body);
        case(name, Who::Sender, &draft, Expected::Refused(reason))
    };
    vec![
        body(
            "no payload",
            r#"{"status":0}"#.into(),
            Reason::DeveloperPayloadMissing,
        ),
        body(
            "a wrong payload",
            r#"{"developerPayload":"not-the-secret-of-this-demo"}"#.into(),
            Reason::DeveloperPayloadWrong,
        ),
        body(
            "the header's secret in the payload",
            format!(r#"{{"developerPayload":"{}"}}"#, setting.header_secret),
            Reason::DeveloperPayloadMisplaced,
        ),
        body(
            "an empty payload",
            r#"{"developerPayload":""}"#.into(),
            Reason::DeveloperPayloadEmpty,
        ),
        body(
            "payload null",
            r#"{"developerPayload":null}"#.into(),
            Reason::DeveloperPayloadNotString,
        ),
        body(
            "a payload in an array",
            format!(r#"{{"developerPayload":["{ours}"]}}"#),
            Reason::DeveloperPayloadNotString,
        ),
        body(
            "a payload one level down",
            format!(r#"{{"scannedDocument":{{"developerPayload":"{ours}"}}}}"#),
            Reason::DeveloperPayloadMissing,
        ),
        body(
            "the payload twice",
            format!(r#"{{"developerPayload":"{ours}","developerPayload":"{ours}"}}"#),
            Reason::DeveloperPayloadRepeated,
        ),
        body(
            "the payload again, with an escape",
            format!(r#"{{"developerPayload":"{ours}","developerPayl\u006fad":"x"}}"#),
            Reason::DeveloperPayloadRepeated,
        ),
        body(
            "the payload again, in another case",
            format!(r#"{{"developerPayload":"{ours}","DeveloperPayload":"x"}}"#),
            Reason::DeveloperPayloadRepeated,
        ),
        body(
            "a payload of 513 characters",
            format!(r#"{{"developerPayload":"{}"}}"#, "x".repeat(513)),
            Reason::DeveloperPayloadTooLong,
        ),
        body(
            "broken JSON",
            format!(r#"{{"developerPayload":"{ours}",}}"#),
            Reason::BodyMalformed,
        ),
        body(
            "JSON that ends early",
            format!(r#"{{"developerPayload":"{ours}""#),
            Reason::BodyMalformed,
        ),
        body(
            "something after the JSON",
            format!(r#"{{"developerPayload":"{ours}"}}{{}}"#),
            Reason::BodyMalformed,
        ),
        body(
            "a byte-order mark",
            format!("\u{feff}{{\"developerPayload\":\"{ours}\"}}"),
            Reason::BodyMalformed,
        ),
        body("an empty body", String::new(), Reason::BodyMalformed),
        body(
            "deep nesting",
            format!(
                r#"{{"developerPayload":"{ours}","x":{}"#,
                "[".repeat(100_000)
            ),
            Reason::BodyTooDeep,
        ),
    ]
}

fn broken(setting: &Setting) -> Vec<Case> {
    let draft = || draft(setting);
    let with =
        |name, draft: &Draft, reason| case(name, Who::Sender, draft, Expected::Refused(reason));
    let to = |name, target: &str, reason| with(name, &draft().to(target), reason);
    let length = draft().body.len().to_string();
    let chunked = |first: (&str, &str), second: (&str, &str)| {
        let body = b"0\r\n\r\n".to_vec();
        let both = draft().with(first.0, first.1).with(second.0, second.1);
        both.body(body).framed(Framing::AsWritten)
    };
    vec![
        to(
            "an unknown route",
            "/copyleaks/finished/demo-scan",
            Reason::RouteUnknown,
        ),
        to("another path", "/", Reason::RouteUnknown),
        to(
            "dot segments",
            "/copyleaks/x/../completed/demo-scan",
            Reason::PathMalformed,
        ),
        to(
            "encoded dot segments",
            "/copyleaks/%2e%2E/completed/demo-scan",
            Reason::PathMalformed,
        ),
        to(
            "an encoded slash",
            "/copyleaks/completed%2fdemo-scan",
            Reason::PathMalformed,
        ),
        to(
            "an encoded backslash",
            "/copyleaks/completed/demo%5Cscan",
            Reason::PathMalformed,
        ),
        to(
            "a path encoded twice",
            "/copyleaks/completed/demo%252Dscan",
            Reason::PathMalformed,
        ),
        to(
            "an empty segment",
            "/copyleaks//completed/demo-scan",
            Reason::PathMalformed,
        ),
        to(
            "an authority that is not the host",
            "https://other.example/copyleaks/completed/demo-scan",
            Reason::HostAmbiguous,
        ),
        with(
            "the host twice",
            &draft().with("host", "hooks.example"),
            Reason::HostAmbiguous,
        ),
        with(
            "a wrong method",
            &draft().by("GET"),
            Reason::MethodNotAllowed,
        ),
        with(
            "a compressed body",
            &draft().with("content-encoding", "gzip"),
            Reason::ContentCodingUnsupported,
        ),
        with(
            "an upgrade",
            &draft()
                .with("connection", "upgrade")
                .with("upgrade", "websocket"),
            Reason::UpgradeRefused,
        ),
        with(
            "Transfer-Encoding, then Content-Length",
            &chunked(
                ("transfer-encoding", "chunked"),
                ("content-length", &length),
            ),
            Reason::FramingAmbiguous,
        ),
        with(
            "Content-Length, then Transfer-Encoding",
            &chunked(
                ("content-length", &length),
                ("transfer-encoding", "chunked"),
            ),
            Reason::FramingAmbiguous,
        ),
        with(
            "a body too large, declared",
            &draft().body(vec![b' '; 100 * BODY_LIMIT]),
            Reason::BodyTooLarge,
        ),
        with(
            "a body too large, in chunks",
            &draft()
                .body(vec![b' '; 32 * BODY_LIMIT])
                .framed(Framing::Chunked),
            Reason::BodyTooLarge,
        ),
    ]
}
