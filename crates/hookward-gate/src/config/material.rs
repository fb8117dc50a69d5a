//! What a list of secrets or keys holds: each entry with its label, its window and its bytes, which
//! come from the environment, a file or a credential of systemd, never from the configuration itself.

use core::ops::Range;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use hookward::{UnixTime, Window};
use toml::value::Datetime;
use zeroize::Zeroizing;

use crate::config::problem::Findings;
use crate::config::rule::Rule;
use crate::config::schema;
use crate::config::spanned::Spanned;
use crate::file;

/// Larger than any secret.
const FILE_LIMIT: u64 = 4 << 10;

/// The variable in which systemd names the directory of the credentials of a service.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// The entries of one list, as the configuration has them.
pub(crate) type List = Spanned<Vec<Spanned<schema::Secret>>>;

/// One entry, read.
pub(crate) struct Material {
    pub(crate) label: String,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) window: Window,
    /// Where the configuration says where the bytes are.
    pub(crate) place: Range<usize>,
}

/// Reads every entry. `None` when something is wrong with any of them.
pub(crate) fn read(
    list: &List,
    base: &Path,
    findings: &mut Findings<'_, '_>,
) -> Option<Vec<Material>> {
    let entries = list.get_ref().iter();
    // All of them, so that every error is found.
    let read: Vec<_> = entries
        .map(|entry| read_entry(entry, base, findings))
        .collect();
    read.into_iter().collect()
}

fn read_entry(
    entry: &Spanned<schema::Secret>,
    base: &Path,
    findings: &mut Findings<'_, '_>,
) -> Option<Material> {
    let fields = entry.get_ref();
    let span = entry.span();
    let label = label(&span, fields.label.as_ref(), findings);
    let origin = Origin {
        env: fields.env.as_ref(),
        file: fields.file.as_ref(),
        credential: fields.credential.as_ref(),
    };
    let value = origin.read(&span, base, findings);
    let window = window(&span, fields, findings);
    let (place, bytes) = value?;
    Some(Material {
        bytes: Zeroizing::new(bytes),
        label: label?,
        window: window?,
        place,
    })
}

/// Where a secret is. One of them says it.
#[derive(Clone, Copy)]
pub(super) struct Origin<'f> {
    pub(super) env: Option<&'f Spanned<String>>,
    pub(super) file: Option<&'f Spanned<PathBuf>>,
    pub(super) credential: Option<&'f Spanned<String>>,
}

impl Origin<'_> {
    /// The secret, and where in the configuration its origin stands. `entry` is what has the origin.
    pub(super) fn read(
        self,
        entry: &Range<usize>,
        base: &Path,
        findings: &mut Findings<'_, '_>,
    ) -> Option<(Range<usize>, Vec<u8>)> {
        let (place, value) = match (self.env, self.file, self.credential) {
            (Some(name), None, None) => (name.span(), from_environment(name, findings)),
            (None, Some(path), None) => {
                let place = path.span();
                let value = from_file(&base.join(path.get_ref()), &place, findings);
                (place, value)
            }
            (None, None, Some(name)) => {
                let place = name.span();
                let path = credential(name.get_ref());
                let path = path.map_err(|error| findings.error(&place, error)).ok()?;
                let value = from_file(&path, &place, findings);
                (place, value)
            }
            (None, None, None) => {
                let expected = "env, file or credential, where the secret is";
                findings.missing(Some(entry), "env", expected);
                return None;
            }
            (env, file, credential) => {
                let place = (credential.map(Spanned::span))
                    .or_else(|| file.map(Spanned::span))
                    .or_else(|| env.map(Spanned::span));
                findings.error(
                    &place.unwrap_or_else(|| entry.clone()),
                    "expected one of env, file and credential, not several",
                );
                return None;
            }
        };
        Some((place, value?))
    }
}

/// Where a credential is that systemd has handed over
/// (<https://systemd.io/CREDENTIALS/>).
pub(crate) fn credential(name: &str) -> Result<PathBuf, &'static str> {
    if name.is_empty() || name.contains('/') || name == "." || name == ".." {
        return Err("expected the name of a credential, without slashes");
    }
    match std::env::var_os(CREDENTIALS) {
        Some(directory) if !directory.is_empty() => Ok(Path::new(&directory).join(name)),
        _ => Err(
            "expected systemd to hand over credentials, which LoadCredential= in the unit of the \
             service makes it do: $CREDENTIALS_DIRECTORY is not set",
        ),
    }
}

