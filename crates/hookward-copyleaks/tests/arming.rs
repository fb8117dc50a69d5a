//! The fields that arm webhooks, as Copyleaks takes them, and what is refused instead.

use hookward_copyleaks::{
    AiDetection, ArmingError, Artefact, Deletion, DeveloperPayload, Export, HeaderName, ScanId,
    Submission, Upload, Verb, Webhook, WebhookUrl,
};
use serde_json::{Value, json};

const SITE: &str = "https://hooks.example.com:8443";

fn scan_id(text: &str) -> ScanId {
    ScanId::parse(text).unwrap()
}

fn webhook(path: &str) -> Webhook {
    webhook_for(path, "scan-1")
}

fn webhook_for(path: &str, id: &str) -> Webhook {
    Webhook::new(WebhookUrl::parse(&format!("{SITE}{path}"), &scan_id(id)).unwrap())
}

fn name(text: &str) -> HeaderName {
    text.parse().unwrap()
}

/// As long as a secret, and nothing that anybody would use.
fn secret(letter: &str) -> String {
    letter.repeat(32)
}

fn payload(letter: &str) -> DeveloperPayload {
    DeveloperPayload::new(secret(letter)).unwrap()
}

fn json(form: &impl serde::Serialize) -> Value {
    serde_json::to_value(form).unwrap()
}

#[test]
fn a_submission_has_the_fields_of_properties() {
    let status = webhook("/copyleaks/{status}/{scan_id}")
        .with_header(name("X-Secret"), &secret("h"))
        .unwrap()
        .with_header(name("authorization"), "Bearer abc")
        .unwrap();
    let new_result = webhook("/copyleaks/result/{scan_id}")
        .with_header(name("x-secret"), &secret("h"))
        .unwrap();
    let submission = Submission::new(&scan_id("scan-1"), status)
        .unwrap()
        .with_new_result(new_result)
        .unwrap()
        .with_developer_payload(payload("p"))
        .unwrap();
    assert_eq!(
        json(&submission),
        json!({ "properties": {
            "developerPayload": secret("p"),
            "webhooks": {
                "status": format!("{SITE}/copyleaks/{{STATUS}}/scan-1"),
                "statusHeaders": [["x-secret", secret("h")], ["authorization", "Bearer abc"]],
                "newResult": format!("{SITE}/copyleaks/result/scan-1"),
                "newResultHeaders": [["x-secret", secret("h")]],
            },
        }})
    );
}

#[test]
fn what_is_not_set_is_left_out() {
    let id = scan_id("scan-1");
    assert_eq!(
        json(&Submission::new(&id, webhook("/{STATUS}")).unwrap()),
        json!({ "properties": { "webhooks": { "status": format!("{SITE}/{{STATUS}}") } } })
    );
    assert_eq!(
        json(&Export::new(&id, webhook("/export")).unwrap()),
        json!({ "completionWebhook": format!("{SITE}/export") })
    );
    assert_eq!(
        json(&Deletion::new(webhook("/deleted")).unwrap()),
        json!({ "completionWebhook": format!("{SITE}/deleted") })
    );
    assert_eq!(
        json(&AiDetection::new(&id, webhook("/image")).unwrap()),
        json!({ "webhooks": { "url": format!("{SITE}/image") } })
    );
}

#[test]
fn an_export_has_a_task_for_each_artefact() {
    let armed = |path: &str| {
        webhook(path)
            .with_header(name("x-secret"), &secret("h"))
            .unwrap()
    };
    let export = Export::new(&scan_id("scan-1"), armed("/export/{scan_id}"))
        .unwrap()
        .with_developer_payload(payload("p"))
        .unwrap()
        .with_max_retries(12)
        .unwrap();
    let results = ["r1", "r2"].map(|id| (Artefact::Result(id.to_owned()), Verb::Put));
    let singles = [
        (Artefact::CrawledVersion, Verb::Post),
        (Artefact::PdfReport, Verb::Put),
        (Artefact::AiDetection, Verb::Put),
        (Artefact::WritingFeedback, Verb::Put),
        (Artefact::Overview, Verb::Put),
    ];
    let export = results
        .into_iter()
        .chain(singles)
        .fold(export, |export, (artefact, verb)| {
            let upload = Upload::new(verb, armed("/artefact/{scan_id}"));
            export.with_upload(artefact, upload).unwrap()
        });
    let headers = json!([["x-secret", secret("h")]]);
    let endpoint = format!("{SITE}/artefact/scan-1");
    let task = |verb: &str| json!({ "verb": verb, "headers": headers, "endpoint": endpoint });
    let result =
        |id: &str| json!({ "id": id, "verb": "PUT", "headers": headers, "endpoint": endpoint });
    assert_eq!(
        json(&export),
        json!({
            "completionWebhook": format!("{SITE}/export/scan-1"),
            "completionWebhookHeaders": headers,
            "developerPayload": secret("p"),
            "maxRetries": 12,
            "results": [result("r1"), result("r2")],
            "crawledVersion": task("POST"),
            "pdfReport": task("PUT"),
            "aiDetection": task("PUT"),
            "writingFeedback": task("PUT"),
            "overview": task("PUT"),
        })
    );
}

