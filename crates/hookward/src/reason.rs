use core::fmt;
use core::str::FromStr;

/// What a reason answers the sender with.
///
/// The sender learns the status and nothing else.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// 400: the request is malformed.
    BadRequest,
    /// 403: the request is not genuine.
    Forbidden,
    /// 404: no route matches.
    NotFound,
    /// 405: the event of this route does not come with this method.
    MethodNotAllowed,
    /// 408: the sender took too long.
    RequestTimeout,
    /// 413: the body is larger than the route allows.
    ContentTooLarge,
    /// 415: the body is encoded.
    UnsupportedMediaType,
    /// 431: the header is larger than allowed.
    HeaderFieldsTooLarge,
    /// 503 with `Retry-After`: it cannot be judged now; Copyleaks sends it again.
    ServiceUnavailable,
}

impl Answer {
    /// The HTTP status code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::ContentTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::HeaderFieldsTooLarge => 431,
            Self::ServiceUnavailable => 503,
        }
    }
}

/// One row of the table of reasons.
struct Row {
    name: &'static str,
    meaning: &'static str,
    cause: &'static str,
    remedy: &'static str,
    answer: Answer,
}

macro_rules! reasons {
    ($($variant:ident, $name:literal, $answer:ident, $meaning:literal, $cause:literal, $remedy:literal;)*) => {
        /// Why a check did not pass, or why a request was refused.
        ///
        /// A closed vocabulary for logs, metrics and traces: a name never changes its meaning.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Reason {
            $(#[doc = $meaning] #[doc = ""] #[doc = concat!("Name: `", $name, "`.")] $variant,)*
        }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            const fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row {
                        name: $name,
                        meaning: $meaning,
                        cause: $cause,
                        remedy: $remedy,
                        answer: Answer::$answer,
                    },)*
                }
            }
        }
    };
}

