//! Reads from the gate's own log why it decided as it did.

use core::time::Duration;

use hookward::Reason;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// What the gate decided, in order.
pub(crate) struct Decisions(UnboundedReceiver<Result<(), Reason>>);

impl Decisions {
    /// Starts to listen to the log of this process, once.
    pub(crate) fn listen() -> Self {
        let (sender, receiver) = unbounded_channel();
        tracing_subscriber::registry().with(Listener(sender)).init();
        Self(receiver)
    }

    /// The next decision. `None` if none is made within a few seconds.
    pub(crate) async fn next(&mut self) -> Option<Result<(), Reason>> {
        let next = tokio::time::timeout(Duration::from_secs(5), self.0.recv()).await;
        next.ok().flatten()
    }

    /// Whether no decision was made that nobody has asked for.
    pub(crate) fn is_silent(&mut self) -> bool {
        self.0.try_recv().is_err()
    }
}

struct Listener(UnboundedSender<Result<(), Reason>>);

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        let decision = match line {
            Line {
                accepted: Some(true),
                reason: None,
            } => Ok(()),
            Line {
                accepted: Some(false),
                reason: Some(reason),
            } => Err(reason),
            // Another line of the log.
            _ => return,
        };
        // Nobody listens any more once the demo is over.
        let _ = self.0.send(decision);
    }
}

#[derive(Default)]
struct Line {
    accepted: Option<bool>,
    reason: Option<Reason>,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "verdict" => self.accepted = Some(value == "accept"),
            "reason" => self.reason = value.parse().ok(),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn core::fmt::Debug) {}
}
