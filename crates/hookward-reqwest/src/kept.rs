//! A document that remembers what it was read from.

use alloc::sync::Arc;

use hookward_refresh::Document;

/// A document that can be handed out, with the body that it was read from, for the snapshot.
pub(crate) struct Kept<D> {
    pub(crate) document: Arc<D>,
    pub(crate) body: Vec<u8>,
}

impl<D: Document> Document for Kept<D> {
    type Entry = D::Entry;
    type Error = D::Error;

    fn parse(body: &[u8]) -> Result<Self, D::Error> {
        Ok(Self {
            document: Arc::new(D::parse(body)?),
            body: body.to_owned(),
        })
    }

    fn entries(&self) -> impl Iterator<Item = D::Entry> {
        self.document.entries()
    }
}
