//! The official crate serialises the same settings to the same JSON as our fields.

use copyleaks::ResultWebhook;
use copyleaks::ai_image::AiImageDetectionSubmission;
use copyleaks::ai_video::AiVideoDetectionSubmission;
use copyleaks::plagiarism::{
    Delete, Export as TheirExport, ExportResult, ExportTarget, ScanProperties, SubmitWebhooks,
};
use hookward::ScanId;
use hookward::copyleaks::{
    AiDetection, Artefact, Deletion, DeveloperPayload, Export, Submission, Upload, Verb, Webhook,
    WebhookUrl,
};
use serde::Serialize;
use serde_json::{Value, json};

const STATUS: &str = "https://hooks.example.com/copyleaks/{STATUS}/scan-1";
const RESULT: &str = "https://hooks.example.com/result/scan-1";
const UPLOAD: &str = "https://hooks.example.com/upload/scan-1";
const PAYLOAD: &str = "what only the receiver knows";
const HEADERS: [(&str, &str); 2] = [("x-webhook-secret", "what a header has"), ("x-b", "c")];

fn json(form: &impl Serialize) -> Value {
    serde_json::to_value(form).unwrap()
}

fn scan_id() -> ScanId {
    ScanId::parse("scan-1").unwrap()
}

fn ours(url: &str) -> Webhook {
    let webhook = Webhook::new(WebhookUrl::parse(url, &scan_id()).unwrap());
    HEADERS.into_iter().fold(webhook, |webhook, (name, value)| {
        webhook.with_header(name.parse().unwrap(), value).unwrap()
    })
}

fn payload() -> DeveloperPayload {
    DeveloperPayload::new(PAYLOAD).unwrap()
}

fn theirs() -> Vec<(String, String)> {
    HEADERS
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

#[test]
fn a_submission_is_the_same() {
    let submission = Submission::new(&scan_id(), ours(STATUS))
        .unwrap()
        .with_new_result(ours(RESULT))
        .unwrap()
        .with_developer_payload(payload())
        .unwrap();
    let webhooks = SubmitWebhooks::new(STATUS)
        .status_headers(theirs())
        .new_result(RESULT)
        .new_result_headers(theirs());
    let properties = ScanProperties::new(STATUS)
        .webhooks(webhooks)
        .developer_payload(PAYLOAD);
    assert_eq!(json(&submission), json!({ "properties": properties }));
}

#[test]
fn an_export_is_the_same() {
    let upload = |verb| Upload::new(verb, ours(UPLOAD));
    let export = [
        (Artefact::Result("r1".to_owned()), Verb::Post),
        (Artefact::CrawledVersion, Verb::Put),
        (Artefact::PdfReport, Verb::Put),
        (Artefact::AiDetection, Verb::Put),
        (Artefact::WritingFeedback, Verb::Put),
        (Artefact::Overview, Verb::Put),
    ]
    .into_iter()
    .fold(
        Export::new(&scan_id(), ours(RESULT))
            .unwrap()
            .with_developer_payload(payload())
            .unwrap()
            .with_max_retries(3)
            .unwrap(),
        |export, (artefact, verb)| export.with_upload(artefact, upload(verb)).unwrap(),
    );
    let target = || ExportTarget::new(UPLOAD, "PUT").headers(theirs());
    let same = TheirExport::new(RESULT)
        .completion_webhook_headers(theirs())
        .developer_payload(PAYLOAD)
        .max_retries(3)
        .results(vec![
            ExportResult::new("r1", UPLOAD, "POST").headers(theirs()),
        ])
        .crawled_version(target())
        .pdf_report(target())
        .ai_detection(target())
        .writing_feedback(target())
        .overview(target());
    assert_eq!(json(&export), json(&same));
}

#[test]
fn a_deletion_is_the_same() {
    let deletion = Deletion::new(ours(RESULT)).unwrap();
    let same = Delete::new(["scan-1"])
        .completion_webhook(RESULT)
        .headers(theirs());
    let mut body = json!({ "scans": [{ "id": "scan-1" }] });
    let fields = json(&deletion);
    let fields = fields.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    assert_eq!(body, json(&same));
}

#[test]
fn checks_of_images_and_videos_are_the_same() {
    let ours = AiDetection::new(&scan_id(), ours(RESULT))
        .unwrap()
        .with_developer_payload(payload())
        .unwrap();
    let webhook = || ResultWebhook::new(RESULT).headers(theirs());
    let image = AiImageDetectionSubmission::new("https://example.com/a.png", "a.png", "m", "")
        .webhooks(webhook())
        .developer_payload(PAYLOAD);
    let video = AiVideoDetectionSubmission::new("https://example.com/a.mp4", "a.mp4", "m", "")
        .webhooks(webhook())
        .developer_payload(PAYLOAD);
    for mut same in [json(&image), json(&video)] {
        // What is checked is not ours.
        let fields = same.as_object_mut().unwrap();
        fields.retain(|name, _| !["url", "fileName", "filename", "model"].contains(&name.as_str()));
        assert_eq!(json(&ours), same);
    }
}
