//! Rereading the thumbprint file while the gate serves.

use core::time::Duration;

use hookward::UnixTime;
use hookward_hyper::SharedLists;
use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::thumbprint_file::ThumbprintFile;

/// How long a file may take to be read: one on a network may never be.
const PATIENCE: Duration = Duration::from_secs(30);

/// Rereads the file on each signal, and swaps the list whole. A file that cannot be used changes
/// nothing.
pub(crate) struct Reload {
    file: Option<ThumbprintFile>,
    lists: SharedLists,
}

impl Reload {
    pub(crate) const fn new(file: Option<ThumbprintFile>, lists: SharedLists) -> Self {
        Self { file, lists }
    }

    /// Works for as long as it is polled.
    pub(crate) async fn run(self, mut signals: Signal) {
        while signals.recv().await.is_some() {
            match &self.file {
                Some(file) => self.reread(file.clone()).await,
                None => tracing::info!("SIGHUP: there is no thumbprint file to reread"),
            }
        }
    }

    async fn reread(&self, file: ThumbprintFile) {
        let path = file.path.display().to_string();
        let reading = spawn_blocking(move || file.read(UnixTime::now()));
        let read = match timeout(PATIENCE, reading).await {
            Ok(Ok(read)) => read.map_err(|error| error.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("{path} was not read within {PATIENCE:?}")),
        };
        let list = match read {
            Ok(list) => list,
            Err(error) => {
                tracing::error!(
                    path,
                    error,
                    "the thumbprints were not reread; the list stays as it was"
                );
                return;
            }
        };
        let before = self.lists.load();
        let (added, removed) = match &before.thumbprints {
            Some(before) => (
                list.list().difference(before.list()).count(),
                before.list().difference(list.list()).count(),
            ),
            None => (list.list().len(), 0),
        };
        self.lists
            .update(|lists| lists.thumbprints = Some(list.clone()));
        tracing::info!(path, added, removed, "the thumbprints were reread");
    }
}
