//! `[limits]`: what the gate allows its clients, and itself.

use core::fmt::Display;
use core::ops::RangeInclusive;
use core::time::Duration;

use hookward::{Guard, GuardedRoute};
use hookward_hyper::{BodyTimes, BufferBudget, ServerLimits};

use crate::config::problem::Findings;
use crate::config::schema;
use crate::config::spanned::Spanned;
use crate::config::value::{Size, Span};

/// What a request may take, as adapters want to know it.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) server: ServerLimits,
    pub(crate) body_times: BodyTimes,
    /// From the head of a request to the end of its answer.
    pub(crate) request_timeout: Duration,
    pub(crate) upstream_connect_timeout: Duration,
    /// How long a connection to the application waits for its next request.
    pub(crate) upstream_idle_timeout: Duration,
    pub(crate) upstream_idle_connections: usize,
    /// What all requests that wait for their bodies may take together, in bytes.
    pub(crate) buffered_bytes: usize,
    /// The share of one connection of it.
    pub(crate) buffered_bytes_per_connection: usize,
    /// The share of one source of it.
    pub(crate) buffered_bytes_per_source: usize,
    /// The largest body of a route that does not say otherwise, in bytes.
    pub(crate) body: u64,
    /// How deep a body may nest.
    pub(crate) depth: u8,
    /// How long a sender is asked to wait when a request cannot be judged now.
    pub(crate) retry_after: Duration,
}

impl Limits {
    /// A budget of what requests that wait for their bodies may take.
    pub(crate) fn budget(&self) -> BufferBudget {
        let (connection, source) = self.shares();
        BufferBudget::new(self.buffered_bytes).with_shares(connection, source)
    }

    /// Whether that would be a budget like this one.
    pub(crate) fn are_of(&self, budget: &BufferBudget) -> bool {
        budget.total() == self.buffered_bytes && budget.shares() == self.shares()
    }

    const fn shares(&self) -> (usize, usize) {
        (
            self.buffered_bytes_per_connection,
            self.buffered_bytes_per_source,
        )
    }
}

/// Copyleaks waits 70 seconds for an answer; the gate has to give up before.
const LONGEST_REQUEST: u64 = 69;

/// The gate's own default, which leaves time for the answer to travel.
const REQUEST_TIMEOUT: u64 = 60;

/// Many applications take a second to accept connections while they start.
const UPSTREAM_CONNECT_TIMEOUT: u64 = 5;

/// Many servers close connections that wait for five.
const UPSTREAM_IDLE_TIMEOUT: u64 = 4;

const UPSTREAM_IDLE_CONNECTIONS: u64 = 32;

/// Room for the smallest body and what goes with it, in bytes.
const LEAST_BUFFER: u64 = 64 << 10;

/// The deepest that the payload scanner allows.
const DEEPEST: u64 = 128;

pub(crate) const fn seconds(seconds: u64) -> Span {
    Span(Duration::from_secs(seconds))
}

/// The value of a setting if it lies within `range`, and `default` if it is not set.
pub(crate) fn within<T: Copy + Display + PartialOrd>(
    setting: Option<&Spanned<T>>,
    range: RangeInclusive<T>,
    default: T,
    findings: &mut Findings<'_, '_>,
) -> T {
    let Some(setting) = setting else {
        return default;
    };
    let value = *setting.get_ref();
    if range.contains(&value) {
        return value;
    }
    findings.error(
        &setting.span(),
        format_args!(
            "expected {} to {}, found {value}",
            range.start(),
            range.end()
        ),
    );
    default
}

