//! The trial of a request, beside its way to the application.

use bytes::Bytes;
use hookward::{BodyWatch, Trial};
use tokio::sync::oneshot;

use crate::observer::Observer;

/// Reports a trial when it is dropped: settled if by then the body has ended, and as it was otherwise.
///
/// It stays on the task of the request, so that the observer is told there.
pub(crate) struct Reporting<'j> {
    observer: &'j dyn Observer,
    trial: Trial<'j>,
    ended: Option<oneshot::Receiver<Box<BodyWatch>>>,
}

/// Goes with a body that streams, and hands over what it saw once all of the body has passed.
pub(crate) struct Watching {
    watch: Box<BodyWatch>,
    whole: oneshot::Sender<Box<BodyWatch>>,
}

impl<'j> Reporting<'j> {
    pub(crate) const fn new(observer: &'j dyn Observer, trial: Trial<'j>) -> Self {
        Self {
            observer,
            trial,
            ended: None,
        }
    }

    /// What goes with a body that streams. `None` where it would tell nothing.
    pub(crate) fn watching(&mut self) -> Option<Watching> {
        let watch = self.trial.watch()?;
        let (whole, ended) = oneshot::channel();
        self.ended = Some(ended);
        Some(Watching {
            watch: Box::new(watch),
            whole,
        })
    }
}

impl Drop for Reporting<'_> {
    fn drop(&mut self) {
        let watch = self.ended.as_mut().and_then(|ended| ended.try_recv().ok());
        self.observer.tried(&match watch {
            Some(watch) => self.trial.conclude(*watch),
            None => self.trial,
        });
    }
}

impl Watching {
    pub(crate) fn push(&mut self, chunk: &Bytes) {
        self.watch.push(chunk);
    }

    /// All of the body has passed.
    pub(crate) fn end(self) {
        // Nobody waits for it any more where the application has answered early.
        let _ = self.whole.send(self.watch);
    }
}