#[test]
fn deletions_and_checks_of_media_have_their_own_names() {
    let armed = |path| {
        webhook(path)
            .with_header(name("x-secret"), &secret("h"))
            .unwrap()
    };
    assert_eq!(
        json(&Deletion::new(armed("/deleted/{scan_id}")).unwrap()),
        json!({
            "completionWebhook": format!("{SITE}/deleted/scan-1"),
            "headers": [["x-secret", secret("h")]],
        })
    );
    let image = AiDetection::new(&scan_id("scan-1"), armed("/image/{scan_id}"))
        .unwrap()
        .with_developer_payload(payload("p"))
        .unwrap();
    assert_eq!(
        json(&image),
        json!({
            "developerPayload": secret("p"),
            "webhooks": {
                "url": format!("{SITE}/image/scan-1"),
                "headers": [["x-secret", secret("h")]],
            },
        })
    );
}

#[test]
fn a_secret_never_goes_into_a_url() {
    let id = scan_id("scan-1");
    let armed = |webhook: Webhook, value: &str| webhook.with_header(name("x-a"), value).unwrap();
    let encoded: String = secret("p").bytes().map(|b| format!("%{b:02x}")).collect();
    for place in [secret("p"), format!("a{}b", secret("p")), encoded] {
        for path in [
            format!("/{{STATUS}}/{place}"),
            format!("/{{STATUS}}?token={place}"),
        ] {
            let submission = Submission::new(&id, webhook(&path)).unwrap();
            let refused = submission.with_developer_payload(payload("p"));
            assert_eq!(refused.unwrap_err(), ArmingError::SecretInUrl, "{path}");
            // A header's value counts also where it follows a scheme.
            for value in [secret("p"), format!("Bearer {}", secret("p"))] {
                let refused = Submission::new(&id, armed(webhook(&path), &value));
                assert_eq!(refused.unwrap_err(), ArmingError::SecretInUrl, "{path}");
            }
        }
        let url = || webhook(&format!("/a/{place}"));
        // Whichever of two webhooks has the URL and the header.
        let (clean, plain) = (
            armed(webhook("/{STATUS}"), &secret("p")),
            webhook("/{STATUS}"),
        );
        for refused in [
            Submission::new(&id, clean).unwrap().with_new_result(url()),
            Submission::new(&id, plain)
                .unwrap()
                .with_developer_payload(payload("p"))
                .unwrap()
                .with_new_result(url()),
        ] {
            assert_eq!(refused.unwrap_err(), ArmingError::SecretInUrl);
        }
        let refused = Deletion::new(armed(url(), &secret("p")));
        assert_eq!(refused.unwrap_err(), ArmingError::SecretInUrl);
        let image = AiDetection::new(&id, url()).unwrap();
        let refused = image.with_developer_payload(payload("p"));
        assert_eq!(refused.unwrap_err(), ArmingError::SecretInUrl);
        let export = Export::new(&id, url()).unwrap();
        let refused = export.with_developer_payload(payload("p"));
        assert_eq!(refused.unwrap_err(), ArmingError::SecretInUrl);
        let export = Export::new(&id, armed(webhook("/done"), &secret("p"))).unwrap();
        let upload = Upload::new(Verb::Put, url());
        let refused = export.with_upload(Artefact::PdfReport, upload);
        assert_eq!(refused.unwrap_err(), ArmingError::SecretInUrl);
    }
    // What is shorter than any secret may be a word of the URL.
    assert!(Submission::new(&id, armed(webhook("/{STATUS}/production"), "production")).is_ok());
}

#[test]
fn the_status_token_stands_where_it_is_replaced() {
    let id = scan_id("scan-1");
    let refused = Submission::new(&id, webhook("/copyleaks/{scan_id}"));
    assert_eq!(refused.unwrap_err(), ArmingError::StatusMissing);
    let status = || webhook("/{STATUS}");
    let upload = Upload::new(Verb::Put, status());
    for refused in [
        Submission::new(&id, status())
            .unwrap()
            .with_new_result(status())
            .err(),
        Export::new(&id, status()).err(),
        Export::new(&id, webhook("/a"))
            .unwrap()
            .with_upload(Artefact::Overview, upload)
            .err(),
        Deletion::new(status()).err(),
        AiDetection::new(&id, status()).err(),
    ] {
        assert_eq!(refused, Some(ArmingError::StatusNotReplaced));
    }
}

