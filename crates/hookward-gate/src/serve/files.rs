//! How many files the process may open: each connection is one.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Takes all that the system allows. What it allows unless asked is often 1,024, which is less than
/// the connections that a gate takes by default.
pub(crate) fn allow_all() {
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, files) {
        tracing::warn!(%error, "the limit of open files stays as it was");
    }
}
