//! What the grammar expects between two tokens.

/// What has to come next, white space aside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Expected {
    /// The outermost object.
    Root,
    /// A key or `}`, after `{`.
    FirstKey,
    /// A key, after `,`.
    NextKey,
    /// `:`, after a key.
    Colon(Member),
    /// A value, after `:`, or after `,` in an array.
    Value(Member),
    /// A value or `]`, after `[`.
    FirstElement,
    /// `,` or the end of the container, after a value.
    Separator,
    /// Nothing, after the outermost object.
    End,
}

/// What a value is to us.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Member {
    Wanted,
    Other,
}
