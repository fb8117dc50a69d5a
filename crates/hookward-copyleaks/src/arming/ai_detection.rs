use serde::{Serialize, Serializer};

use super::webhook::Header;
use super::{ArmingError, DeveloperPayload, Webhook, refuse_secrets_in_urls, refuse_status};
use crate::scan_id::ScanId;

/// What arms a check of an image that is given by its URL, or of a video: whether AI made it.
///
/// Serialised, they are `developerPayload` and `webhooks.{url, headers}`, in both requests.
#[derive(Debug)]
pub struct AiDetection {
    result: Webhook,
    developer_payload: Option<DeveloperPayload>,
}

impl AiDetection {
    /// The greatest length of the developer payload, in UTF-16 code units: one less than elsewhere,
    /// as the official Rust crate has it.
    pub const MAX_PAYLOAD_LEN: usize = 511;

    /// A check under `scan_id` that reports to `result`.
    ///
    /// # Errors
    /// [`ArmingError::ScanId`], [`ArmingError::StatusNotReplaced`] and
    /// [`ArmingError::SecretInUrl`].
    pub fn new(scan_id: &ScanId, result: Webhook) -> Result<Self, ArmingError> {
        if scan_id.has_refused_word() {
            return Err(ArmingError::ScanId);
        }
        refuse_status(&result)?;
        Self {
            result,
            developer_payload: None,
        }
        .checked()
    }

    /// Has the webhook carry `payload`.
    ///
    /// # Errors
    /// [`ArmingError::PayloadTooLong`] and [`ArmingError::SecretInUrl`].
    pub fn with_developer_payload(
        mut self,
        payload: DeveloperPayload,
    ) -> Result<Self, ArmingError> {
        payload.refuse_past(Self::MAX_PAYLOAD_LEN)?;
        self.developer_payload = Some(payload);
        self.checked()
    }

    fn checked(self) -> Result<Self, ArmingError> {
        let webhooks = core::iter::once(&self.result);
        refuse_secrets_in_urls(webhooks, self.developer_payload.as_ref())?;
        Ok(self)
    }
}

impl Serialize for AiDetection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            developer_payload: Option<&'a DeveloperPayload>,
            webhooks: Target<'a>,
        }
        #[derive(Serialize)]
        struct Target<'a> {
            url: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            headers: Option<&'a [Header]>,
        }
        Body {
            developer_payload: self.developer_payload.as_ref(),
            webhooks: Target {
                url: self.result.url().as_str(),
                headers: self.result.headers(),
            },
        }
        .serialize(serializer)
    }
}
