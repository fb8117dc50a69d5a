use alloc::sync::Arc;
use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::time::Duration;

use bytes::Bytes;
use hookward::{
    BodyFailure, BodyStep, Connection, Decision, Framing, Guard, Head, Headers, Step, Verified,
};
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body::Body;
use tokio::time::Instant;

use crate::body::GuardedBody;
use crate::budget::{BufferBudget, Charge, Exhausted};
use crate::buffer::Buffer;
use crate::clock::Clock;
use crate::metered::{BodyError, BodyTimes, BoxError, Metered};
use crate::observer::{Observer, Record};
use crate::peer::Peer;
use crate::refusal::{RefusalForm, Refused, Unread};
use crate::shared_lists::SharedLists;
use crate::trial::Reporting;

/// A guard with everything that it needs at run time.
#[derive(Clone)]
pub(crate) struct Judge {
    pub(crate) guard: Arc<Guard>,
    pub(crate) lists: SharedLists,
    pub(crate) clock: Clock,
    pub(crate) budget: BufferBudget,
    pub(crate) times: BodyTimes,
    pub(crate) observer: Arc<dyn Observer>,
}

/// When the head of a request was judged, as an extension of the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival(pub(crate) Instant);

/// What became of a body.
struct Judged<'g, B> {
    decision: Decision<'g>,
    trial: Option<Box<Reporting<'g>>>,
    body: GuardedBody<B>,
    received: u64,
    unread: Unread,
}

/// A request that was accepted.
pub(crate) struct Admission<'j, B> {
    pub(crate) verified: Verified<Request<GuardedBody<B>>>,
    /// To be kept until the request was answered.
    pub(crate) trial: Option<Box<Reporting<'j>>>,
}

/// How far a request was judged by its head.
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart where it is made"
)]
pub(crate) enum Judging<'j, B> {
    /// All the way.
    Done(Result<Admission<'j, B>, Refused>),
    /// It takes the body. In a box, so that requests that do without take no room for it.
    NeedsBody(Pin<Box<dyn Future<Output = Result<Admission<'j, B>, Refused>> + Send + 'j>>),
}

/// What is known of a request besides what becomes of its body.
struct Seen {
    parts: Parts,
    peer: Option<Peer>,
    arrival: Instant,
    /// The time that judging the head took.
    head: Duration,
}