/// A label is shown in logs and passed on to the application in a header.
fn label(
    entry: &Range<usize>,
    label: Option<&Spanned<String>>,
    findings: &mut Findings<'_, '_>,
) -> Option<String> {
    let Some(label) = label else {
        findings.missing(
            Some(entry),
            "label",
            "a name for the secret, such as \"2026-11\"",
        );
        return None;
    };
    if !label.get_ref().bytes().all(|byte| byte.is_ascii_graphic()) {
        findings.error(
            &label.span(),
            "expected a label of visible ASCII characters without spaces",
        );
        return None;
    }
    Some(label.get_ref().clone())
}

fn from_environment(name: &Spanned<String>, findings: &mut Findings<'_, '_>) -> Option<Vec<u8>> {
    let variable = name.get_ref();
    let is_name = |text: &str| {
        !text.starts_with(|c: char| c.is_ascii_digit())
            && !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if !is_name(variable) {
        // It is not repeated: it may be the secret itself, in the wrong place.
        findings.error(
            &name.span(),
            "expected the name of an environment variable: letters, digits and `_`",
        );
        return None;
    }
    // By convention names are in upper case. Anything else is not repeated either.
    let is_conventional = !variable.bytes().any(|byte| byte.is_ascii_lowercase());
    let shown = if is_conventional {
        variable
    } else {
        "that is named"
    };
    match std::env::var_os(variable) {
        None => {
            findings.error(
                &name.span(),
                format_args!("expected the environment variable {shown} to be set"),
            );
            None
        }
        Some(value) if value.is_empty() => {
            findings.error(
                &name.span(),
                format_args!(
                    "expected a secret in the environment variable {shown}, which is empty"
                ),
            );
            None
        }
        Some(value) => Some(value.into_vec()),
    }
}

/// The content of a file, without the line end that editors put there.
fn from_file(
    path: &Path,
    place: &Range<usize>,
    findings: &mut Findings<'_, '_>,
) -> Option<Vec<u8>> {
    let contents = match file::read(path, FILE_LIMIT) {
        Ok(contents) => contents,
        Err(error) => {
            findings.error(place, error);
            return None;
        }
    };
    if contents.readable_by_all {
        findings.warning(
            Rule::ReadableSecret,
            place,
            "every user of this machine can read the secret",
        );
    }
    let mut bytes = contents.bytes;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    Some(bytes)
}

fn window(
    entry: &Range<usize>,
    fields: &schema::Secret,
    findings: &mut Findings<'_, '_>,
) -> Option<Window> {
    let mut bound = |date: Option<&Spanned<Datetime>>| match date {
        None => Some(None),
        Some(date) => match moment(date.get_ref()) {
            Some(moment) => Some(Some(moment)),
            None => {
                findings.error(
                    &date.span(),
                    "expected a date and time with its offset from UTC, from 1970 to 9999-12-30, such as \
                     2026-12-01T00:00:00Z",
                );
                None
            }
        },
    };
    let (not_before, not_after) = (
        bound(fields.not_before.as_ref()),
        bound(fields.not_after.as_ref()),
    );
    Window::new(not_before?, not_after?)
        .map_err(|error| findings.error(entry, error))
        .ok()
}

/// The moment that a TOML date means, if it has an offset and lies between 1970 and the last days of 9999.
pub(super) fn moment(date: &Datetime) -> Option<UnixTime> {
    let timestamp: jiff::Timestamp = date.to_string().parse().ok()?;
    let duration = core::time::Duration::try_from(timestamp.as_duration()).ok()?;
    Some(UnixTime::since_unix_epoch(duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_need_an_offset() {
        let moment_of = |text: &str| moment(&text.parse().unwrap()).map(|time| time.as_secs());
        assert_eq!(moment_of("1970-01-01T00:01:00Z"), Some(60));
        assert_eq!(moment_of("1970-01-01T01:01:00+01:00"), Some(60));
        assert_eq!(moment_of("9999-12-30T00:00:00Z"), Some(253_402_128_000));
        for text in [
            "2026-12-01",
            "2026-12-01T00:00:00",
            "00:00:00",
            "1969-12-31T23:59:59Z",
            "9999-12-31T00:00:00Z",
        ] {
            assert_eq!(moment_of(text), None, "{text}");
        }
    }
}
