//! Regular expressions that PCRE and RE2 read alike, and that no language around them can misread.

use crate::text::push;
use alloc::string::String;

/// Adds the pattern of exactly this byte.
///
/// Whatever is neither a letter nor a digit is written as `\xHH`: nothing of it means anything to a
/// regular expression, to quotes, to variables or to comments.
pub(crate) fn push_byte(pattern: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() {
        pattern.push(byte.into());
    } else {
        push_escape(pattern, byte);
    }
}

fn push_escape(pattern: &mut String, byte: u8) {
    push(pattern, format_args!(r"\x{byte:02x}"));
}

/// Adds the pattern of exactly this text.
pub(crate) fn push_text(pattern: &mut String, text: &str) {
    for byte in text.bytes() {
        push_byte(pattern, byte);
    }
}

/// Adds the pattern of one of these alternatives, without a name.
pub(crate) fn push_any_of<'t>(pattern: &mut String, texts: impl IntoIterator<Item = &'t str>) {
    pattern.push_str("(?:");
    for (index, text) in texts.into_iter().enumerate() {
        if index > 0 {
            pattern.push('|');
        }
        push_text(pattern, text);
    }
    pattern.push(')');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_but_letters_and_digits_is_written_by_its_number() {
        let mut pattern = String::new();
        push_any_of(&mut pattern, ["aZ0", "\"\\ %{$}#';", "(.*)"]);
        assert_eq!(
            pattern,
            r"(?:aZ0|\x22\x5c\x20\x25\x7b\x24\x7d\x23\x27\x3b|\x28\x2e\x2a\x29)"
        );
    }
}
