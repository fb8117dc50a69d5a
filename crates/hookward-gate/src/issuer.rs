//! The submitting side: secrets for a scan that the gate will recognise.

use core::fmt;
use core::time::Duration;

use hookward::copyleaks::WebhookUrl;
use hookward::seal::{Claims, SealError, SealRing};
use hookward::{DerivationRing, Purpose, ScanId, UnixTime, Window};
use hookward_secret::Binding;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::moment::rfc3339;

/// How sealed tokens and their keys begin
/// (<https://github.com/paseto-standard/paserk#implementers-guide>).
const SEALED: [&str; 2] = ["v4.local.", "k4.local."];

/// Issues the secrets of one check.
#[derive(Debug)]
pub(crate) struct Issuer {
    purpose: Purpose,
    fixed: Vec<Fixed>,
    derived: Option<Derived>,
    sealed: Option<Sealed>,
}

/// A secret that is the same for every scan.
struct Fixed {
    label: String,
    text: Zeroizing<String>,
    window: Window,
}

#[derive(Debug)]
struct Derived {
    ring: DerivationRing,
    audience: String,
}

#[derive(Debug)]
struct Sealed {
    ring: SealRing,
    audience: String,
    lifetime: Duration,
}

/// Why there is no secret to submit.
#[derive(Debug, Error)]
pub(crate) enum IssueError {
    /// Every secret or key has a window, and it is in none.
    #[error("no {0} is valid now: all of them are too old or too new")]
    NoneValid(&'static str),
    /// Only secrets of each scan are configured, and the path does not name the scan.
    #[error("no {0} is for every scan, and the path of the webhooks does not name theirs")]
    ScanIdMissing(&'static str),
    /// A token has to expire before its key ends, and would not with any key.
    #[error(
        "cannot seal: no key is valid from {issued_at} until the token would expire, {expires_at}"
    )]
    NoSealKey {
        issued_at: String,
        expires_at: String,
    },
    /// The payload cannot be sealed.
    #[error("cannot seal: {0}")]
    Seal(SealError),
    /// The times of a seal make no sense.
    #[error("cannot seal: {0}")]
    Claims(#[from] hookward::seal::ClaimsError),
}

impl Issuer {
    /// Issues nothing yet.
    pub(crate) const fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            fixed: Vec::new(),
            derived: None,
            sealed: None,
        }
    }

    pub(crate) const fn purpose(&self) -> Purpose {
        self.purpose
    }

    pub(crate) fn add_fixed(&mut self, label: &str, text: &str, window: Window) {
        let (label, text) = (label.to_owned(), Zeroizing::new(text.to_owned()));
        self.fixed.push(Fixed {
            label,
            text,
            window,
        });
    }

    /// The secrets that are the same for every scan and valid `now`, each with its label.
    pub(crate) fn fixed(&self, now: UnixTime) -> impl Iterator<Item = (&str, &str)> {
        let valid = self
            .fixed
            .iter()
            .filter(move |fixed| fixed.window.contains(now));
        valid.map(|fixed| (fixed.label.as_str(), fixed.text.as_str()))
    }

    /// When [`fixed`](Self::fixed) will next be others, if ever.
    pub(crate) fn next_change(&self, now: UnixTime) -> Option<UnixTime> {
        let begins = (self.fixed.iter()).filter_map(|fixed| fixed.window.not_before());
        let ends = self.fixed.iter().filter_map(|fixed| {
            let last = fixed.window.not_after()?.as_secs();
            Some(UnixTime::since_unix_epoch(Duration::from_secs(
                last.checked_add(1)?,
            )))
        });
        begins.chain(ends).filter(|moment| *moment > now).min()
    }

    /// The first secret for every scan that `other` has as well, counted from 0.
    pub(crate) fn shared_with(&self, other: &Self) -> Option<usize> {
        let mut fixed = self.fixed.iter();
        fixed.position(|own| other.fixed.iter().any(|other| own.text == other.text))
    }

    /// Whether `url` holds a secret of these: one for every scan, whenever it is valid, one that is
    /// derived for this scan, or anything sealed. Tokens are not kept, so one is known by how it begins, and
    /// so is the key of others.
    pub(crate) fn any_is_in(&self, url: &WebhookUrl, scan_id: &ScanId) -> bool {
        let mut derived = self.derived.iter().flat_map(|derived| {
            let binding = self.binding(&derived.audience, scan_id);
            derived.ring.values().map(move |key| key.derive(&binding))
        });
        let begins = |_| SEALED.iter().any(|prefix| url.contains(prefix));
        self.fixed.iter().any(|fixed| url.holds(&fixed.text))
            || self.sealed.as_ref().is_some_and(begins)
            || derived.any(|secret| url.holds(secret.expose()))
    }

    pub(crate) fn set_derived(&mut self, ring: DerivationRing, audience: &str) {
        let audience = audience.to_owned();
        self.derived = Some(Derived { ring, audience });
    }

    pub(crate) fn set_sealed(&mut self, ring: SealRing, audience: &str, lifetime: Duration) {
        self.sealed = Some(Sealed {
            ring,
            audience: audience.to_owned(),
            lifetime,
        });
    }

    /// A secret that is valid `now`, for the scan if its id is known where the secret arrives.
    ///
    /// What is narrower goes first: sealed, then derived, then the same for every scan; and of each
    /// kind the first entry whose window allows.
    pub(crate) fn issue(
        &self,
        scan_id: Option<&ScanId>,
        now: UnixTime,
    ) -> Result<Zeroizing<String>, IssueError> {
        let mut failure = IssueError::NoneValid(self.name());
        if let Some(scan_id) = scan_id {
            let sealed = self.sealed.as_ref();
            match sealed.map(|sealed| sealed.issue(&self.binding(&sealed.audience, scan_id), now)) {
                Some(Ok(secret)) => return Ok(secret),
                // Another kind may have a key that is valid.
                Some(Err(error @ IssueError::NoSealKey { .. })) => failure = error,
                Some(Err(error)) => return Err(error),
                None => {}
            }
            if let Some(derived) = &self.derived
                && let Some((_, key)) = derived.ring.first_valid(now, now)
            {
                let secret = key.derive(&self.binding(&derived.audience, scan_id));
                return Ok(Zeroizing::new(secret.expose().to_owned()));
            }
        } else if self.fixed.is_empty() {
            failure = IssueError::ScanIdMissing(self.name());
        }
        let fixed = self.fixed.iter().find(|fixed| fixed.window.contains(now));
        fixed.map(|fixed| fixed.text.clone()).ok_or(failure)
    }

    fn binding<'b>(&self, audience: &'b str, scan_id: &'b ScanId) -> Binding<'b> {
        Binding {
            purpose: self.purpose,
            audience,
            scan_id: scan_id.as_str(),
        }
    }

    /// What the secret is, for people.
    const fn name(&self) -> &'static str {
        match self.purpose {
            Purpose::Header => "header secret",
            _ => "developer payload",
        }
    }
}

impl Sealed {
    fn issue(&self, binding: &Binding<'_>, now: UnixTime) -> Result<Zeroizing<String>, IssueError> {
        let seconds = now.as_secs().saturating_add(self.lifetime.as_secs());
        let expires_at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let claims = Claims::new(now, expires_at)?;
        let token = self
            .ring
            .seal(binding, &claims)
            .map_err(|error| match error {
                SealError::NoKey {
                    issued_at,
                    expires_at,
                } => IssueError::NoSealKey {
                    issued_at: rfc3339(issued_at),
                    expires_at: rfc3339(expires_at),
                },
                error => IssueError::Seal(error),
            })?;
        Ok(Zeroizing::new(token.expose().to_owned()))
    }
}

impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fixed(redacted)")
    }
}
