//! One shared secret, as the side that configures or submits it holds it.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::SecretError;

/// A shared secret: 16 to 512 bytes that are wiped when dropped.
///
/// It cannot be cloned, compared or printed. To recognise it in a request, give it to a
/// [`SecretRing`](crate::SecretRing); to submit it, [`expose`](Self::expose) it.
///
/// ```
/// use hookward_secret::{Secret, SecretError};
///
/// let mut bytes = vec![0; 32];
/// getrandom::fill(&mut bytes)?;
/// let secret = Secret::new(bytes)?;
/// assert_eq!(format!("{secret:?}"), "Secret(redacted)");
///
/// // A variable that is set but empty does not turn the check into one that passes.
/// assert_eq!(Secret::new("").unwrap_err(), SecretError::TooShort { len: 0, min: 16 });
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The least length of a secret, in bytes: 128 bits, if they are random.
    pub const MIN_LEN: usize = 16;

    /// The greatest length of a secret, in bytes: that of a developer payload.
    pub const MAX_LEN: usize = 512;

    /// Takes the bytes over, as they are: nothing is trimmed.
    ///
    /// A `Vec<u8>` or `String` is moved in, and wiped also when it is refused. A slice or array is
    /// copied, and the caller's own copy stays the caller's to wipe.
    ///
    /// # Errors
    ///
    /// [`SecretError::TooShort`] and [`SecretError::TooLong`], outside
    /// [`MIN_LEN`](Self::MIN_LEN) to [`MAX_LEN`](Self::MAX_LEN) bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretError> {
        let bytes = Zeroizing::new(bytes.into());
        match bytes.len() {
            len if len < Self::MIN_LEN => Err(SecretError::TooShort {
                len,
                min: Self::MIN_LEN,
            }),
            len if len > Self::MAX_LEN => Err(SecretError::TooLong {
                len,
                max: Self::MAX_LEN,
            }),
            _ => Ok(Self(bytes)),
        }
    }

    /// The bytes themselves, for the side that submits them to the sender.
    ///
    /// Never compare them: that is what [`SecretRing::matches`](crate::SecretRing::matches) is for.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}
