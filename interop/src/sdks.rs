//! What the official SDKs send for the same settings, field by field.

use core::fmt;
use std::collections::BTreeMap;
use std::process::Command;

use hookward_copyleaks::{
    Artefact, Deletion, DeveloperPayload, Export, ScanId, Submission, Upload, Verb, Webhook,
    WebhookUrl,
};
use serde_json::{Value, json};

use crate::Outcome;
use crate::program::{folder, node, python, tell};
use crate::recorder::Recorder;

const SCAN_ID: &str = "scan-1";
const EXPORT_ID: &str = "export-1";
const RESULT_ID: &str = "result-1";
const STATUS: &str = "https://hooks.example.com/copyleaks/{STATUS}/scan-1";
const NEW_RESULT: &str = "https://hooks.example.com/result/scan-1";
const COMPLETION: &str = "https://hooks.example.com/done/scan-1";
const UPLOAD: &str = "https://hooks.example.com/upload/scan-1";
const PAYLOAD: &str = "what only the receiver knows";
const HEADER: (&str, &str) = ("x-webhook-secret", "what a header carries");
const MAX_RETRIES: u8 = 3;

/// An SDK, and the fields of ours that its models do not have.
struct Sdk {
    name: &'static str,
    lacks: &'static [&'static str],
}

const NODE: Sdk = Sdk {
    name: "plagiarism-checker (npm)",
    lacks: &[
        "submission: properties.webhooks.statusHeaders",
        "submission: properties.webhooks.newResultHeaders",
        "export: completionWebhookHeaders",
        "export: aiDetection",
        "export: writingFeedback",
        "export: overview",
        "deletion: headers",
    ],
};

const PYTHON: Sdk = Sdk {
    name: "copyleaks (PyPI)",
    lacks: &[
        "export: completionWebhookHeaders",
        "export: aiDetection",
        "export: writingFeedback",
        "export: overview",
        "deletion: headers",
    ],
};

pub(crate) fn run() -> Outcome {
    let ours = ours()?;
    let recorder = Recorder::start()?;
    let settings = json!({
        "server": format!("http://{}", recorder.address),
        "scanId": SCAN_ID, "exportId": EXPORT_ID, "resultId": RESULT_ID,
        "status": STATUS, "newResult": NEW_RESULT, "completion": COMPLETION, "upload": UPLOAD,
        "payload": PAYLOAD, "headers": [HEADER], "maxRetries": MAX_RETRIES,
    });
    let scratch = tempfile::tempdir()?;
    let scripts = folder("sdks");

    let script = node(&scripts, "submit.mjs", scratch.path())?;
    tell(Command::new("node").arg(script), &settings)?;
    NODE.compare(&ours, &recorder)?;

    let interpreter = python(&scripts, scratch.path())?;
    tell(
        Command::new(interpreter).arg(scripts.join("submit.py")),
        &settings,
    )?;
    PYTHON.compare(&ours, &recorder)?;
    println!("neither SDK can submit an image by its URL, or a video: nothing to compare");
    Ok(())
}

/// A request: its name, how it is recognised, and the fields of ours that belong into it.
struct Form {
    name: &'static str,
    method: &'static str,
    path: String,
    fields: Value,
}

fn ours() -> Outcome<[Form; 3]> {
    let scan_id = ScanId::parse(SCAN_ID)?;
    let webhook = |url: &str| -> Outcome<Webhook> {
        let webhook = Webhook::new(WebhookUrl::parse(url, &scan_id)?);
        Ok(webhook.with_header(HEADER.0.parse()?, HEADER.1)?)
    };
    let submission = Submission::new(&scan_id, webhook(STATUS)?)?
        .with_new_result(webhook(NEW_RESULT)?)?
        .with_developer_payload(DeveloperPayload::new(PAYLOAD)?)?;
    let mut export = Export::new(&scan_id, webhook(COMPLETION)?)?
        .with_max_retries(MAX_RETRIES)?
        .with_developer_payload(DeveloperPayload::new(PAYLOAD)?)?;
    for artefact in [
        Artefact::Result(RESULT_ID.to_owned()),
        Artefact::CrawledVersion,
        Artefact::PdfReport,
        Artefact::AiDetection,
        Artefact::WritingFeedback,
        Artefact::Overview,
    ] {
        export = export.with_upload(artefact, Upload::new(Verb::Put, webhook(UPLOAD)?))?;
    }
    let deletion = Deletion::new(webhook(COMPLETION)?)?;
    Ok([
        Form {
            name: "submission",
            method: "PUT",
            path: format!("/v3/scans/submit/url/{SCAN_ID}"),
            fields: serde_json::to_value(submission)?,
        },
        Form {
            name: "export",
            method: "POST",
            path: format!("/v3/downloads/{SCAN_ID}/export/{EXPORT_ID}"),
            fields: serde_json::to_value(export)?,
        },
        Form {
            name: "deletion",
            method: "PATCH",
            path: "/v3.1/scans/delete".to_owned(),
            fields: serde_json::to_value(deletion)?,
        },
    ])
}

/// How a field of ours stands beside that of an SDK.
#[derive(Eq, PartialEq)]
enum Verdict {
    Same,
    Lacking,
    Different(Value),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("the same"),
            Self::Lacking => f.write_str("the SDK has no such field"),
            Self::Different(theirs) => write!(f, "differs: the SDK sends {theirs}"),
        }
    }
}

impl Sdk {
    /// Compares what was recorded, and prints every field.
    ///
    /// Fails where a value differs, and where the SDK lacks another field than it is known to.
    fn compare(&self, ours: &[Form; 3], recorder: &Recorder) -> Outcome {
        println!("{}", self.name);
        let requests = recorder.take();
        let mut wrong = Vec::new();
        for form in ours {
            let request = requests
                .iter()
                .find(|request| request.method == form.method && request.path == form.path)
                .ok_or_else(|| format!("no {} to {}", form.method, form.path))?;
            let mut verdicts = BTreeMap::new();
            compare(&form.fields, &request.body, "", &mut verdicts);
            for (field, verdict) in verdicts {
                let field = format!("{}: {field}", form.name);
                println!("  {field}: {verdict}");
                let known = self.lacks.contains(&field.as_str());
                if known != (verdict == Verdict::Lacking)
                    || matches!(verdict, Verdict::Different(_))
                {
                    wrong.push(field);
                }
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("{}: not as expected: {}", self.name, wrong.join(", ")).into())
        }
    }
}

/// Goes down to the values of `ours`, and looks for each in `theirs`.
fn compare(ours: &Value, theirs: &Value, path: &str, verdicts: &mut BTreeMap<String, Verdict>) {
    let inner = |key: &dyn fmt::Display| match path {
        "" => key.to_string(),
        path => format!("{path}.{key}"),
    };
    match (ours, theirs) {
        (_, Value::Null) => {
            verdicts.insert(path.to_owned(), Verdict::Lacking);
        }
        (Value::Object(fields), Value::Object(_)) => {
            for (key, ours) in fields {
                compare(ours, &theirs[key], &inner(key), verdicts);
            }
        }
        (Value::Array(elements), Value::Array(others)) if elements.len() == others.len() => {
            for (index, (ours, theirs)) in elements.iter().zip(others).enumerate() {
                compare(ours, theirs, &inner(&index), verdicts);
            }
        }
        (ours, theirs) => {
            let verdict = if ours == theirs {
                Verdict::Same
            } else {
                Verdict::Different(theirs.clone())
            };
            verdicts.insert(path.to_owned(), verdict);
        }
    }
}
