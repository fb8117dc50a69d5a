//! What a check takes for a secret of ours, and what the submitting side puts there: the same for
//! every scan, or derived or sealed for each.

use core::ops::Range;
use core::time::Duration;
use std::path::Path;

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};
use hookward::seal::{SealKey, SealRing, SealedPayload};
use hookward::{Check, DerivationKey, Purpose, Ring, Secret, SecretRing, Secrets};
use hookward_secret::{RingBuilder, SecretError};

use crate::config::limits;
use crate::config::material::{self, List, Material};
use crate::config::problem::Findings;
use crate::config::rotation::Rotation;
use crate::config::rule::Rule;
use crate::config::schema;
use crate::config::spanned::Spanned;
use crate::config::value::Span;
use crate::issuer::Issuer;

/// How long a sealed secret is good for where nothing else is said: longer than a scan takes and
/// than anybody waits before asking for a webhook again.
const LIFETIME: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Copyleaks keeps a scan for at most 2880 hours
/// (<https://docs.copyleaks.com/reference/actions/authenticity/submit-file/>, `expiration`).
const LONGEST_LIFETIME: u64 = 2880 * 60 * 60;

/// The kinds of secrets that the section of a check has.
#[derive(Clone, Copy)]
pub(crate) struct Kinds<'s> {
    pub(crate) secrets: Option<&'s List>,
    pub(crate) audience: Option<&'s Spanned<String>>,
    pub(crate) derived: Option<&'s Spanned<schema::Derived>>,
    pub(crate) sealed: Option<&'s Spanned<schema::Sealed>>,
}

impl Kinds<'_> {
    /// Whether none of them can be told without the id of the scan.
    pub(crate) const fn need_scan_id(&self) -> bool {
        self.secrets.is_none() && (self.derived.is_some() || self.sealed.is_some())
    }
}

/// Reads the lists of one check, and takes down what they hold.
struct Materials<'r> {
    check: Check,
    base: &'r Path,
    rotation: &'r mut Rotation,
}

impl Materials<'_> {
    /// `lifetime` is how long what they issue is good for, if it ends of its own.
    fn read(
        &mut self,
        list: &List,
        lifetime: Duration,
        findings: &mut Findings<'_, '_>,
    ) -> Option<Vec<Material>> {
        let entries = material::read(list, self.base, findings)?;
        for entry in &entries {
            self.rotation.add(self.check, entry, lifetime);
        }
        Some(entries)
    }
}

/// Reads the secrets of one check, to recognise them and to issue them. `None` when something is
/// wrong with any of them.
pub(crate) fn read(
    section: &Range<usize>,
    kinds: Kinds<'_>,
    purpose: Purpose,
    base: &Path,
    rotation: &mut Rotation,
    findings: &mut Findings<'_, '_>,
) -> Option<(Secrets, Issuer)> {
    let mut issuer = Issuer::new(purpose);
    let mut materials = Materials {
        check: match purpose {
            Purpose::DeveloperPayload => Check::DeveloperPayload,
            _ => Check::HeaderSecret,
        },
        base,
        rotation,
    };
    let fixed = kinds
        .secrets
        .map(|list| read_fixed(list, &mut materials, &mut issuer, findings));
    let audience = read_audience(section, kinds, findings);
    let derived = kinds.derived.map(|fields| {
        let audience = audience.as_deref();
        read_derived(fields, audience, &mut materials, &mut issuer, findings)
    });
    let sealed = kinds.sealed.map(|fields| {
        let audience = audience.as_deref();
        read_sealed(fields, audience, &mut materials, &mut issuer, findings)
    });
    let kinds = [fixed, derived, sealed];
    if kinds.iter().all(Option::is_none) {
        findings.missing(
            Some(section),
            "secrets",
            "a list such as [{ label = \"2026-11\", env = \"NAME\" }], or derived or sealed",
        );
    }
    let kinds: Option<Vec<Secrets>> = kinds.into_iter().flatten().collect();
    Some((kinds?.into_iter().reduce(Secrets::or)?, issuer))
}

/// Reads secrets that are the same for every scan, to issue them alone.
pub(crate) fn read_static(
    list: &List,
    purpose: Purpose,
    base: &Path,
    findings: &mut Findings<'_, '_>,
) -> Option<Issuer> {
    let mut issuer = Issuer::new(purpose);
    let mut materials = Materials {
        check: Check::HeaderSecret,
        base,
        // They prove nothing to the gate, so it does not watch over their rotation.
        rotation: &mut Rotation::default(),
    };
    read_fixed(list, &mut materials, &mut issuer, findings).map(|_| issuer)
}

