//! What a list lists, as far as keeping it current is concerned.

use core::fmt::{Debug, Display};

use hookward::{Check, Lists, Snapshot};
use hookward_reqwest::hookward_refresh::Document;

/// A kind of list: what is fetched, and what requests are judged by.
pub(crate) trait Kind: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// What is fetched. It refuses whatever the configuration does not want, so that such an answer
    /// changes nothing.
    type Document: Document<Entry: Display + Send + Sync, Error: Send> + Send + Sync + 'static;
    /// What requests are judged by.
    type List: Clone + Send + Sync;

    /// The name of the list, in the log and of its snapshot.
    const NAME: &'static str;
    /// The check that needs it.
    const CHECK: Check;

    /// The list that a document comes to. `Err` says in words why it is none.
    fn list(&self, document: &Self::Document) -> Result<Self::List, String>;

    /// The place of the list among the others.
    fn place(lists: &mut Lists) -> &mut Option<Snapshot<Self::List>>;
}
