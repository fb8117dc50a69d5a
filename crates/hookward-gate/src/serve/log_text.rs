//! The lines of the log as text: what `tracing_subscriber` writes, for a part of the time.
//!
//! There is a line for each request, and the general way to format one takes a good part of what a
//! request takes in all.

use core::cell::RefCell;
use core::error::Error;
use core::fmt::{Debug, Write as _};
use core::time::Duration;
use std::time::SystemTime;

use hookward::UnixTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::field::VisitOutput;
use tracing_subscriber::fmt::format::{DefaultVisitor, Writer};
use tracing_subscriber::layer::Context;

use crate::moment::rfc3339;
use crate::serve::log_writer;

/// Writes a line for each event: the time, the level, the message, and the fields as `name=value`.
/// Spans are left out: there are none.
#[derive(Debug)]
pub(super) struct TextLines;

std::thread_local! {
    /// The last second that was written, with its text up to the fraction.
    static SECOND: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
}

impl<S: Subscriber> Layer<S> for TextLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        log_writer::write_line(|line| write_event(line, now.unwrap_or_default(), event));
    }
}

/// Appends the line of an event, which was at `now` since 1970.
fn write_event(line: &mut String, now: Duration, event: &Event<'_>) {
    write_time(line, now);
    line.push_str(match *event.metadata().level() {
        Level::TRACE => " TRACE ",
        Level::DEBUG => " DEBUG ",
        Level::INFO => "  INFO ",
        Level::WARN => "  WARN ",
        Level::ERROR => " ERROR ",
    });
    let start = line.len();
    event.record(&mut Text { line, start });
    line.push('\n');
}

/// Wall time to the microsecond. The calendar is asked once a second.
fn write_time(line: &mut String, now: Duration) {
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != now.as_secs() {
            *second = now.as_secs();
            *text = rfc3339(UnixTime::since_unix_epoch(Duration::from_secs(*second)));
            text.truncate(text.trim_end_matches('Z').len());
        }
        line.push_str(text);
    });
    let mut fraction = *b".000000Z";
    let mut left = now.subsec_micros();
    for digit in fraction[1..7].iter_mut().rev() {
        *digit += (left % 10) as u8;
        left /= 10;
    }
    line.extend(fraction.map(char::from));
}

/// Writes what is simple, and leaves the rest to the library. A value that cannot show itself is cut
/// short.
struct Text<'l> {
    line: &'l mut String,
    /// Where the fields begin.
    start: usize,
}

impl Text<'_> {
    fn name(&mut self, field: &Field) {
        if self.line.len() > self.start {
            self.line.push(' ');
        }
        self.line.push_str(field.name());
        self.line.push('=');
    }

    fn number(&mut self, number: u64) {
        self.line.push_str(itoa::Buffer::new().format(number));
    }

    fn otherwise(&mut self, record: impl FnOnce(&mut DefaultVisitor<'_>)) {
        let is_first = self.line.len() == self.start;
        let mut visitor = DefaultVisitor::new(Writer::new(self.line), is_first);
        record(&mut visitor);
        let _ = visitor.finish();
    }
}