/// The audience, which derived and sealed secrets need, and others do not. Sealed ones name it, and
/// have room only for so much.
fn read_audience(
    section: &Range<usize>,
    kinds: Kinds<'_>,
    findings: &mut Findings<'_, '_>,
) -> Option<String> {
    let bound = kinds.derived.is_some() || kinds.sealed.is_some();
    match kinds.audience {
        Some(audience) if !bound => {
            let message = "not used: only derived and sealed secrets are bound to an audience";
            findings.warning(Rule::UnusedSetting, &audience.span(), message);
            None
        }
        Some(audience) if audience.get_ref().is_empty() => {
            findings.error(&audience.span(), "expected a name that is not empty");
            None
        }
        Some(audience) => {
            if kinds.sealed.is_some()
                && let Err(error) = SealedPayload::max_data_len(audience.get_ref())
            {
                findings.error(&audience.span(), error);
                return None;
            }
            Some(audience.get_ref().clone())
        }
        None => {
            if bound {
                let expected = "a name for who receives the webhooks, such as \"production\"";
                findings.missing(Some(section), "audience", expected);
            }
            None
        }
    }
}

fn read_fixed(
    list: &List,
    materials: &mut Materials<'_>,
    issuer: &mut Issuer,
    findings: &mut Findings<'_, '_>,
) -> Option<Secrets> {
    let entries = materials.read(list, Duration::ZERO, findings)?;
    let mut ring = SecretRing::builder();
    let mut complete = true;
    for entry in &entries {
        match check(&entry.bytes, issuer.purpose()) {
            Ok((secret, text)) => {
                ring = ring.secret_within(&entry.label, secret, entry.window);
                issuer.add_fixed(&entry.label, text, entry.window);
            }
            Err(error) => {
                findings.error(&entry.place, error);
                complete = false;
            }
        }
    }
    if !complete {
        return None;
    }
    built(ring.build(), list, findings).map(Secrets::fixed)
}

fn read_derived(
    fields: &Spanned<schema::Derived>,
    audience: Option<&str>,
    materials: &mut Materials<'_>,
    issuer: &mut Issuer,
    findings: &mut Findings<'_, '_>,
) -> Option<Secrets> {
    let list = keys(fields.get_ref().keys.as_ref(), fields.span(), findings)?;
    let [recognising, issuing] = rings(list, derivation_key, Duration::ZERO, materials, findings)?;
    let recognising = built(recognising.build(), list, findings)?;
    let issuing = built(issuing.build(), list, findings)?;
    issuer.set_derived(issuing, audience?);
    Some(Secrets::derived(recognising, audience?))
}

fn read_sealed(
    fields: &Spanned<schema::Sealed>,
    audience: Option<&str>,
    materials: &mut Materials<'_>,
    issuer: &mut Issuer,
    findings: &mut Findings<'_, '_>,
) -> Option<Secrets> {
    let settings = fields.get_ref();
    let lifetime = limits::within(
        settings.lifetime.as_ref(),
        limits::seconds(60)..=limits::seconds(LONGEST_LIFETIME),
        Span(LIFETIME),
        findings,
    );
    let clock_skew = limits::within(
        settings.clock_skew.as_ref(),
        limits::seconds(0)..=Span(SealRing::MAX_CLOCK_SKEW),
        limits::seconds(0),
        findings,
    );
    let list = keys(settings.keys.as_ref(), fields.span(), findings)?;
    let [recognising, issuing] = rings(list, seal_key, lifetime.0, materials, findings)?;
    let recognising = built(recognising.build(), list, findings)?;
    let issuing = built(issuing.build(), list, findings)?;
    let recognising = SealRing::new(recognising)
        .with_clock_skew(clock_skew.0)
        .map_err(|error| findings.error(&fields.span(), error))
        .ok()?;
    issuer.set_sealed(SealRing::new(issuing), audience?, lifetime.0);
    Some(Secrets::sealed(recognising, audience?))
}

/// The keys of a table that has to have some.
fn keys<'s>(
    list: Option<&'s List>,
    table: Range<usize>,
    findings: &mut Findings<'_, '_>,
) -> Option<&'s List> {
    if list.is_none() {
        let expected = "a list such as [{ label = \"2026-11\", env = \"NAME\" }]";
        findings.missing(Some(&table), "keys", expected);
    }
    list
}

/// Two rings of the same keys, one to recognise secrets and one to issue them: keys cannot be
/// cloned.
fn rings<T>(
    list: &List,
    key: fn(&Material) -> Result<T, String>,
    lifetime: Duration,
    materials: &mut Materials<'_>,
    findings: &mut Findings<'_, '_>,
) -> Option<[RingBuilder<T>; 2]> {
    let entries = materials.read(list, lifetime, findings)?;
    let (mut recognising, mut issuing) = (Ring::builder(), Ring::builder());
    let mut complete = true;
    for entry in &entries {
        match (key(entry), key(entry)) {
            (Ok(one), Ok(other)) => {
                recognising = recognising.entry_within(&entry.label, one, entry.window);
                issuing = issuing.entry_within(&entry.label, other, entry.window);
            }
            (Err(error), _) | (_, Err(error)) => {
                findings.error(&entry.place, error);
                complete = false;
            }
        }
    }
    complete.then_some([recognising, issuing])
}

