//! What is sent to Copyleaks so that the webhooks which come back can be told from forged ones.
//!
//! Each form serialises to the fields that belong into the body of one request of Copyleaks' API,
//! under the names and in the places that they have there, so that they can be merged into the
//! rest of that body.

mod ai_detection;
mod deletion;
mod error;
mod export;
mod payload;
mod submission;
mod url;
mod webhook;

pub use ai_detection::AiDetection;
pub use deletion::Deletion;
pub use error::ArmingError;
pub use export::{Artefact, Export, Upload, Verb};
pub use payload::DeveloperPayload;
pub use submission::Submission;
pub use url::{WebhookUrl, WebhookUrlError};
pub use webhook::Webhook;

/// Refuses a form of which some URL holds a secret: the payload, or the value of a header.
fn refuse_secrets_in_urls<'f>(
    webhooks: impl Iterator<Item = &'f Webhook> + Clone,
    payload: Option<&'f DeveloperPayload>,
) -> Result<(), ArmingError> {
    let values = webhooks.clone().flat_map(Webhook::values);
    for secret in payload
        .map(DeveloperPayload::expose)
        .into_iter()
        .chain(values)
    {
        if webhooks.clone().any(|webhook| webhook.url().holds(secret)) {
            return Err(ArmingError::SecretInUrl);
        }
    }
    Ok(())
}

/// Refuses a token that Copyleaks replaces in the URL for statuses, and nowhere else.
fn refuse_status(webhook: &Webhook) -> Result<(), ArmingError> {
    if webhook.url().has_status() {
        return Err(ArmingError::StatusNotReplaced);
    }
    Ok(())
}