reasons! {
    // The request's form.
    MethodUnsupported, "method_unsupported", BadRequest,
        "The method is CONNECT.",
        "Somebody looks for an open proxy.",
        "Nothing: Copyleaks does not send this.";
    UpgradeRefused, "upgrade_refused", BadRequest,
        "The request asks to leave HTTP with an Upgrade header.",
        "Somebody probes for request smuggling.",
        "Nothing: Copyleaks does not send this.";
    FramingAmbiguous, "framing_ambiguous", BadRequest,
        "The request has both Transfer-Encoding and Content-Length, a length that is no number, or a transfer coding other than chunked.",
        "Request smuggling, or a broken proxy in front.",
        "Look at the proxy in front: it must send one of the two.";
    HostAmbiguous, "host_ambiguous", BadRequest,
        "Host occurs more than once, differs from the authority of the request, is no host, or is missing over HTTP/1.1.",
        "Request smuggling, or a broken proxy in front.",
        "Look at the proxy in front: it must send one Host.";
    HeaderAliased, "header_aliased", BadRequest,
        "A header name turns into one of ours when `_` or `.` is read as `-`.",
        "Somebody tries to slip a header past a filter.",
        "If it is a proxy of yours, spell the name with hyphens.";
    PathMalformed, "path_malformed", BadRequest,
        "The path has dot segments, empty segments, or encoded characters that other programs read differently.",
        "Somebody tries to reach another path than the one judged.",
        "Give Copyleaks a plain path and a scan id of a-z, 0-9 and hyphens.";
    RouteUnknown, "route_unknown", NotFound,
        "No route matches the path.",
        "The URL given to Copyleaks differs from the configured routes, or somebody probes.",
        "Compare the webhook URL of the scan with the routes.";
    MethodNotAllowed, "method_not_allowed", MethodNotAllowed,
        "The event of this route does not come with this method.",
        "Somebody opens the URL in a browser, or probes.",
        "For exports, set the verb of the task to PUT or POST.";
    ContentCodingUnsupported, "content_coding_unsupported", UnsupportedMediaType,
        "The body has a content coding other than identity.",
        "A proxy in front compresses, or somebody hides a body from the checks.",
        "Turn off compression of requests in front of the guard.";
    HeadTooLarge, "head_too_large", HeaderFieldsTooLarge,
        "The request has more header lines than allowed.",
        "Somebody sends junk, or the limit is too low.",
        "Raise the limit if the request is genuine.";

    // The body.
    BodyTooLarge, "body_too_large", ContentTooLarge,
        "The body is larger than the route allows.",
        "A very large scan, or an attack.",
        "Raise the route's body limit if the webhook is genuine.";
    BodyTimeout, "body_timeout", RequestTimeout,
        "The body took longer than allowed.",
        "A slow or broken connection, or an attack that holds connections open.",
        "Raise the body time-out if the sender is genuine.";
    BodyIncomplete, "body_incomplete", BadRequest,
        "The sender stopped before the whole body was here.",
        "The connection broke.",
        "Nothing: Copyleaks sends it again.";
    BodyMalformed, "body_malformed", BadRequest,
        "The body is not one JSON object as RFC 8259 defines it.",
        "A forged request, or a proxy that changes bodies.",
        "Read a recorded body with `inspect payload`: it says where the error is.";
    BodyTooDeep, "body_too_deep", BadRequest,
        "The body nests deeper than allowed.",
        "An attack on JSON parsers.",
        "Nothing: Copyleaks' bodies are shallow.";
    BufferExhausted, "buffer_exhausted", ServiceUnavailable,
        "The memory set aside for buffered bodies is in use.",
        "Many large webhooks at once, or a flood of forged ones.",
        "Add a check at the head to the policy, or raise the buffer budget.";

    // client_certificate
    CertificateMissing, "certificate_missing", Forbidden,
        "The client presented no certificate.",
        "A forged request, a plain http URL, or a proxy in front that does not forward the certificate.",
        "Give Copyleaks an https URL that reaches the guard's own TLS, or configure the forwarded form.";
    CertificateUnreadable, "certificate_unreadable", Forbidden,
        "The client certificate could not be read.",
        "A forged request, or a proxy that forwards another form than configured.",
        "Compare the forwarded header with the configured form.";
    CertificateNotListed, "certificate_not_listed", Forbidden,
        "The client certificate is not on the thumbprint list.",
        "A forged request, or a list that is not Copyleaks' current one.",
        "Compare the thumbprint in the trace with Copyleaks' list.";
    CertificateNotYetListed, "certificate_not_yet_listed", ServiceUnavailable,
        "The client certificate is not on the list, and the list is old enough for Copyleaks to have changed it.",
        "Copyleaks has just changed its certificate, or a forged request.",
        "Nothing: the list is fetched again, and the sender tries again.";
    CertificateExpired, "certificate_expired", Forbidden,
        "The client certificate is listed, but its validity has ended.",
        "A certificate that was not renewed.",
        "Ask Copyleaks, or set the validity dates to be ignored.";
    CertificateNotYetValid, "certificate_not_yet_valid", Forbidden,
        "The client certificate is listed, but its validity has not begun.",
        "A clock that is behind.",
        "Set the clock, or set the validity dates to be ignored.";
    CertificateDatesUnknown, "certificate_dates_unknown", Forbidden,
        "Only a thumbprint was forwarded, so the validity dates that must be enforced cannot be seen.",
        "A proxy that forwards a bare fingerprint.",
        "Forward the whole certificate, or set the validity dates to be ignored.";
    ThumbprintAlgorithmNotListed, "thumbprint_algorithm_not_listed", Forbidden,
        "The forwarded thumbprint is of an algorithm that the list does not have.",
        "A proxy that forwards SHA-1 while the list is SHA-256, or the other way round.",
        "Forward the whole certificate.";
    ThumbprintsNotLoaded, "thumbprints_not_loaded", ServiceUnavailable,
        "There is no thumbprint list yet.",
        "The list could not be fetched or read since the start.",
        "Look at the log for the error of the list.";
    ThumbprintsExpired, "thumbprints_expired", ServiceUnavailable,
        "The thumbprint list is too old to be trusted, or is dated in the future.",
        "Refreshing has failed for a long time, or the clock was changed.",
        "Look at the log for the error of the list, and at the clock.";

    // header_secret
    HeaderSecretMissing, "header_secret_missing", Forbidden,
        "The secret header is not there.",
        "A forged request, or a scan that was submitted without the header.",
        "Submit scans with statusHeaders as the submission fragment shows.";
    HeaderSecretRepeated, "header_secret_repeated", Forbidden,
        "The secret header occurs more than once.",
        "Somebody adds a header in front of a proxy's.",
        "If it is a proxy of yours, let it replace the header.";
    HeaderSecretWrong, "header_secret_wrong", Forbidden,
        "The value of the secret header is none of ours.",
        "A forged request, or a scan that was submitted with a secret since removed; a derived secret of another scan or audience cannot be told from those.",
        "Keep an old secret in the ring until its scans are done, and compare audience and scan id with those of the submitting side.";
    HeaderSecretMisplaced, "header_secret_misplaced", Forbidden,
        "The value of the secret header is a developer payload of ours.",
        "A scan that was submitted with its payload in the header, or somebody who has seen the payload.",
        "Submit each secret in its own place, as `hookward submission` prints them.";
    HeaderSecretNotYetValid, "header_secret_not_yet_valid", Forbidden,
        "The secret in the header is ours, but its window has not begun.",
        "A secret that is used too early, or a clock that is behind.",
        "Set the clock, or move the secret's not_before.";
    HeaderSecretExpired, "header_secret_expired", Forbidden,
        "The secret in the header is ours, but its window has ended.",
        "A scan that was submitted before the rotation.",
        "Move the secret's not_after if scans take longer.";

    HeaderTokenMissing, "header_token_missing", Forbidden,
        "The secret header is no sealed token: no PASETO v4.local token with `kid` and `aud` in its footer.",
        "A forged request, a scan that was submitted without one, or a program of yours that seals in another form.",
        "Submit scans with the fields that `submission` prints.";
    HeaderTokenKeyUnknown, "header_token_key_unknown", Forbidden,
        "The token in the secret header names a key that is not in the ring.",
        "A forged request, or a scan that was submitted with a key since removed.",
        "Keep an old key in the ring until its tokens have expired.";
    HeaderTokenNotAuthentic, "header_token_not_authentic", Forbidden,
        "The token in the secret header was not sealed with the key that it names for this scan and purpose; nothing tells which.",
        "A token of another scan or the other purpose, or a forged one.",
        "Compare the scan id in the webhook's URL with the one that the token was made for.";
    HeaderTokenAnotherAudience, "header_token_another_audience", Forbidden,
        "The token in the secret header is authentic, but was sealed for another audience.",
        "A submitting side with another audience in its configuration, or a webhook of another receiver with the same key.",
        "Compare the audience of the configuration with that of the submitting side.";
    HeaderTokenMalformed, "header_token_malformed", Forbidden,
        "The token in the secret header is authentic, but holds other claims than ours.",
        "Tokens that another program seals with the same key.",
        "Seal with `iat`, `exp` and `data` alone.";
    HeaderTokenNotYetValid, "header_token_not_yet_valid", Forbidden,
        "The token in the secret header is authentic, but was sealed in the future.",
        "Clocks that differ.",
        "Set the clocks, or allow a clock skew.";
    HeaderTokenExpired, "header_token_expired", Forbidden,
        "The token in the secret header is authentic, but has expired.",
        "A scan that took longer than its token was made for, or a replayed webhook.",
        "Seal for longer if scans take longer.";

    // developer_payload
    DeveloperPayloadMissing, "developer_payload_missing", Forbidden,
        "The body has no top-level developerPayload.",
        "A scan that was submitted without one, or a forged request.",
        "Submit scans with properties.developerPayload.";
    DeveloperPayloadEmpty, "developer_payload_empty", Forbidden,
        "The developerPayload is the empty string.",
        "A scan that was submitted without one, or a forged request.",
        "Submit scans with properties.developerPayload.";
    DeveloperPayloadNotString, "developer_payload_not_string", Forbidden,
        "The developerPayload is not a string: null, for instance.",
        "A scan that was submitted without one, or a forged request.",
        "Submit scans with properties.developerPayload.";
    DeveloperPayloadRepeated, "developer_payload_repeated", Forbidden,
        "The key developerPayload occurs more than once, or in another case, so that parsers would disagree on its value.",
        "A forged request.",
        "Nothing: Copyleaks does not send this.";
    DeveloperPayloadTooLong, "developer_payload_too_long", Forbidden,
        "The developerPayload is longer than 512 UTF-16 units.",
        "A forged request: Copyleaks allows at most 512.",
        "Nothing: Copyleaks does not send this.";
    DeveloperPayloadWrong, "developer_payload_wrong", Forbidden,
        "The developerPayload is none of ours.",
        "A forged request, or a scan that was submitted with a secret since removed; a derived secret of another scan or audience cannot be told from those.",
        "Keep an old secret in the ring until its scans are done, and compare audience and scan id with those of the submitting side.";
    DeveloperPayloadMisplaced, "developer_payload_misplaced", Forbidden,
        "The developerPayload is a secret of our header.",
        "A scan that was submitted with the header's secret as its payload, or somebody who has seen the header.",
        "Submit each secret in its own place, as `hookward submission` prints them.";
    DeveloperPayloadNotYetValid, "developer_payload_not_yet_valid", Forbidden,
        "The developerPayload is ours, but its window has not begun.",
        "A secret that is used too early, or a clock that is behind.",
        "Set the clock, or move the secret's not_before.";
    DeveloperPayloadExpired, "developer_payload_expired", Forbidden,
        "The developerPayload is ours, but its window has ended.",
        "A scan that was submitted before the rotation.",
        "Move the secret's not_after if scans take longer.";

    PayloadTokenMissing, "payload_token_missing", Forbidden,
        "The developerPayload is no sealed token: no PASETO v4.local token with `kid` and `aud` in its footer.",
        "A forged request, a scan that was submitted without one, or a program of yours that seals in another form.",
        "Submit scans with the fields that `submission` prints.";
    PayloadTokenKeyUnknown, "payload_token_key_unknown", Forbidden,
        "The token in the developerPayload names a key that is not in the ring.",
        "A forged request, or a scan that was submitted with a key since removed.",
        "Keep an old key in the ring until its tokens have expired.";
    PayloadTokenNotAuthentic, "payload_token_not_authentic", Forbidden,
        "The token in the developerPayload was not sealed with the key that it names for this scan and purpose; nothing tells which.",
        "A token of another scan or the other purpose, or a forged one.",
        "Compare the scan id in the webhook's URL with the one that the token was made for.";
    PayloadTokenAnotherAudience, "payload_token_another_audience", Forbidden,
        "The token in the developerPayload is authentic, but was sealed for another audience.",
        "A submitting side with another audience in its configuration, or a webhook of another receiver with the same key.",
        "Compare the audience of the configuration with that of the submitting side.";
    PayloadTokenMalformed, "payload_token_malformed", Forbidden,
        "The token in the developerPayload is authentic, but holds other claims than ours.",
        "Tokens that another program seals with the same key.",
        "Seal with `iat`, `exp` and `data` alone.";
    PayloadTokenNotYetValid, "payload_token_not_yet_valid", Forbidden,
        "The token in the developerPayload is authentic, but was sealed in the future.",
        "Clocks that differ.",
        "Set the clocks, or allow a clock skew.";
    PayloadTokenExpired, "payload_token_expired", Forbidden,
        "The token in the developerPayload is authentic, but has expired.",
        "A scan that took longer than its token was made for, or a replayed webhook.",
        "Seal for longer if scans take longer.";

    // source_address
    AddressUnknown, "address_unknown", Forbidden,
        "The client address is not known.",
        "A connection over a Unix socket or a proxy that does not forward the address.",
        "Configure where the client address comes from.";
    AddressNotListed, "address_not_listed", Forbidden,
        "The client address is not on the address list.",
        "A forged request, an old address list, or a proxy in front whose address is seen instead of the client's.",
        "Compare the address in the trace with the list from your Copyleaks account manager.";
    AddressesNotLoaded, "addresses_not_loaded", ServiceUnavailable,
        "There is no address list yet.",
        "The list could not be fetched or read since the start.",
        "Look at the log for the error of the list.";
    AddressesExpired, "addresses_expired", ServiceUnavailable,
        "The address list is too old to be trusted, or is dated in the future.",
        "Refreshing has failed for a long time, or the clock was changed.",
        "Look at the log for the error of the list, and at the clock.";
}

