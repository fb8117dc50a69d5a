//! When a secret is valid.

use rustls_pki_types::UnixTime;

use crate::SecretError;

/// The time within which a secret is valid, both ends included, in whole seconds.
///
/// ```
/// use core::time::Duration;
/// use hookward_secret::Window;
/// use rustls_pki_types::UnixTime;
///
/// let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
/// let may = Window::new(Some(at(100)), Some(at(200)))?;
/// assert!(may.contains(at(100)) && may.contains(at(200)));
/// assert!(!may.contains(at(99)) && !may.contains(at(201)));
/// # Ok::<(), hookward_secret::SecretError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Window {
    not_before: Option<UnixTime>,
    not_after: Option<UnixTime>,
}

impl Window {
    /// No bound on either side.
    pub const ALWAYS: Self = Self {
        not_before: None,
        not_after: None,
    };

    /// A window with the given bounds; `None` means that there is no bound on that side.
    ///
    /// # Errors
    ///
    /// [`SecretError::WindowEndsBeforeItStarts`] if no moment could lie within.
    pub fn new(
        not_before: Option<UnixTime>,
        not_after: Option<UnixTime>,
    ) -> Result<Self, SecretError> {
        if let (Some(not_before), Some(not_after)) = (not_before, not_after)
            && not_after < not_before
        {
            return Err(SecretError::WindowEndsBeforeItStarts {
                not_before,
                not_after,
            });
        }
        Ok(Self {
            not_before,
            not_after,
        })
    }

    /// The first moment that lies within, if there is such a bound.
    pub const fn not_before(&self) -> Option<UnixTime> {
        self.not_before
    }

    /// The last moment that lies within, if there is such a bound.
    pub const fn not_after(&self) -> Option<UnixTime> {
        self.not_after
    }

    /// Whether `now` lies within.
    pub fn contains(&self, now: UnixTime) -> bool {
        self.locate(now) == Location::Within
    }

    pub(crate) fn locate(&self, now: UnixTime) -> Location {
        match (self.not_before, self.not_after) {
            (Some(not_before), _) if now < not_before => Location::Before { not_before },
            (_, Some(not_after)) if now > not_after => Location::After { not_after },
            _ => Location::Within,
        }
    }
}

/// Where a moment lies, with the bound that keeps it out.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Location {
    Before { not_before: UnixTime },
    Within,
    After { not_after: UnixTime },
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn both_ends_are_within() {
        let window = Window::new(Some(at(10)), Some(at(20))).unwrap();
        let within = |seconds| window.contains(at(seconds));
        assert!(within(10) && within(15) && within(20));
        assert!(!within(9) && !within(21) && !within(0) && !within(u64::MAX));
    }

    #[test]
    fn a_missing_bound_is_no_bound() {
        assert!(Window::ALWAYS.contains(at(0)) && Window::ALWAYS.contains(at(u64::MAX)));
        let from = Window::new(Some(at(10)), None).unwrap();
        assert!(!from.contains(at(9)) && from.contains(at(u64::MAX)));
        let until = Window::new(None, Some(at(10))).unwrap();
        assert!(until.contains(at(0)) && !until.contains(at(11)));
    }

    #[test]
    fn a_single_second_is_a_window_and_less_is_not() {
        let second = Window::new(Some(at(10)), Some(at(10))).unwrap();
        assert!(second.contains(at(10)));
        assert_eq!(
            Window::new(Some(at(10)), Some(at(9))),
            Err(SecretError::WindowEndsBeforeItStarts {
                not_before: at(10),
                not_after: at(9)
            })
        );
    }
}
