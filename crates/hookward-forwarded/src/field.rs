//! Field lines of which there may be only one.

/// There are several lines where one is allowed.
pub(crate) struct Repeated;

/// The value of the only line, if there is a line, without the whitespace around it.
///
/// A second line, even an equal one, is one that the proxy did not write.
pub(crate) fn only_line<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<&'a [u8]>, Repeated> {
    let mut lines = lines.into_iter();
    let first = lines.next();
    match lines.next() {
        Some(_) => Err(Repeated),
        None => Ok(first.map(trim)),
    }
}

/// `value` without optional whitespace at its ends
/// ([RFC 9110, section 5.6.3](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.3)).
pub(crate) fn trim(value: &[u8]) -> &[u8] {
    let is_content = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let Some(start) = value.iter().position(is_content) else {
        return &[];
    };
    let end = value.iter().rposition(is_content).unwrap_or(start);
    &value[start..=end]
}

/// Whether `byte` may stand in a token
/// ([RFC 9110, section 5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)).
pub(crate) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_outer_spaces_and_tabs_are_removed() {
        assert_eq!(trim(b""), b"");
        assert_eq!(trim(b" \t "), b"");
        assert_eq!(trim(b"\ta b\t "), b"a b");
        assert_eq!(trim(b"x"), b"x");
        assert_eq!(trim(b"\na"), b"\na");
    }
}
