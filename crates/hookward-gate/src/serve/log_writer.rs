//! The way of log lines to standard error.
//!
//! To write a line takes the system longer than all checks of a request take. A thread that serves
//! requests keeps its lines for as long as it has other work, and writes them together before it
//! waits for more: at once where there is little to do, and a few dozen requests later under load.

use core::cell::RefCell;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

/// How many bytes are kept at most, besides the line that makes them more.
const KEPT: usize = 16 << 10;

std::thread_local! {
    /// `None` on threads that never say when they wait: their lines are written at once.
    static LINES: RefCell<Option<Lines>> = const { RefCell::new(None) };
}

/// What waits to be written. It is written before it is dropped.
#[derive(Default)]
struct Lines(Vec<u8>);

/// Takes one line at a time. There is nobody to tell of a failure but whoever reads the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogWriter;

/// Writes the lines that this thread has kept. From now on it keeps lines until it says so again.
///
/// For a thread that is about to wait, each time that it is.
pub(super) fn about_to_wait() {
    LINES.with_borrow_mut(|lines| lines.get_or_insert_default().write());
}

/// Writes the lines that this thread has kept. From now on it keeps none.
pub(super) fn keep_no_more() {
    drop(LINES.take());
}

impl Lines {
    fn write(&mut self) {
        if !self.0.is_empty() {
            write_now(&self.0);
            self.0.clear();
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.write();
    }
}

impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let kept = LINES.try_with(|lines| match &mut *lines.borrow_mut() {
            Some(lines) => {
                lines.0.extend_from_slice(line);
                if lines.0.len() > KEPT {
                    lines.write();
                }
                true
            }
            None => false,
        });
        if kept != Ok(true) {
            write_now(line);
        }
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

fn write_now(lines: &[u8]) {
    let _ = io::stderr().write_all(lines);
}
