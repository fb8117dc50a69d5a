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
struct Lines(String);

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

/// Has `append` append a line with its end.
pub(super) fn write_line(append: impl FnOnce(&mut String)) {
    let mut append = Some(append);
    // It is borrowed already where a value logs something while it is shown.
    let _ = LINES.try_with(|lines| {
        if let Ok(mut lines) = lines.try_borrow_mut()
            && let Some(lines) = &mut *lines
            && let Some(append) = append.take()
        {
            append(&mut lines.0);
            if lines.0.len() > KEPT {
                lines.write();
            }
        }
    });
    if let Some(append) = append {
        let mut line = String::new();
        append(&mut line);
        write_now(&line);
    }
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

fn write_now(lines: &str) {
    let _ = io::stderr().write_all(lines.as_bytes());
}
