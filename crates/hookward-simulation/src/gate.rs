//! Who judges by what the refresher has published.

use core::time::Duration;

use rustls_pki_types::UnixTime;

use crate::Published;

/// The verdict on one webhook.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// 2xx.
    Accept,
    /// 503: the sender may try again.
    Unavailable,
    /// 403: the sender gives up.
    Refuse,
}

/// What a guard does with a published list.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) published: Option<Published>,
    pub(crate) hint_interval: Duration,
    /// By how many milliseconds the wall clock has been set back since the list was published.
    pub(crate) set_back: u64,
}

impl Gate {
    pub(crate) fn new(hint_interval: Duration) -> Self {
        Self {
            published: None,
            hint_interval,
            set_back: 0,
        }
    }

    pub(crate) fn publish(&mut self, published: Option<Published>) {
        self.published = published;
        self.set_back = 0;
    }

    pub(crate) fn judge(&self, certificate: u32, wall: UnixTime) -> Verdict {
        match self.trusted(wall) {
            None => Verdict::Unavailable,
            Some(list) if list.list.0.contains(&certificate) => Verdict::Accept,
            Some(list) if list.age(wall) > self.hint_interval => Verdict::Unavailable,
            Some(_) => Verdict::Refuse,
        }
    }

    pub(crate) fn trusted(&self, wall: UnixTime) -> Option<&Published> {
        self.published
            .as_ref()
            .filter(|published| published.is_valid_at(wall))
    }
}
