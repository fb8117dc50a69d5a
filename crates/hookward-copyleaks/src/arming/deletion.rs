use serde::{Serialize, Serializer};

use super::webhook::Header;
use super::{ArmingError, Webhook, refuse_secrets_in_urls, refuse_status};

/// What arms a deletion: fields for the body of a request that deletes scans
/// (<https://docs.copyleaks.com/reference/actions/downloads/delete/>).
///
/// Serialised, they are `completionWebhook` and `headers`. Its webhook has no body, so it carries
/// no developer payload; a header is what proves it.
#[derive(Debug)]
pub struct Deletion {
    completion: Webhook,
}

impl Deletion {
    /// A deletion that reports to `completion`.
    ///
    /// # Errors
    /// [`ArmingError::StatusNotReplaced`] and [`ArmingError::SecretInUrl`].
    pub fn new(completion: Webhook) -> Result<Self, ArmingError> {
        refuse_status(&completion)?;
        refuse_secrets_in_urls(core::iter::once(&completion), None)?;
        Ok(Self { completion })
    }
}

impl Serialize for Deletion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            completion_webhook: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            headers: Option<&'a [Header]>,
        }
        Body {
            completion_webhook: self.completion.url().as_str(),
            headers: self.completion.headers(),
        }
        .serialize(serializer)
    }
}
