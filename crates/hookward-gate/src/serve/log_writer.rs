//! The way of log lines to standard error.
//!
//! To write a line can take the system longer than all checks of a request take. The lines of threads
//! that serve requests are kept for as long as there is other work, and written together before a
//! thread waits for more: at once where there is little to do, and a few dozen requests later under
//! load.

use core::cell::Cell;
use core::time::Duration;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

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
    /// Whether this thread has [`LINES`].
    static HOLDS: Cell<bool> = const { Cell::new(false) };
}

/// [`LINES`], for one thread.
struct Held {
    lines: MutexGuard<'static, String>,
    /// Where the last whole line ends.
    whole: usize,
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

/// Has `append` append a line with its end. Lines of one thread stay in their order.
pub(super) fn write_line(append: impl FnOnce(&mut String)) {
    // A value may log something while it is shown.
    if HOLDS.get() {
        let mut line = String::new();
        append(&mut line);
        return write(&mut line);
    }
    let mut held = Held::new(LINES.lock().unwrap_or_else(PoisonError::into_inner));
    append(&mut held.lines);
    held.whole = held.lines.len();
    if held.whole > KEPT || !WAITS.get() {
        write(&mut held.lines);
    }
}

/// Does nothing while somebody else has the lines, who will write them.
fn write_kept() {
    let lines = match LINES.try_lock() {
        Ok(lines) => lines,
        Err(TryLockError::Poisoned(lines)) => lines.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    write(&mut Held::new(lines).lines);
}

impl Held {
    fn new(lines: MutexGuard<'static, String>) -> Self {
        HOLDS.set(true);
        let whole = lines.len();
        Self { lines, whole }
    }
}

impl Drop for Held {
    /// A value that panics while it is shown leaves no half of a line behind.
    fn drop(&mut self) {
        self.lines.truncate(self.whole);
        HOLDS.set(false);
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

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    #[test]
    fn a_line_comes_after_those_before_it_also_where_threads_log_together() {
        let (here, is_here) = channel();
        let other = move || {
            WAITS.set(true);
            here.send(()).unwrap();
            write_line(|lines| {
                assert!(lines.contains("first\n"), "{lines:?}");
                lines.push_str("second\n");
            });
        };
        WAITS.set(true);
        let mut others = Vec::new();
        write_line(|lines| {
            lines.push_str("fir");
            others.push(thread::spawn(other));
            is_here.recv().unwrap();
            for _ in 0..10_000 {
                thread::yield_now();
            }
            lines.push_str("st\n");
        });
        for other in others {
            other.join().unwrap();
        }
    }

    #[test]
    fn a_value_may_log_or_panic_while_it_is_shown() {
        WAITS.set(true);
        write_line(|lines| {
            lines.push_str("outer ");
            write_line(|line| assert_eq!(line, ""));
            lines.push_str("line\n");
        });
        let panicked = catch_unwind(|| {
            write_line(|lines| {
                lines.push_str("half of a line");
                panic!("as a value might");
            });
        });
        assert!(panicked.is_err());
        write_line(|lines| {
            assert!(lines.contains("outer line\n"), "{lines:?}");
            assert!(!lines.contains("half"), "{lines:?}");
            lines.push_str("whole\n");
        });
    }
}
