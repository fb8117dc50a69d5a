//! Where the list comes from.

use alloc::collections::BTreeSet;
use core::time::Duration;

use fastrand::Rng;
use hookward_refresh::{Response, Transport, Validators};

use crate::clock::{HOUR, MINUTE, SECOND};
use crate::{Fault, List};

/// What comes back for one fetch, and when.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// After how many milliseconds.
    pub(crate) delay: u64,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Failure(Transport),
    Response {
        status: u16,
        body: Vec<u8>,
        /// What is truly in the body: `None` if it is no list that a machine may read.
        list: Option<List>,
        validators: Validators,
        max_age: Option<Duration>,
        retry_after: Option<Duration>,
    },
}

impl Content {
    pub(crate) fn is_not_modified(&self) -> bool {
        matches!(self, Self::Response { status: 304, .. })
    }

    fn status(status: u16) -> Self {
        Self::Response {
            status,
            body: Vec::new(),
            list: None,
            validators: Validators::default(),
            max_age: None,
            retry_after: None,
        }
    }
}

/// The endpoint: the list it publishes, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) list: BTreeSet<u32>,
    pub(crate) fault: Option<Fault>,
    version: u64,
    /// Certificates that exist nowhere but in wrong answers.
    next_wrong: u32,
    /// The wrong list of the present fault.
    wrong: List,
    gives_validators: bool,
    max_age: Option<Duration>,
    max_body: usize,
}

impl Endpoint {
    pub(crate) fn new(list: BTreeSet<u32>, max_body: usize, rng: &mut Rng) -> Self {
        Self {
            list,
            fault: None,
            version: 0,
            next_wrong: 1 << 31,
            wrong: List(BTreeSet::new()),
            gives_validators: rng.u8(..4) > 0,
            max_age: rng
                .bool()
                .then(|| Duration::from_millis(rng.u64(..48 * HOUR))),
            max_body,
        }
    }

    /// Publishes another list.
    pub(crate) fn publish(&mut self, change: impl FnOnce(&mut BTreeSet<u32>)) {
        change(&mut self.list);
        self.version += 1;
    }

    pub(crate) fn break_down(&mut self, fault: Fault) {
        self.fault = Some(fault);
        self.wrong = match fault {
            Fault::Shrinkage => List(self.list.iter().copied().take(1).collect()),
            _ => self.another_list(),
        };
    }

    /// Answers a request that arrives now: what is answered first, and what comes again.
    pub(crate) fn answer(&mut self, asked_with: Option<&Validators>, rng: &mut Rng) -> Vec<Answer> {
        let prompt = rng.u64(20..3 * SECOND);
        let answer = |delay, content| vec![Answer { delay, content }];
        let Some(fault) = self.fault else {
            return answer(prompt, self.right(asked_with));
        };
        match fault {
            Fault::Outage => {
                let failure = match rng.u8(..3) {
                    0 => Transport::Unreachable,
                    1 => Transport::Interrupted,
                    _ => Transport::TooSlow,
                };
                answer(prompt, Content::Failure(failure))
            }
            Fault::Silence => Vec::new(),
            Fault::ServerError => answer(prompt, Content::status(500)),
            Fault::RateLimit => {
                let mut content = Content::status(429);
                if let Content::Response { retry_after, .. } = &mut content {
                    *retry_after = Some(Duration::from_millis(rng.u64(..6 * HOUR)));
                }
                answer(prompt, content)
            }
            Fault::Slowness => answer(rng.u64(SECOND..2 * MINUTE), self.right(asked_with)),
            Fault::FalseNotModified => answer(prompt, Content::status(304)),
            Fault::Repetition => {
                let list = self.another_list();
                let again = Answer {
                    delay: prompt + rng.u64(..3 * MINUTE),
                    content: self.wrong(list.to_body(), Some(list), rng),
                };
                let mut answers = answer(prompt, self.right(asked_with));
                answers.push(again);
                answers
            }
            Fault::ErrorPage => answer(
                prompt,
                self.wrong(b"<html>Sorry</html>".to_vec(), None, rng),
            ),
            Fault::Truncation => {
                let mut body = List(self.list.clone()).to_body();
                body.truncate(rng.usize(..body.len()));
                answer(prompt, self.wrong(body, None, rng))
            }
            Fault::Oversize => {
                let mut body = vec![b'0'; self.max_body];
                body[0] = b'[';
                body.extend_from_slice(b"1]");
                answer(prompt, self.wrong(body, None, rng))
            }
            Fault::WrongType => answer(prompt, self.wrong(b"[null,1]".to_vec(), None, rng)),
            Fault::Emptiness => {
                let empty = List(BTreeSet::new());
                answer(prompt, self.wrong(empty.to_body(), Some(empty), rng))
            }
            Fault::Unsteadiness => {
                self.wrong = self.another_list();
                self.answer_wrong_list(prompt, rng)
            }
            _ => self.answer_wrong_list(prompt, rng),
        }
    }

    fn answer_wrong_list(&mut self, delay: u64, rng: &mut Rng) -> Vec<Answer> {
        let list = self.wrong.clone();
        let content = self.wrong(list.to_body(), Some(list), rng);
        vec![Answer { delay, content }]
    }

    fn right(&self, asked_with: Option<&Validators>) -> Content {
        let validators = self.validators();
        if asked_with.is_some_and(|asked| !asked.is_empty() && *asked == validators) {
            return Content::Response {
                status: 304,
                body: Vec::new(),
                list: None,
                validators,
                max_age: self.max_age,
                retry_after: None,
            };
        }
        let list = List(self.list.clone());
        Content::Response {
            status: 200,
            body: list.to_body(),
            list: Some(list),
            validators,
            max_age: self.max_age,
            retry_after: None,
        }
    }

    /// An answer with status 200 that should not be; at times with the validators of the right one.
    fn wrong(&self, body: Vec<u8>, list: Option<List>, rng: &mut Rng) -> Content {
        let validators = match rng.u8(..3) {
            0 => self.validators(),
            1 => Validators::new(Some(&format!("\"wrong-{}\"", rng.u32(..))), None),
            _ => Validators::default(),
        };
        Content::Response {
            status: 200,
            body,
            list,
            validators,
            max_age: self.max_age,
            retry_after: None,
        }
    }

    fn validators(&self) -> Validators {
        if self.gives_validators {
            Validators::new(Some(&format!("\"{}\"", self.version)), None)
        } else {
            Validators::default()
        }
    }

    fn another_list(&mut self) -> List {
        let first = self.next_wrong;
        self.next_wrong += 3;
        List((first..first + 3).collect())
    }
}

impl<'a> From<&'a Content> for Result<Response<'a>, Transport> {
    fn from(content: &'a Content) -> Self {
        match content {
            Content::Failure(failure) => Err(*failure),
            Content::Response {
                status,
                body,
                validators,
                max_age,
                retry_after,
                ..
            } => Ok(Response {
                status: *status,
                body,
                validators: validators.clone(),
                max_age: *max_age,
                retry_after: *retry_after,
            }),
        }
    }
}