#[test]
fn scan_ids_are_those_that_copyleaks_takes() {
    let submission = |id: &str| Submission::new(&scan_id(id), webhook_for("/{STATUS}", id)).err();
    let export = |id: &str| Export::new(&scan_id(id), webhook_for("/done", id)).err();
    let image = |id: &str| AiDetection::new(&scan_id(id), webhook_for("/done", id)).err();
    for id in ["scan-1", "a!@$&=_()';:.,~-"] {
        assert_eq!([submission(id), export(id), image(id)], [None, None, None]);
    }
    // Exports and media take more.
    for id in ["a^b+c", "a{b}c<d>", "a|b`c\""] {
        let refused = Some(ArmingError::ScanId);
        assert_eq!(
            [submission(id), export(id), image(id)],
            [refused, None, None]
        );
    }
    for id in ["google", "my-g00gle"] {
        for refused in [submission(id), export(id), image(id)] {
            assert_eq!(refused, Some(ArmingError::ScanId));
        }
    }
}

#[test]
fn payloads_are_counted_as_copyleaks_counts_them() {
    let new = |text: String| DeveloperPayload::new(text).err();
    assert_eq!(new(String::new()), Some(ArmingError::EmptyPayload));
    assert_eq!(new("é".repeat(512)), None);
    let too_long = |len, max| Some(ArmingError::PayloadTooLong { len, max });
    assert_eq!(new("a".repeat(513)), too_long(513, 512));
    // Two units each.
    assert_eq!(new("🦀".repeat(256)), None);
    assert_eq!(new("🦀".repeat(257)), too_long(514, 512));

    let image = |len| {
        AiDetection::new(&scan_id("scan-1"), webhook("/image"))
            .unwrap()
            .with_developer_payload(DeveloperPayload::new("a".repeat(len)).unwrap())
            .err()
    };
    assert_eq!(image(511), None);
    assert_eq!(image(512), too_long(512, 511));
}

#[test]
fn header_values_are_visible_ascii() {
    let value = |text: &str| webhook("/a").with_header(name("x-a"), text).err();
    for text in ["a", "Bearer a", "!~"] {
        assert_eq!(value(text), None, "{text}");
    }
    assert_eq!(
        value(""),
        Some(ArmingError::EmptyHeader { name: name("x-a") })
    );
    for (text, offset) in [
        (" a", 0),
        ("a ", 1),
        (" ", 0),
        ("a\r\nx-b: c", 1),
        ("a\tb", 1),
        ("aé", 1),
        ("a\u{7f}", 1),
        ("a\0", 1),
    ] {
        let refused = ArmingError::HeaderValue {
            name: name("x-a"),
            offset,
        };
        assert_eq!(value(text), Some(refused), "{text:?}");
    }
    let twice = webhook("/a")
        .with_header(name("x-a"), "b")
        .unwrap()
        .with_header(name("X-A"), "c");
    let refused = ArmingError::RepeatedHeader { name: name("x-a") };
    assert_eq!(twice.unwrap_err(), refused);
}

#[test]
fn an_export_takes_each_artefact_once() {
    let export = || Export::new(&scan_id("scan-1"), webhook("/done")).unwrap();
    let upload = || Upload::new(Verb::Put, webhook("/a"));
    for given in [0, 13, 255] {
        let refused = export().with_max_retries(given);
        assert_eq!(refused.unwrap_err(), ArmingError::MaxRetries { given });
    }
    let refused = export().with_upload(Artefact::Result(String::new()), upload());
    assert_eq!(refused.unwrap_err(), ArmingError::EmptyResultId);
    for (artefact, shown) in [
        (Artefact::PdfReport, "pdfReport"),
        (Artefact::Result("r1".to_owned()), "r1"),
    ] {
        let once = export().with_upload(artefact.clone(), upload()).unwrap();
        let refused = ArmingError::RepeatedArtefact {
            artefact: shown.to_owned(),
        };
        assert_eq!(once.with_upload(artefact, upload()).unwrap_err(), refused);
    }
}

#[test]
fn nothing_that_is_printed_for_debugging_has_a_secret() {
    let armed = webhook("/{STATUS}")
        .with_header(name("x-a"), &secret("h"))
        .unwrap();
    let submission = Submission::new(&scan_id("scan-1"), armed)
        .unwrap()
        .with_developer_payload(payload("p"))
        .unwrap();
    let printed = format!("{submission:?}");
    assert!(
        printed.contains("redacted") && printed.contains("x-a"),
        "{printed}"
    );
    assert!(
        !printed.contains("hhh") && !printed.contains("ppp"),
        "{printed}"
    );
}
