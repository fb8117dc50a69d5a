//! Webhooks with the right header, and others.

use crate::request::Request;
use crate::setting::{HEADER, Setting};

/// What a scan of a page on attacks reports: rules for attacks take it for one.
const QUOTED: &str = r#"{"status":0,"scannedDocument":{"scanId":"scan-1"},"results":{"internet":[{"title":"<script>alert(document.cookie)</script>","introduction":"' OR 1=1; DROP TABLE users; -- ../../../../etc/passwd ; cat /etc/shadow | nc"}]}}"#;

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) request: Request,
    /// Whether the header and the route are right.
    pub(crate) genuine: bool,
}

pub(crate) fn webhook(headers: Vec<String>) -> Request {
    let mut lines = vec![
        "content-type: application/json".to_owned(),
        "user-agent: webhooks".to_owned(),
    ];
    lines.extend(headers);
    Request {
        method: "POST",
        path: "/copyleaks/completed/scan-1".to_owned(),
        headers: lines,
        body: QUOTED.into(),
    }
}

pub(crate) fn secret(secret: &str) -> String {
    format!("{HEADER}: {secret}")
}

/// Every request that tells exact rules from others.
pub(crate) fn all(setting: &Setting) -> Vec<Case> {
    let right = &setting.secrets[0];
    let genuine = |name: &str, request: Request| Case {
        name: name.to_owned(),
        request,
        genuine: true,
    };
    let forged = |name: &str, headers: Vec<String>| Case {
        name: name.to_owned(),
        request: webhook(headers),
        genuine: false,
    };
    let on = |path: &str, method| Request {
        method,
        path: path.to_owned(),
        ..webhook(vec![secret(right)])
    };
    let not_on = |path: &str, method| Case {
        name: format!("the right header on {method} {path}"),
        request: on(path, method),
        genuine: false,
    };
    let mut cases: Vec<_> = setting
        .secrets
        .iter()
        .enumerate()
        .map(|(index, text)| genuine(&format!("secret {index}"), webhook(vec![secret(text)])))
        .collect();
    cases.extend([
        genuine(
            "the header's name in capitals, spaces around the value",
            webhook(vec![format!("{}:  {right} ", HEADER.to_uppercase())]),
        ),
        genuine(
            "a status in lower case",
            on("/copyleaks/creditschecked/scan-1", "POST"),
        ),
        genuine("with a query", on("/copyleaks/error/scan-1?a=b", "POST")),
        genuine(
            "a scan id that is percent-encoded",
            on("/copyleaks/error/scan%2D1", "POST"),
        ),
        genuine(
            "an upload with PUT",
            on("/copyleaks/export/scan-1/artefact", "PUT"),
        ),
        forged("no header", vec![]),
        forged("an empty header", vec![secret("")]),
        forged(
            "a wrong secret",
            vec![secret("not the secret, but as long")],
        ),
        forged("an expired secret", vec![secret(&setting.expired)]),
        forged("the secret in another case", vec![secret(&swapped(right))]),
        forged(
            "the secret without its end",
            vec![secret(&right[..right.len() - 1])],
        ),
        forged("the secret without its start", vec![secret(&right[1..])]),
        forged("the secret and more", vec![secret(&format!("{right}x"))]),
        forged("more and the secret", vec![secret(&format!("x{right}"))]),
        forged(
            "two secrets in one line",
            vec![secret(&format!("{right}, {right}"))],
        ),
        forged("the header twice", vec![secret(right), secret(right)]),
        forged(
            "the right header, then a wrong one",
            vec![secret(right), secret("wrong")],
        ),
        forged(
            "a wrong header, then the right one",
            vec![secret("wrong"), secret(right)],
        ),
        forged(
            "the right header, then an empty one",
            vec![secret(right), secret("")],
        ),
        forged(
            "an alias of the header",
            vec![secret(right).replace('-', "_")],
        ),
        forged(
            "the secret under another name",
            vec![format!("x-{}", secret(right))],
        ),
        not_on("/copyleaks/completed/scan-1", "PUT"),
        not_on("/copyleaks/finished/scan-1", "POST"),
        not_on("/copyleaks/completed/scan-1/more", "POST"),
        not_on("/COPYLEAKS/completed/scan-1", "POST"),
        not_on("/copyleaks/completed/", "POST"),
        not_on("/more/copyleaks/completed/scan-1", "POST"),
        not_on("/admin?x=/copyleaks/completed/scan-1", "POST"),
        not_on("/copyleaks/completed/..%2f..%2fadmin", "POST"),
        not_on("/copyleaks/completed/a%5C..%5C..", "POST"),
        not_on("/copyleaks/completed/scan-1%3F/../../admin", "POST"),
        not_on("/copyleaks/completed/scan-1%23/../../admin", "POST"),
    ]);
    cases
}

fn swapped(text: &str) -> String {
    let swap = |character: char| {
        if character.is_ascii_uppercase() {
            character.to_ascii_lowercase()
        } else {
            character.to_ascii_uppercase()
        }
    };
    text.chars().map(swap).collect()
}
