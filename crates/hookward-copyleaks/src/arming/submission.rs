use serde::{Serialize, Serializer};

use super::webhook::Header;
use super::{ArmingError, DeveloperPayload, Webhook, refuse_secrets_in_urls, refuse_status};
use crate::scan_id::ScanId;

/// What arms a scan: the fields for the body of a submission, by file, by URL or by OCR
/// (<https://docs.copyleaks.com/reference/actions/authenticity/submit-file/>).
///
/// Serialised, they are `properties.developerPayload` and
/// `properties.webhooks.{status, statusHeaders, newResult, newResultHeaders}`.
///
/// ```
/// use hookward_copyleaks::{DeveloperPayload, ScanId, Submission, Webhook, WebhookUrl};
///
/// # let mut secret = String::from("a"); secret.push_str(&"b".repeat(31));
/// let scan_id = ScanId::parse("scan-1")?;
/// let url = "https://example.com/copyleaks/{STATUS}/{scan_id}";
/// let status = Webhook::new(WebhookUrl::parse(url, &scan_id)?)
///     .with_header("x-environment".parse()?, "production")?;
/// let submission = Submission::new(&scan_id, status)?
///     .with_developer_payload(DeveloperPayload::new(secret.as_str())?)?;
/// assert_eq!(
///     serde_json::to_value(&submission)?,
///     serde_json::json!({ "properties": {
///         "developerPayload": secret,
///         "webhooks": {
///             "status": "https://example.com/copyleaks/{STATUS}/scan-1",
///             "statusHeaders": [["x-environment", "production"]],
///         },
///     }}),
/// );
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Submission {
    status: Webhook,
    new_result: Option<Webhook>,
    developer_payload: Option<DeveloperPayload>,
}

impl Submission {
    /// A submission of `scan_id` that reports its status to `status`.
    ///
    /// # Errors
    /// [`ArmingError::ScanId`], [`ArmingError::StatusMissing`] and [`ArmingError::SecretInUrl`].
    pub fn new(scan_id: &ScanId, status: Webhook) -> Result<Self, ArmingError> {
        if !scan_id.is_submittable() {
            return Err(ArmingError::ScanId);
        }
        if !status.url().has_status() {
            return Err(ArmingError::StatusMissing);
        }
        Self {
            status,
            new_result: None,
            developer_payload: None,
        }
        .checked()
    }

    /// Reports each result as it is found.
    ///
    /// # Errors
    /// [`ArmingError::StatusNotReplaced`] and [`ArmingError::SecretInUrl`].
    pub fn with_new_result(mut self, new_result: Webhook) -> Result<Self, ArmingError> {
        refuse_status(&new_result)?;
        self.new_result = Some(new_result);
        self.checked()
    }

    /// Has every webhook of the scan carry `payload`.
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

    fn checked(self) -> Result<Self, ArmingError> {
        let webhooks = core::iter::once(&self.status).chain(&self.new_result);
        refuse_secrets_in_urls(webhooks, self.developer_payload.as_ref())?;
        Ok(self)
    }
}

impl Serialize for Submission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            properties: Properties<'a>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Properties<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            developer_payload: Option<&'a DeveloperPayload>,
            webhooks: Webhooks<'a>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Webhooks<'a> {
            status: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            status_headers: Option<&'a [Header]>,
            #[serde(skip_serializing_if = "Option::is_none")]
            new_result: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            new_result_headers: Option<&'a [Header]>,
        }
        let new_result = self.new_result.as_ref();
        Body {
            properties: Properties {
                developer_payload: self.developer_payload.as_ref(),
                webhooks: Webhooks {
                    status: self.status.url().as_str(),
                    status_headers: self.status.headers(),
                    new_result: new_result.map(|webhook| webhook.url().as_str()),
                    new_result_headers: new_result.and_then(Webhook::headers),
                },
            },
        }
        .serialize(serializer)
    }
}
