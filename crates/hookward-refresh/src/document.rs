//! What is kept current.

/// A remote document that is, for the purpose of comparing versions, a set of entries.
///
/// ```
/// use core::{num::ParseIntError, str};
/// use hookward_refresh::Document;
///
/// struct Numbers(Vec<u32>);
///
/// impl Document for Numbers {
///     type Entry = u32;
///     type Error = ParseIntError;
///
///     fn parse(body: &[u8]) -> Result<Self, Self::Error> {
///         let text = str::from_utf8(body).unwrap_or("not text");
///         text.lines().map(str::parse).collect::<Result<_, _>>().map(Self)
///     }
///
///     fn entries(&self) -> impl Iterator<Item = u32> {
///         self.0.iter().copied()
///     }
/// }
///
/// assert!(Numbers::parse(b"1\n2").is_ok());
/// assert!(Numbers::parse(b"<html>").is_err());
/// ```
pub trait Document: Sized {
    /// One entry. Two documents with the same set of entries count as the same document.
    type Entry: Ord + Clone;

    /// Why a body was refused.
    type Error: core::error::Error;

    /// Reads a whole body. The body is no longer than [`Config::max_body`](crate::Config::max_body).
    ///
    /// # Errors
    ///
    /// Whenever any part of the body cannot be read: what is left out here silently is an entry removed.
    fn parse(body: &[u8]) -> Result<Self, Self::Error>;

    /// The entries, in any order; the same ones each time.
    fn entries(&self) -> impl Iterator<Item = Self::Entry>;
}