/// Reads `[limits]`. What is wrong has its default in the result.
pub(crate) fn read(fields: &schema::Limits, findings: &mut Findings<'_, '_>) -> Limits {
    let defaults = ServerLimits::default();
    let body_defaults = BodyTimes::default();
    let second_to_minute = seconds(1)..=seconds(LONGEST_REQUEST);
    let time = |setting: &Option<Spanned<Span>>,
                range: RangeInclusive<Span>,
                default: Duration,
                findings: &mut Findings<'_, '_>| {
        within(setting.as_ref(), range, Span(default), findings).0
    };
    let count = |setting: &Option<Spanned<u64>>,
                 most: u64,
                 default: u64,
                 findings: &mut Findings<'_, '_>| {
        within(setting.as_ref(), 1..=most, default, findings)
    };
    let size = |setting: &Option<Spanned<Size>>,
                range: RangeInclusive<u64>,
                default: u64,
                findings: &mut Findings<'_, '_>| {
        let range = Size(*range.start())..=Size(*range.end());
        within(setting.as_ref(), range, Size(default), findings).0
    };

    let mut server = defaults.clone();
    server.connections = narrow(count(
        &fields.connections,
        1_000_000,
        defaults.connections as u64,
        findings,
    ));
    server.connections_per_source = narrow(count(
        &fields.connections_per_source,
        1_000_000,
        defaults.connections_per_source as u64,
        findings,
    ));
    server.handshakes = narrow(count(
        &fields.handshakes,
        1_000_000,
        defaults.handshakes as u64,
        findings,
    ));
    server.streams = narrow(count(
        &fields.concurrent_streams,
        10_000,
        defaults.streams.into(),
        findings,
    ));
    server.head_bytes = narrow(size(
        &fields.header_bytes,
        1 << 10..=1 << 20,
        defaults.head_bytes.into(),
        findings,
    ));
    server.head_fields = narrow(count(
        &fields.header_count,
        1000,
        defaults.head_fields as u64,
        findings,
    ));
    server.handshake = time(
        &fields.handshake_timeout,
        second_to_minute.clone(),
        defaults.handshake,
        findings,
    );
    server.head = time(
        &fields.header_timeout,
        second_to_minute.clone(),
        defaults.head,
        findings,
    );
    server.idle = time(
        &fields.idle_timeout,
        seconds(1)..=seconds(3600),
        defaults.idle,
        findings,
    );
    server.stalled_write = time(
        &fields.stalled_answer_timeout,
        second_to_minute.clone(),
        defaults.stalled_write,
        findings,
    );
    server.shutdown = time(
        &fields.shutdown_timeout,
        seconds(0)..=seconds(3600),
        defaults.shutdown,
        findings,
    );
    let body = body(
        fields.body.as_ref(),
        GuardedRoute::DEFAULT_BODY_LIMIT,
        findings,
    );
    let buffered_bytes = size(
        &fields.buffered_bytes,
        LEAST_BUFFER..=1 << 40,
        BufferBudget::DEFAULT as u64,
        findings,
    );
    // A body of the largest size has to have a chance, with its head and what goes with it.
    let largest = body + u64::from(server.head_bytes) + LEAST_BUFFER / 2;
    let share = |setting, part: u64, findings: &mut Findings<'_, '_>| {
        let default = (buffered_bytes / part).max(largest).min(buffered_bytes);
        narrow(size(setting, LEAST_BUFFER..=1 << 40, default, findings))
    };
    Limits {
        server,
        body_times: BodyTimes {
            idle: time(
                &fields.body_idle_timeout,
                second_to_minute.clone(),
                body_defaults.idle,
                findings,
            ),
            total: time(
                &fields.body_timeout,
                second_to_minute.clone(),
                body_defaults.total,
                findings,
            ),
        },
        request_timeout: time(
            &fields.request_timeout,
            second_to_minute.clone(),
            Duration::from_secs(REQUEST_TIMEOUT),
            findings,
        ),
        upstream_connect_timeout: time(
            &fields.upstream_connect_timeout,
            second_to_minute.clone(),
            Duration::from_secs(UPSTREAM_CONNECT_TIMEOUT),
            findings,
        ),
        upstream_idle_timeout: time(
            &fields.upstream_idle_timeout,
            second_to_minute,
            Duration::from_secs(UPSTREAM_IDLE_TIMEOUT),
            findings,
        ),
        upstream_idle_connections: narrow(count(
            &fields.upstream_idle_connections,
            10_000,
            UPSTREAM_IDLE_CONNECTIONS,
            findings,
        )),
        buffered_bytes: narrow(buffered_bytes),
        buffered_bytes_per_connection: share(&fields.buffered_bytes_per_connection, 4, findings),
        buffered_bytes_per_source: share(&fields.buffered_bytes_per_source, 2, findings),
        body,
        depth: narrow(count(&fields.depth, DEEPEST, DEEPEST, findings)),
        retry_after: time(
            &fields.retry_after,
            seconds(1)..=seconds(3600),
            Guard::DEFAULT_RETRY_AFTER,
            findings,
        ),
    }
}

/// The largest body of a route, in bytes.
pub(crate) fn body(
    setting: Option<&Spanned<Size>>,
    default: u64,
    findings: &mut Findings<'_, '_>,
) -> u64 {
    within(setting, Size(1)..=Size(1 << 40), Size(default), findings).0
}

/// Takes a number that was kept to a range as the type that holds the range.
fn narrow<T: TryFrom<u64>>(number: u64) -> T {
    T::try_from(number)
        .ok()
        .expect("the range of every setting fits its type")
}
