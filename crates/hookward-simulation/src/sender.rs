//! Who sends webhooks, with a certificate that rotates.

use crate::clock::{DAY, HOUR, MINUTE, SECOND};
use crate::endpoint::Endpoint;
use fastrand::Rng;

/// The sender. It tries again only when it is told that the gate could not decide.
#[derive(Debug)]
pub(crate) struct Sender {
    /// The certificate it presents.
    pub(crate) certificate: u32,
    /// It sends nothing before this: its old certificate is off the list and the new one not in use yet.
    pub(crate) pauses_until: u64,
    next_certificate: u32,
}

/// What follows from a rotation that begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rotation {
    pub(crate) certificate: u32,
    /// In how many milliseconds it comes into use.
    pub(crate) used_in: u64,
    /// The certificate that goes off the list later, and in how many milliseconds.
    pub(crate) retired: Option<(u32, u64)>,
}

impl Sender {
    /// How often it tries again. The last time is over eleven hours after the first.
    pub(crate) const MOST_RETRIES: u32 = 12;

    pub(crate) fn new(first: u32) -> Self {
        Self {
            certificate: first,
            pauses_until: 0,
            next_certificate: first + 1,
        }
    }

    /// The pause before the retry with this number, counted from 0.
    pub(crate) fn retry_delay(retry: u32) -> u64 {
        (10 * SECOND) << retry
    }

    /// Publishes a new certificate: beside the old one for a while, or in place of the whole list.
    ///
    /// It is not presented before a gate's hint interval is over: a gate that has fetched the list just before may take it
    /// for complete until then.
    pub(crate) fn rotate(
        &mut self,
        now: u64,
        hint_interval: u64,
        endpoint: &mut Endpoint,
        rng: &mut Rng,
    ) -> Rotation {
        let least = hint_interval + 5 * SECOND;
        let certificate = self.new_certificate();
        let old = self.certificate;
        if rng.u8(..5) == 0 {
            let others: Vec<u32> = (0..rng.u8(..3)).map(|_| self.new_certificate()).collect();
            endpoint.publish(|list| {
                list.clear();
                list.insert(certificate);
                list.extend(others);
            });
            self.pauses_until = now + least;
            Rotation {
                certificate,
                used_in: least,
                retired: None,
            }
        } else {
            // The list breathes, too.
            let other = self.new_certificate();
            endpoint.publish(|list| {
                list.insert(certificate);
                if list.len() < 5 {
                    list.insert(other);
                }
            });
            let lead = match rng.u8(..3) {
                0 => 0,
                1 => rng.u64(..HOUR),
                _ => rng.u64(..7 * DAY),
            };
            let used_in = least + lead;
            Rotation {
                certificate,
                used_in,
                retired: Some((old, used_in + rng.u64(MINUTE..7 * DAY))),
            }
        }
    }

    fn new_certificate(&mut self) -> u32 {
        let certificate = self.next_certificate;
        self.next_certificate += 1;
        certificate
    }
}
