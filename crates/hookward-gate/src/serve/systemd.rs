//! What systemd is told, where it has started the gate.

use sd_notify::NotifyState;

use crate::moment::rfc3339;
use crate::serve::status::Status;

/// The gate listens, and every list that was kept on disk is loaded.
pub(crate) fn ready(status: &Status) {
    let mut text = format!(
        "configuration {} in force since {}",
        status.generation(),
        rfc3339(status.in_force_since())
    );
    if status.last_reload_failed() {
        text += &format!(
            "; what has changed was refused ({})",
            status.reloads_failed()
        );
    }
    tell(&[NotifyState::Ready, NotifyState::Status(&text)]);
}

/// The configuration is being read again. [`ready`] follows, whatever comes of it.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "systemd is not told"),
    }
}

/// No more connections are taken.
pub(crate) fn stopping() {
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("finishing the requests in progress"),
    ]);
}

/// Tells systemd again and again that the gate runs, if it wants to know; for as long as it is
/// polled.
pub(crate) async fn keep_watchdog_quiet() {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return;
    };
    // Half of it is what sd_watchdog_enabled(3) advises.
    let mut ticks = tokio::time::interval(limit / 2);
    loop {
        ticks.tick().await;
        tell(&[NotifyState::Watchdog]);
    }
}

/// Without systemd this does nothing.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "systemd is not told");
    }
}