/// A ring, or an error at the entry that is wrong.
fn built<R>(
    ring: Result<R, SecretError>,
    list: &List,
    findings: &mut Findings<'_, '_>,
) -> Option<R> {
    let error = match ring {
        Ok(ring) => return Some(ring),
        Err(error) => error,
    };
    let span = match error {
        SecretError::EmptyLabel { index }
        | SecretError::RepeatedLabel { index, .. }
        | SecretError::RepeatedSecret { index, .. } => list.get_ref()[index].span(),
        _ => list.span(),
    };
    match error {
        SecretError::EmptyRing => findings.error(&span, "expected at least one entry"),
        error => findings.error(&span, error),
    }
    None
}

/// A derivation key, in any of the usual forms of base64.
fn derivation_key(entry: &Material) -> Result<DerivationKey, String> {
    let decoders = [
        Base64::decode_vec,
        Base64Unpadded::decode_vec,
        Base64Url::decode_vec,
        Base64UrlUnpadded::decode_vec,
    ];
    let bytes = core::str::from_utf8(&entry.bytes)
        .ok()
        .and_then(|text| decoders.iter().find_map(|decode| decode(text).ok()))
        .ok_or("expected a key in base64, as `hookward secret --kind derivation-key` prints it")?;
    DerivationKey::new(bytes).map_err(|error| error.to_string())
}

/// A seal key, in PASERK form.
fn seal_key(entry: &Material) -> Result<SealKey, String> {
    let expected = "expected a key in PASERK form, as `hookward secret --kind seal-key` prints it";
    core::str::from_utf8(&entry.bytes)
        .ok()
        .and_then(|text| SealKey::from_paserk(text).ok())
        .ok_or_else(|| expected.to_owned())
}

/// Refuses what Copyleaks could not send back as it is.
fn check(bytes: &[u8], purpose: Purpose) -> Result<(Secret, &str), String> {
    let secret = Secret::new(bytes).map_err(|error| error.to_string())?;
    let fits = match purpose {
        Purpose::Header => bytes.iter().all(|byte| (b' '..=b'~').contains(byte)),
        _ => true,
    };
    match (core::str::from_utf8(bytes), purpose) {
        (_, Purpose::Header) if !fits => {
            Err("expected a secret of visible ASCII characters, as a header can carry".to_owned())
        }
        (Err(_), _) => Err("expected a secret that is UTF-8 text".to_owned()),
        // Some editors write the mark, and some programs that submit take it away.
        (Ok(text), _) if text.starts_with('\u{feff}') => {
            Err("expected a secret without a byte-order mark".to_owned())
        }
        (Ok(text), _) if text.trim().len() < text.len() => {
            Err("expected a secret without white space at its ends".to_owned())
        }
        (Ok(text), _) if text.chars().any(char::is_control) => {
            Err("expected a secret on one line, without control characters".to_owned())
        }
        (Ok(text), _) => Ok((secret, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_that_cannot_come_back_as_they_are_are_refused() {
        let fresh = crate::secret::fresh().unwrap();
        for purpose in Purpose::ALL {
            assert!(check(fresh.as_bytes(), purpose).is_ok());
            for broken in [
                format!("{fresh}\n"),
                format!(" {fresh}"),
                "short".to_owned(),
            ] {
                assert!(check(broken.as_bytes(), purpose).is_err());
            }
        }
        for broken in [
            format!("\u{feff}{fresh}"),
            format!("{fresh}\u{a0}"),
            format!("{fresh}\0"),
            format!("{fresh}\n{fresh}"),
        ] {
            let read = check(broken.as_bytes(), Purpose::DeveloperPayload);
            assert!(read.is_err(), "{broken:?}");
        }
        let accented = format!("{fresh}é").into_bytes();
        assert!(check(&accented, Purpose::Header).is_err());
        assert!(check(&accented, Purpose::DeveloperPayload).is_ok());
        assert!(
            check(
                &[fresh.as_bytes(), b"\xff"].concat(),
                Purpose::DeveloperPayload
            )
            .is_err()
        );
    }

    #[test]
    fn derivation_keys_are_read_in_every_usual_form_of_base64() {
        // Both alphabets differ, and so does the padding.
        let key = [0xfb_u8; 32];
        let entry = |text: String| Material {
            label: "a".to_owned(),
            bytes: text.into_bytes().into(),
            window: hookward::Window::ALWAYS,
            place: 0..0,
        };
        for text in [
            Base64::encode_string(&key),
            Base64Unpadded::encode_string(&key),
            Base64Url::encode_string(&key),
            Base64UrlUnpadded::encode_string(&key),
        ] {
            assert!(derivation_key(&entry(text)).is_ok());
        }
        for text in [
            String::new(),
            "not base64".to_owned(),
            Base64::encode_string(&key[1..]),
            Base64::encode_string(&[1; 65]),
            format!("{}\n", Base64::encode_string(&key)),
        ] {
            assert!(derivation_key(&entry(text)).is_err());
        }
    }
}
