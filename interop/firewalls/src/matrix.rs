//! What came of everything.

/// Prints a line for each thing that was tried.
pub(crate) struct Matrix {
    good: bool,
}

impl Matrix {
    pub(crate) const fn new() -> Self {
        Self { good: true }
    }

    /// A firewall, and what the program says of itself.
    pub(crate) fn section(&self, firewall: &str, version: &str) {
        println!("{firewall} ({version})");
    }

    /// One thing that was tried; `failure` says what is wrong, if anything is.
    pub(crate) fn line(&mut self, name: &str, failure: Option<String>) {
        match failure {
            None => println!("  ok    {name}"),
            Some(failure) => {
                self.good = false;
                println!("  WRONG {name}: {failure}");
            }
        }
    }

    pub(crate) const fn is_good(&self) -> bool {
        self.good
    }
}
