//! What is handed to a firewall.

use alloc::string::String;
use core::fmt::{self, Write};

use zeroize::Zeroizing;

/// The text of a firewall's configuration. It is wiped when dropped, and not printed by `Debug`.
pub struct RuleText {
    text: Zeroizing<String>,
    holds_secret: bool,
}

impl RuleText {
    pub(crate) fn new(text: impl Into<Zeroizing<String>>, holds_secret: bool) -> Self {
        Self {
            text: text.into(),
            holds_secret,
        }
    }

    /// The text, with a line end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a secret stands in it, so that only the firewall may read it.
    #[must_use]
    pub const fn holds_secret(&self) -> bool {
        self.holds_secret
    }
}

impl fmt::Debug for RuleText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RuleText({} bytes, redacted)", self.text.len())
    }
}

/// Adds to a text.
pub(crate) fn push(text: &mut String, arguments: fmt::Arguments<'_>) {
    text.write_fmt(arguments)
        .expect("a string takes everything");
}
