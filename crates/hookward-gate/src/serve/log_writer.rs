//! The way of log lines to standard error.
//!
//! To write a line can take the system longer than all checks of a request take. The lines of threads
//! that serve requests are kept for as long as there is other work, and written together before a
//! thread waits for more: at once where there is little to do, and a few dozen requests later under
//! load.

use core::cell::Cell;
use core::time::Duration;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, PoisonError, TryLockError};

use tracing_subscriber::fmt::MakeWriter;

/// How many bytes are kept at most, besides the line that makes them more.
const KEPT: usize = 16 << 10;

/// How long a line is kept at most, where threads never wait.
const LONGEST: Duration = Duration::from_secs(1);

/// How many bytes are kept at most while standard error takes none, besides the line that makes them
/// more. Lines that come then are lost.
const MOST: usize = 1 << 20;

/// What waits to be written.
static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

std::thread_local! {
    /// Whether this thread says when it waits. The lines of others are written at once.
    static WAITS: Cell<bool> = const { Cell::new(false) };
    /// Room for the next line of this thread.
    static LINE: Cell<String> = const { Cell::new(String::new()) };
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

/// Keeps the line that `show` shows, with its end. Lines of one thread stay in their order.
pub(super) fn write_line(show: impl FnOnce(&mut String)) {
    // Nobody waits for a value that is shown. It may log something, or panic.
    let mut line = LINE.take();
    show(&mut line);
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    if lines.len() <= MOST {
        lines.extend_from_slice(line.as_bytes());
    }
    if lines.len() > KEPT || !WAITS.get() {
        write(&mut lines);
    }
    drop(lines);
    line.clear();
    LINE.set(line);
}

/// Does nothing while somebody else has the lines, who will write them.
fn write_kept() {
    match LINES.try_lock() {
        Ok(mut lines) => write(&mut lines),
        Err(TryLockError::Poisoned(lines)) => write(&mut lines.into_inner()),
        Err(TryLockError::WouldBlock) => {}
    }
}

fn write(lines: &mut Vec<u8>) {
    write_to(io::stderr(), lines);
}

/// Writes as much as there is room for. A pipe that does not block may take a part of a line; the rest
/// has its turn later.
fn write_to(mut to: impl Write, lines: &mut Vec<u8>) {
    let mut written = 0;
    while written < lines.len() {
        match to.write(&lines[written..]) {
            Ok(0) => break,
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    lines.drain(..written);
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

    fn write_text(text: &str) {
        WAITS.set(true);
        write_line(|line| line.push_str(text));
    }

    fn kept() -> String {
        String::from_utf8(LINES.lock().unwrap().clone()).unwrap()
    }

    /// Where these lines are among those that are kept, which must have each of them.
    fn places<const N: usize>(texts: [&str; N]) -> [usize; N] {
        let lines = kept();
        texts.map(|text| {
            lines
                .find(text)
                .unwrap_or_else(|| panic!("{text:?} in {lines:?}"))
        })
    }

    #[test]
    fn lines_of_a_thread_stay_in_their_order_where_another_has_the_lines() {
        let lines = LINES.lock().unwrap();
        let (here, is_here) = channel();
        let other = thread::spawn(move || {
            here.send(()).unwrap();
            write_text("order: first\n");
            write_text("order: second\n");
        });
        is_here.recv().unwrap();
        for _ in 0..10_000 {
            thread::yield_now();
        }
        drop(lines);
        other.join().unwrap();
        assert!(places(["order: first\n", "order: second\n"]).is_sorted());
    }

    #[test]
    fn a_value_may_log_or_panic_while_it_is_shown() {
        WAITS.set(true);
        write_line(|line| {
            line.push_str("outer: begin, ");
            write_text("inner: whole\n");
            line.push_str("end\n");
        });
        let panicked = catch_unwind(|| {
            write_line(|line| {
                line.push_str("half of a line");
                panic!("as a value might");
            });
        });
        assert!(panicked.is_err());
        write_text("after: whole\n");
        assert!(places(["inner: whole\n", "outer: begin, end\n", "after: whole\n"]).is_sorted());
        assert!(!kept().contains("half"));
    }

    /// Has room for a few bytes, and takes them in two pieces.
    struct Narrow<'t> {
        taken: &'t mut Vec<u8>,
        room: usize,
    }

    impl Write for Narrow<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            let count = bytes.len().min(self.room.div_ceil(2));
            self.room -= count;
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_there_is_no_room_for_is_written_later() {
        let (text, mut taken) = ("first line\nsecond line\n", Vec::new());
        let mut lines = text.as_bytes().to_vec();
        for room in [0, 3, 0, 12, 100] {
            let taken = &mut taken;
            write_to(Narrow { taken, room }, &mut lines);
        }
        assert_eq!(lines, b"");
        assert_eq!(String::from_utf8(taken).unwrap(), text);
    }
}