impl Judge {
    /// Asks the guard about a request.
    pub(crate) fn judge<'j, B>(&'j self, mut request: Request<B>) -> Judging<'j, B>
    where
        B: Body<Data = Bytes> + Send + 'j,
        B::Error: Into<BoxError>,
    {
        let arrival = Instant::now();
        let version = request.version();
        let peer = request.extensions().get::<Peer>().cloned();
        let step = self.inspect(&request, peer.as_ref());
        let head = arrival.elapsed();
        request.extensions_mut().insert(Arrival(arrival));
        let (parts, body) = request.into_parts();
        let seen = Seen {
            parts,
            peer,
            arrival,
            head,
        };
        match step {
            Step::Decided(decision) => {
                let unread = if body.is_end_stream() {
                    Unread::Nothing
                } else {
                    Unread::Something
                };
                let limit = decision.route().map_or(0, |route| route.body_limit());
                let body = Metered::new(body, version, limit, self.times)
                    .announced_in(&seen.parts.headers);
                let mut trial = self.trial(&decision);
                let watching = trial.as_mut().and_then(|trial| trial.watching());
                let judged = Judged {
                    decision,
                    trial,
                    body: match watching {
                        Some(watching) => GuardedBody::watched(body, watching),
                        None => GuardedBody::streaming(body),
                    },
                    received: 0,
                    unread,
                };
                Judging::Done(self.conclude(seen, judged, head))
            }
            Step::NeedsBody(step) => {
                // The guard keeps to the limit of a body that it judges.
                let body = Metered::new(body, version, u64::MAX, self.times)
                    .announced_in(&seen.parts.headers);
                let mut charge = self.budget.open(seen.peer.as_ref());
                match charge.grow(WAITING_REQUEST + head_bytes(&seen.parts)) {
                    Ok(()) => Judging::NeedsBody(self.read(seen, step, body, charge)),
                    Err(Exhausted) => {
                        let decision = step.fail(BodyFailure::Exhausted);
                        let judged = Judged {
                            trial: self.trial(&decision),
                            decision,
                            received: 0,
                            body: GuardedBody::streaming(body),
                            unread: Unread::Something,
                        };
                        Judging::Done(self.conclude(seen, judged, head))
                    }
                }
            }
        }
    }

    /// Tells of a decision, which took so long in all, and carries it out.
    fn conclude<'j, B>(
        &'j self,
        seen: Seen,
        judged: Judged<'j, B>,
        elapsed: Duration,
    ) -> Result<Admission<'j, B>, Refused> {
        let Seen {
            parts, peer, head, ..
        } = seen;
        self.observer.decided(&Record {
            decision: &judged.decision,
            peer: peer.as_ref(),
            body_received: judged.received,
            head,
            elapsed,
        });
        if let (true, Some(peer)) = (judged.decision.is_accepted(), &peer) {
            peer.standing().prove();
        }
        let form = RefusalForm::of(&judged.decision, judged.unread, parts.version);
        let Judged {
            decision,
            trial,
            body,
            ..
        } = judged;
        match decision.admit(Request::from_parts(parts, body)) {
            Ok(verified) => Ok(Admission { verified, trial }),
            Err(refusal) => Err(form.because(refusal.reason())),
        }
    }

    fn trial<'g>(&'g self, decision: &Decision<'g>) -> Option<Box<Reporting<'g>>> {
        let trial = decision.trial()?;
        Some(Box::new(Reporting::new(&*self.observer, trial)))
    }

    fn inspect<B>(&self, request: &Request<B>, peer: Option<&Peer>) -> Step<'_> {
        let uri = request.uri();
        let head = Head {
            method: request.method().as_str(),
            authority: match peer {
                Some(peer) if peer.is_host_missing() => Some(""),
                _ => uri.authority().map(|authority| authority.as_str()),
            },
            path: uri.path(),
            headers: &Lines(request.headers()),
            framing: peer.map_or(Framing::Clear, Peer::framing),
        };
        let connection = peer.map_or_else(Connection::default, Peer::connection);
        // In this order: a list that is taken after the clock was read may be dated after it.
        let lists = self.lists.load();
        let now = self.clock.now();
        self.guard.inspect(&lists, &connection, &head, now)
    }

    /// Shows the body to the guard, and keeps it.
    fn read<'j, B>(
        &'j self,
        seen: Seen,
        mut step: BodyStep<'j>,
        body: Metered<B>,
        charge: Charge,
    ) -> Pin<Box<dyn Future<Output = Result<Admission<'j, B>, Refused>> + Send + 'j>>
    where
        B: Body<Data = Bytes> + Send + 'j,
        B::Error: Into<BoxError>,
    {
        Box::pin(async move {
            let mut buffer = Buffer::new(charge);
            let mut body = pin!(body);
            let mut unread = Unread::Something;
            let decision = loop {
                let expected = body.expected();
                match poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
                    Some(Ok(frame)) => {
                        let Ok(chunk) = frame.into_data() else {
                            continue;
                        };
                        match step.push(&chunk) {
                            Step::Decided(decision) => break decision,
                            Step::NeedsBody(next) => step = next,
                        }
                        if buffer.append(&chunk, expected).is_err() {
                            break step.fail(BodyFailure::Exhausted);
                        }
                    }
                    Some(Err(BodyError::TimedOut)) => break step.fail(BodyFailure::TimedOut),
                    Some(Err(_)) => break step.fail(BodyFailure::Incomplete),
                    None => {
                        unread = Unread::Nothing;
                        break step.finish();
                    }
                }
            };
            let judged = Judged {
                trial: self.trial(&decision),
                decision,
                received: body.received(),
                body: GuardedBody::judged(buffer.into_segments()),
                unread,
            };
            let elapsed = seen.arrival.elapsed();
            self.conclude(seen, judged, elapsed)
        })
    }
}

/// What a request takes that waits for its body, besides its head and its body, in bytes: its task,
/// its timers and its stream.
const WAITING_REQUEST: usize = 4 << 10;

/// What the head of a request takes, in bytes.
fn head_bytes(parts: &Parts) -> usize {
    let target = parts.uri.path_and_query().map_or(0, |it| it.as_str().len());
    let lines = parts.headers.iter();
    lines.fold(target, |bytes, (name, value)| {
        bytes + name.as_str().len() + value.len()
    })
}

/// The field lines of a request, for the guard.
struct Lines<'a>(&'a HeaderMap);

impl Headers for Lines<'_> {
    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self.0 {
            visit(name.as_str(), value.as_bytes());
        }
    }
}
