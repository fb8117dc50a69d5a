//! Names that programs read as one of ours, because they take `_` or `.` for `-`.

use hookward_copyleaks::OWN_PREFIX;

/// Whether `name` starts with `prefix` once `_` and `.` are read as `-`, in any case.
pub(crate) fn starts_when_folded(name: &str, prefix: &str) -> bool {
    name.len() >= prefix.len()
        && name.bytes().zip(prefix.bytes()).all(|(byte, own)| {
            let byte = if matches!(byte, b'_' | b'.') {
                b'-'
            } else {
                byte
            };
            byte.eq_ignore_ascii_case(&own)
        })
}

/// Whether a field name is one that hookward sets for the application, under any spelling that
/// some program reads alike (`Hookward_Event`, `hookward.event`).
///
/// What forwards a request removes these before it sets its own.
#[must_use]
pub fn is_own_header(name: &str) -> bool {
    starts_when_folded(name, OWN_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_headers_are_seen_under_every_alias() {
        for name in [
            "hookward-event",
            "Hookward_Event",
            "HOOKWARD.event",
            "hookward-",
        ] {
            assert!(is_own_header(name), "{name}");
        }
        for name in ["hookward", "x-hookward-event", "hookwards-event"] {
            assert!(!is_own_header(name), "{name}");
        }
    }
}
