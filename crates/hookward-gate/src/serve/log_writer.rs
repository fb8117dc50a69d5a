//! The way of log lines to standard error.
//!
//! To write a line can take the system longer than all checks of a request take. The lines of threads
//! that serve requests are kept for as long as there is other work, and written together before a
//! thread waits for more: at once where there is little to do, and a few dozen requests later under
//! load.

use core::cell::Cell;
use core::time::Duration;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, TryLockError};

use tracing_subscriber::fmt::MakeWriter;

/// How many bytes are kept at most, besides the line that makes them more.
const KEPT: usize = 16 << 10;

/// How long a line is kept at most, where threads never wait.
const LONGEST: Duration = Duration::from_secs(1);

/// What waits to be written.
static LINES: Mutex<String> = Mutex::new(String::new());

std::thread_local! {
    /// Whether this thread says when it waits. The lines of others are written at once.
    static WAITS: Cell<bool> = const { Cell::new(false) };
}

/// Takes one line at a time. There is nobody to tell of a failure but whoever reads the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogWriter;

/// For a thread that is about to wait, each time that it is.
pub(super) fn about_to_wait() {
    WAITS.set(true);
    write_kept();
}

/// For a thread that will not say any more when it waits.
pub(super) fn keep_no_more() {
    WAITS.set(false);
    write_kept();
}

/// Writes lines that were kept for long, again and again.
pub(super) async fn write_in_time() {
    loop {
        tokio::time::sleep(LONGEST).await;
        write_kept();
    }
}

/// Has `append` append a line with its end.
pub(super) fn write_line(append: impl FnOnce(&mut String)) {
    let Some(mut lines) = lines() else {
        let mut line = String::new();
        append(&mut line);
        return write(&mut line);
    };
    append(&mut lines);
    if lines.len() > KEPT || !WAITS.get() {
        write(&mut lines);
    }
}

fn write_kept() {
    if let Some(mut lines) = lines() {
        write(&mut lines);
    }
}

/// `None` while somebody else has them, who will write them, and where a value logs something while it
/// is shown.
fn lines() -> Option<MutexGuard<'static, String>> {
    match LINES.try_lock() {
        Ok(lines) => Some(lines),
        Err(TryLockError::Poisoned(lines)) => Some(lines.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn write(lines: &mut String) {
    if !lines.is_empty() {
        let _ = io::stderr().write_all(lines.as_bytes());
        lines.clear();
    }
}

impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        write_line(|lines| lines.push_str(&String::from_utf8_lossy(line)));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for LogWriter {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}