impl Reason {
    /// The name in logs, metrics and traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// What it means, in one sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// What most likely led to it.
    #[must_use]
    pub const fn likely_cause(self) -> &'static str {
        self.row().cause
    }

    /// What the person who runs the receiver can do.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        self.row().remedy
    }

    /// What the sender is answered when this is why a request is refused.
    #[must_use]
    pub const fn answer(self) -> Answer {
        self.row().answer
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no such reason")]
pub struct UnknownReason;

impl FromStr for Reason {
    type Err = UnknownReason;

    /// Reads the name of a reason.
    ///
    /// # Errors
    /// [`UnknownReason`] for anything but the exact names.
    fn from_str(name: &str) -> Result<Self, UnknownReason> {
        Self::ALL
            .iter()
            .copied()
            .find(|reason| reason.name() == name)
            .ok_or(UnknownReason)
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_distinct_and_read_back() {
        let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(reason.name().parse(), Ok(*reason));
        }
        assert_eq!("accepted".parse::<Reason>(), Err(UnknownReason));
    }

    #[test]
    fn every_row_is_filled_in() {
        for reason in Reason::ALL {
            for text in [reason.meaning(), reason.likely_cause(), reason.remedy()] {
                assert!(text.ends_with('.') && text.len() > 10, "{reason}: {text}");
            }
            assert!((400..=503).contains(&reason.answer().status()));
        }
    }
}
