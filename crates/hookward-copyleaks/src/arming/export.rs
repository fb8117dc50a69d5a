use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Serialize, Serializer};

use super::webhook::Header;
use super::{ArmingError, DeveloperPayload, Webhook, refuse_secrets_in_urls, refuse_status};
use crate::scan_id::ScanId;

/// What arms an export: the body of a request that exports the artefacts of a scan
/// (<https://docs.copyleaks.com/reference/actions/downloads/export/>).
///
/// Serialised, it has `completionWebhook`, `completionWebhookHeaders`, `developerPayload`,
/// `maxRetries`, and for each artefact `verb`, `headers` and `endpoint`. The webhook that reports
/// the end carries the payload; the uploads themselves carry none, only their headers.
#[derive(Debug)]
pub struct Export {
    completion: Webhook,
    developer_payload: Option<DeveloperPayload>,
    max_retries: Option<u8>,
    uploads: Vec<(Artefact, Upload)>,
}

/// What can be exported.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Artefact {
    /// A result, by its id from the webhook that reports the scan.
    Result(String),
    /// The scanned text.
    CrawledVersion,
    /// The report as PDF.
    PdfReport,
    /// The report on text by AI.
    AiDetection,
    /// The report on grammar.
    WritingFeedback,
    /// The overview.
    Overview,
}

/// Where one artefact is uploaded to, and how.
#[derive(Debug)]
pub struct Upload {
    verb: Verb,
    target: Webhook,
}

/// The method of an upload.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    /// What Copyleaks recommends.
    #[default]
    Put,
    /// What else is seen.
    Post,
}

impl Artefact {
    /// Its name in the request.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Result(_) => "results",
            Self::CrawledVersion => "crawledVersion",
            Self::PdfReport => "pdfReport",
            Self::AiDetection => "aiDetection",
            Self::WritingFeedback => "writingFeedback",
            Self::Overview => "overview",
        }
    }
}

impl Upload {
    /// An upload to `target`.
    #[must_use]
    pub const fn new(verb: Verb, target: Webhook) -> Self {
        Self { verb, target }
    }
}

impl Export {
    /// An export of `scan_id` that reports its end to `completion`.
    ///
    /// # Errors
    /// [`ArmingError::ScanId`], [`ArmingError::StatusNotReplaced`] and
    /// [`ArmingError::SecretInUrl`].
    pub fn new(scan_id: &ScanId, completion: Webhook) -> Result<Self, ArmingError> {
        if scan_id.has_refused_word() {
            return Err(ArmingError::ScanId);
        }
        refuse_status(&completion)?;
        Self {
            completion,
            developer_payload: None,
            max_retries: None,
            uploads: Vec::new(),
        }
        .checked()
    }

    /// Has the webhook that reports the end carry `payload`.
    ///
    /// # Errors
    /// [`ArmingError::SecretInUrl`].
    pub fn with_developer_payload(
        mut self,
        payload: DeveloperPayload,
    ) -> Result<Self, ArmingError> {
        self.developer_payload = Some(payload);
        self.checked()
    }

    /// How often an upload is tried again before it is given up: 1 to 12 times.
    ///
    /// # Errors
    /// [`ArmingError::MaxRetries`].
    pub fn with_max_retries(mut self, max_retries: u8) -> Result<Self, ArmingError> {
        if !(1..=12).contains(&max_retries) {
            return Err(ArmingError::MaxRetries { given: max_retries });
        }
        self.max_retries = Some(max_retries);
        Ok(self)
    }

    /// Uploads an artefact.
    ///
    /// # Errors
    /// [`ArmingError::EmptyResultId`], [`ArmingError::RepeatedArtefact`],
    /// [`ArmingError::StatusNotReplaced`] and [`ArmingError::SecretInUrl`].
    pub fn with_upload(mut self, artefact: Artefact, upload: Upload) -> Result<Self, ArmingError> {
        refuse_status(&upload.target)?;
        if artefact == Artefact::Result(String::new()) {
            return Err(ArmingError::EmptyResultId);
        }
        if self.uploads.iter().any(|(other, _)| *other == artefact) {
            let artefact = match artefact {
                Artefact::Result(id) => id,
                other => other.name().to_owned(),
            };
            return Err(ArmingError::RepeatedArtefact { artefact });
        }
        self.uploads.push((artefact, upload));
        self.checked()
    }

    fn checked(self) -> Result<Self, ArmingError> {
        let targets = self.uploads.iter().map(|(_, upload)| &upload.target);
        let webhooks = core::iter::once(&self.completion).chain(targets);
        refuse_secrets_in_urls(webhooks, self.developer_payload.as_ref())?;
        Ok(self)
    }

    fn upload(&self, artefact: &Artefact) -> Option<Task<'_>> {
        let (_, upload) = self.uploads.iter().find(|(other, _)| other == artefact)?;
        Some(Task::of(upload))
    }
}

#[derive(Serialize)]
struct Task<'a> {
    verb: Verb,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<&'a [Header]>,
    endpoint: &'a str,
}

impl<'a> Task<'a> {
    fn of(upload: &'a Upload) -> Self {
        Self {
            verb: upload.verb,
            headers: upload.target.headers(),
            endpoint: upload.target.url().as_str(),
        }
    }
}

impl Serialize for Export {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct ResultTask<'a> {
            id: &'a str,
            #[serde(flatten)]
            task: Task<'a>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            completion_webhook: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            completion_webhook_headers: Option<&'a [Header]>,
            #[serde(skip_serializing_if = "Option::is_none")]
            developer_payload: Option<&'a DeveloperPayload>,
            #[serde(skip_serializing_if = "Option::is_none")]
            max_retries: Option<u8>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            results: Vec<ResultTask<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            crawled_version: Option<Task<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            pdf_report: Option<Task<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            ai_detection: Option<Task<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            writing_feedback: Option<Task<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            overview: Option<Task<'a>>,
        }
        let results = self
            .uploads
            .iter()
            .filter_map(|(artefact, upload)| match artefact {
                Artefact::Result(id) => Some(ResultTask {
                    id,
                    task: Task::of(upload),
                }),
                _ => None,
            });
        Body {
            completion_webhook: self.completion.url().as_str(),
            completion_webhook_headers: self.completion.headers(),
            developer_payload: self.developer_payload.as_ref(),
            max_retries: self.max_retries,
            results: results.collect(),
            crawled_version: self.upload(&Artefact::CrawledVersion),
            pdf_report: self.upload(&Artefact::PdfReport),
            ai_detection: self.upload(&Artefact::AiDetection),
            writing_feedback: self.upload(&Artefact::WritingFeedback),
            overview: self.upload(&Artefact::Overview),
        }
        .serialize(serializer)
    }
}
