//! The list of thumbprints.

use hookward::copyleaks::{ListError, parse_thumbprint_list};
use hookward::{Check, Lists, Snapshot, Thumbprint, ThumbprintSet, ValidityDates};
use hookward_reqwest::hookward_refresh::Document;
use hookward_thumbprint::ThumbprintError;
use thiserror::Error;

use crate::refreshed::kind::Kind;

/// What the list is called.
pub(crate) const THUMBPRINTS: &str = "thumbprints";

/// The thumbprints of client certificates. `REFUSE_SHA1`: a list that has a SHA-1 thumbprint is
/// refused whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Thumbprints<const REFUSE_SHA1: bool> {
    pub(crate) validity_dates: ValidityDates,
}

/// A list as it was fetched.
pub(crate) struct FetchedThumbprints<const REFUSE_SHA1: bool>(ThumbprintSet);

/// Why an answer is not the list.
#[derive(Debug, Error)]
pub(crate) enum FetchedThumbprintsError {
    /// It cannot be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// It can be read, but is not wanted.
    #[error(transparent)]
    Set(#[from] ThumbprintError),
}

impl<const REFUSE_SHA1: bool> Document for FetchedThumbprints<REFUSE_SHA1> {
    type Entry = Thumbprint;
    type Error = FetchedThumbprintsError;

    fn parse(body: &[u8]) -> Result<Self, Self::Error> {
        let mut set = ThumbprintSet::builder().thumbprints(parse_thumbprint_list(body)?);
        if REFUSE_SHA1 {
            set = set.refuse_sha1();
        }
        Ok(Self(set.build()?))
    }

    fn entries(&self) -> impl Iterator<Item = Thumbprint> {
        self.0.iter().copied()
    }
}

impl<const REFUSE_SHA1: bool> Kind for Thumbprints<REFUSE_SHA1> {
    type Document = FetchedThumbprints<REFUSE_SHA1>;
    type List = ThumbprintSet;

    const NAME: &'static str = THUMBPRINTS;
    const CHECK: Check = Check::ClientCertificate;

    fn list(&self, document: &Self::Document) -> Result<ThumbprintSet, String> {
        Ok(document.0.clone().with_validity_dates(self.validity_dates))
    }

    fn place(lists: &mut Lists) -> &mut Option<Snapshot<ThumbprintSet>> {
        &mut lists.thumbprints
    }
}

#[cfg(test)]
mod tests {
    use hookward::Algorithm;

    use super::*;

    #[test]
    fn sha1_is_taken_or_refused_as_configured() {
        let list = |algorithm| {
            let thumbprint = Thumbprint::of(algorithm, b"certificate").to_string();
            serde_json::to_vec(&[thumbprint]).unwrap()
        };
        let sha1 = list(Algorithm::Sha1);
        assert!(FetchedThumbprints::<false>::parse(&sha1).is_ok());
        assert!(matches!(
            FetchedThumbprints::<true>::parse(&sha1),
            Err(FetchedThumbprintsError::Set(_))
        ));
        assert!(FetchedThumbprints::<true>::parse(&list(Algorithm::Sha256)).is_ok());
    }

    #[test]
    fn the_list_treats_dates_as_configured() {
        let thumbprint = Thumbprint::of(Algorithm::Sha256, b"certificate").to_string();
        let body = serde_json::to_vec(&[thumbprint]).unwrap();
        let document = FetchedThumbprints::<false>::parse(&body).unwrap();
        for validity_dates in [ValidityDates::Enforce, ValidityDates::Ignore] {
            let list = Thumbprints { validity_dates }.list(&document).unwrap();
            assert_eq!(list.validity_dates(), validity_dates);
        }
    }
}