impl Visit for Text<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        // All of it is looked at, which takes less time than to stop at the first that is not plain.
        let is_plain = (value.bytes()).fold(true, |plain, byte| {
            plain & matches!(byte, b' '..=b'~') & (byte != b'"') & (byte != b'\\')
        });
        if field.name() == "message" || !is_plain {
            return self.otherwise(|visitor| visitor.record_str(field, value));
        }
        self.name(field);
        self.line.push('"');
        self.line.push_str(value);
        self.line.push('"');
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field);
        self.number(value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        let thousandths = (value * 1e3).round();
        // The shortest text that comes to this very number is then the one with three decimals.
        if !(value.is_sign_positive() && thousandths < 1e12 && thousandths / 1e3 == value) {
            return self.otherwise(|visitor| visitor.record_f64(field, value));
        }
        let thousandths = thousandths as u64;
        self.name(field);
        self.number(thousandths / 1000);
        // The library leaves one zero.
        let fraction = thousandths % 1000;
        let digits = [fraction / 100, fraction / 10 % 10, fraction % 10];
        let last = digits.iter().rposition(|digit| *digit != 0).unwrap_or(0);
        self.line.push('.');
        for digit in &digits[..=last] {
            self.line.push(char::from(b'0' + *digit as u8));
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.name(field);
        self.line.push_str(if value { "true" } else { "false" });
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.otherwise(|visitor| visitor.record_error(field, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != "message" {
            self.name(field);
            let _ = write!(self.line, "{value:?}");
            return;
        }
        let before = self.line.len();
        if before > self.start {
            self.line.push(' ');
        }
        let written = write!(self.line, "{value:?}");
        // The library escapes what is not plain in a message.
        if written.is_err()
            || !self.line[before..]
                .bytes()
                .all(|byte| matches!(byte, b' '..=b'~'))
        {
            self.line.truncate(before);
            self.otherwise(|visitor| visitor.record_debug(field, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use core::fmt;
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::fmt::time::FormatTime;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::{Registry, registry};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    impl Lines {
        fn take(&self) -> String {
            String::from_utf8(core::mem::take(&mut self.0.lock().unwrap())).unwrap()
        }
    }

    /// The moment of every line.
    const NOW: Duration = Duration::new(1_795_708_080, 1_234_000);

    struct Now;

    impl FormatTime for Now {
        fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
            writer.write_str("2026-11-26T15:48:00.001234Z")
        }
    }

    impl<S: Subscriber> Layer<S> for Lines {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            let mut line = String::new();
            write_event(&mut line, NOW, event);
            self.0.lock().unwrap().extend_from_slice(line.as_bytes());
        }
    }

    /// What this layer logs to `lines` while `act` runs.
    fn logged<L>(lines: &Lines, layer: L, act: impl FnOnce()) -> String
    where
        L: Layer<Registry> + Send + Sync,
    {
        tracing::subscriber::with_default(registry().with(layer), act);
        lines.take()
    }

    #[test]
    fn lines_are_those_of_the_library() {
        let act = || {
            let error = io::Error::other(io::Error::other("within\n"));
            tracing::info!("a message");
            tracing::warn!(
                plain = "completed",
                quoted = "a \"b\" \\ \u{1b}[31m \u{e9} \n",
                empty = "",
                count = 4294967296_u64,
                negative = -5_i64,
                yes = true,
                nothing = None::<&str>,
                shown = %"x y",
                debug = ?Some("x"),
                error = &error as &dyn Error,
                "with fields"
            );
            for value in [
                0.0,
                -0.0,
                0.001,
                0.01,
                0.1,
                1.0,
                1.5,
                12.34,
                999.999,
                1234.5678,
                1e11,
                1e12,
                1e300,
                0.1 + 0.2,
                -1.5,
                f64::NAN,
                f64::INFINITY,
            ] {
                tracing::info!(value, "number");
            }
            for micros in (0..2_000_000_u32).step_by(377) {
                tracing::info!(value = f64::from(micros) / 1e3);
            }
        };
        let lines = Lines::default();
        let ours = logged(&lines, lines.clone(), act);
        let library = tracing_subscriber::fmt::layer()
            .with_writer(lines.clone())
            .with_target(false)
            .with_timer(Now);
        let theirs = logged(&lines, library, act);
        assert!(!ours.is_empty());
        for (ours, theirs) in ours.lines().zip(theirs.lines()) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(ours, theirs);
    }

    #[test]
    fn a_moment_has_six_digits_after_its_second() {
        for (micros, text) in [
            (0, "2026-11-26T15:48:00.000000Z"),
            (999_999, "2026-11-26T15:48:00.999999Z"),
            (1_000_001, "2026-11-26T15:48:01.000001Z"),
        ] {
            let mut line = String::new();
            let second = Duration::from_secs(NOW.as_secs());
            write_time(&mut line, second + Duration::from_micros(micros));
            assert_eq!(line, text);
        }
    }
}
