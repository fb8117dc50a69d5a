//! One change after the other.

use core::fmt;
use std::io;

use crate::gate::Gate;
use crate::site::Site;

/// What is changed, in turn.
const KINDS: [&str; 5] = ["configuration", "secrets", "certificate", "list", "all"];

/// Every so many swaps nobody signals: the gate has to notice by itself, which takes it seconds.
const UNSIGNALLED: usize = 50;

/// Every so many swaps there is one more, which is broken.
const BROKEN: usize = 20;

/// How many there were.
#[derive(Default)]
pub(crate) struct Swaps {
    kinds: [usize; KINDS.len()],
    noticed: usize,
    broken: usize,
}

impl Swaps {
    /// Changes something, and waits until it is in force.
    pub(crate) fn one(&mut self, index: usize, site: &mut Site, gate: &Gate) -> io::Result<()> {
        if index % BROKEN == BROKEN - 1 {
            site.break_configuration()?;
            gate.signal()?;
            gate.wait_for_refusal()?;
            self.broken += 1;
            site.reconfigure(index)?;
        }
        let kind = index % KINDS.len();
        match KINDS[kind] {
            "configuration" => site.reconfigure(index)?,
            "secrets" => site.rotate_secrets(index)?,
            "certificate" => site.rotate_certificate()?,
            "list" => site.rotate_list()?,
            _ => {
                site.reconfigure(index)?;
                site.rotate_secrets(index)?;
                site.rotate_certificate()?;
                site.rotate_list()?;
            }
        }
        if index % UNSIGNALLED == UNSIGNALLED - 1 {
            self.noticed += 1;
        } else {
            gate.signal()?;
        }
        gate.wait_for_reload()?;
        self.kinds[kind] += 1;
        Ok(())
    }

    pub(crate) fn succeeded(&self) -> usize {
        self.kinds.iter().sum()
    }
}

impl fmt::Display for Swaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "swaps: {} (", self.succeeded())?;
        for (kind, count) in KINDS.iter().zip(self.kinds) {
            write!(f, "{kind} {count}, ")?;
        }
        write!(
            f,
            "{} of them noticed without a signal), and {} broken ones refused",
            self.noticed, self.broken
        )
    }
}
