//! Why there is no rule.

use alloc::string::String;

/// Why there is no rule. A rule that says less than it should is none.
///
/// Secrets are named by their labels.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FirewallError {
    /// The target matches headers, and there is none to match.
    #[error("{target} rules need a header secret that is the same for every scan")]
    HeaderMissing {
        /// The target.
        target: &'static str,
    },
    /// The target matches addresses, and there are none to match.
    #[error("{target} rules need source addresses")]
    AddressesMissing {
        /// The target.
        target: &'static str,
    },
    /// There is neither a header nor a list of addresses.
    #[error("there is nothing to say: neither a header secret nor source addresses")]
    NothingToSay,
    /// A header rule without routes would hold everywhere.
    #[error("a header rule needs at least one route, so that it does not hold everywhere")]
    RoutesMissing,
    /// No secret is there, so that the rule could only match the empty value.
    #[error("a header rule needs at least one secret")]
    SecretsMissing,
    /// HTTP could not carry the secret as it is.
    #[error(
        "the secret {label} is not visible ASCII without white space at its ends, as headers are"
    )]
    SecretForm {
        /// Its label.
        label: String,
    },
    /// A label that could end the comment in which it stands.
    #[error("a label is visible ASCII without spaces")]
    LabelForm,
    /// The target's language has no way to say it.
    #[error("{target} cannot express the secret {label}: {reason}")]
    NotExpressible {
        /// The target.
        target: &'static str,
        /// The label of the secret.
        label: String,
        /// Which part of it, and why.
        reason: &'static str,
    },
    /// Something is longer than the target allows.
    #[error("{target} takes {what} of at most {limit} {unit}, not {found}")]
    TooLong {
        /// The target.
        target: &'static str,
        /// What is too long.
        what: &'static str,
        /// How long it is.
        found: usize,
        /// How long it may be.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A name that the service could not have given.
    #[error("expected the ARN of an IP set, `arn:…:wafv2:…:ipset/…`")]
    NotAnIpSet,
}
