use std::borrow::Cow;
use std::sync::Arc;

use hookward::{Check, UnixTime};
use hookward_hyper::{BufferBudget, ConnectionCounts};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::metrics::{Labels, label};
use crate::refreshed::{ListState, ListStatus};
use crate::serve::Usage;

/// What is the case at the moment of a scrape.
#[derive(Debug)]
pub(crate) struct State<'a> {
    pub(crate) lists: &'a [ListStatus],
    pub(crate) secrets: &'a Usage,
    pub(crate) budget: &'a BufferBudget,
    /// Of each listener, by its name.
    pub(crate) connections: &'a [(&'static str, Arc<ConnectionCounts>)],
    pub(crate) reloads: Reloads,
}

/// How it went with reloading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reloads {
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) last_failed: bool,
    /// When the configuration in force was read.
    pub(crate) in_force_since: UnixTime,
}

/// Reads one of the counts.
type ReadCount = fn(&ConnectionCounts) -> u64;

/// Gauges and counters that are made for one scrape.
struct Scrape(Registry);

/// A number as Prometheus has them, wide enough for any that occurs here.
fn gauge(value: u64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    gauge
}

impl Scrape {
    fn gauges<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        values: impl IntoIterator<Item = (Labels<N>, u64)>,
    ) {
        let family: Family<Labels<N>, Gauge> = Family::default();
        for (labels, value) in values {
            let gauge = family.get_or_create_owned(&labels);
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        match unit {
            Some(unit) => self.0.register_with_unit(name, help, unit, family),
            None => self.0.register(name, help, family),
        }
    }

    fn counters<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels<N>, u64)>,
    ) {
        let family: Family<Labels<N>, Counter> = Family::default();
        for (labels, value) in values {
            family.get_or_create_owned(&labels).inc_by(value);
        }
        self.0.register(name, help, family);
    }
}

const LIST_STATES: [ListState; 5] = [
    ListState::Fixed,
    ListState::Fresh,
    ListState::Stale,
    ListState::Expired,
    ListState::Absent,
];

impl State<'_> {
    pub(super) fn registry(&self, forwarded_body_bytes: Counter) -> Registry {
        let mut scrape = Scrape(Registry::with_prefix("hookward"));
        let build = Info::new([label("version", env!("CARGO_PKG_VERSION"))]);
        scrape.0.register("build", "The version of the gate", build);
        scrape.0.register_with_unit(
            "forwarded_body",
            "Bytes of bodies that the application was handed",
            Unit::Bytes,
            forwarded_body_bytes,
        );
        self.lists(&mut scrape);
        self.secrets(&mut scrape);
        self.buffers(&mut scrape);
        self.connections(&mut scrape);
        self.reloads(&mut scrape);
        scrape.0
    }

    fn lists(&self, scrape: &mut Scrape) {
        let name = |list: &ListStatus| label("list", Cow::Owned(list.name.clone()));
        let lists = self.lists;
        scrape.gauges(
            "list_state",
            "The state that a list is in: 1, and 0 for the others",
            None,
            lists.iter().flat_map(|list| {
                LIST_STATES.map(|state| {
                    let labels = [name(list), label("state", state.to_string())];
                    (labels, u64::from(list.state == state))
                })
            }),
        );
        scrape.gauges(
            "list_entries",
            "How many entries a list has",
            None,
            lists
                .iter()
                .map(|list| ([name(list)], list.entries.len() as u64)),
        );
        scrape.gauges(
            "list_age",
            "How long ago a list was last confirmed",
            Some(Unit::Seconds),
            lists
                .iter()
                .filter_map(|list| Some(([name(list)], list.age_seconds?))),
        );
        scrape.gauges(
            "list_fetch_failures",
            "How many fetches of a list have failed since the last good one",
            None,
            lists
                .iter()
                .map(|list| ([name(list)], list.failures.into())),
        );
    }

    fn secrets(&self, scrape: &mut Scrape) {
        let labels = |check: Check, secret: &str| {
            [
                label("check", check.name()),
                label("secret", secret.to_owned()),
            ]
        };
        scrape.gauges(
            "secret_ends_timestamp",
            "When the window of a secret or a key ends, where it has an end",
            Some(Unit::Seconds),
            self.secrets
                .entries()
                .filter_map(|(check, secret, ends, _)| {
                    Some((labels(check, secret), ends?.as_secs()))
                }),
        );
        scrape.gauges(
            "secret_last_match_timestamp",
            "When a secret or a key last matched, if it has since the start",
            Some(Unit::Seconds),
            self.secrets
                .entries()
                .filter_map(|(check, secret, _, last)| {
                    Some((labels(check, secret), last?.as_secs()))
                }),
        );
    }

    fn buffers(&self, scrape: &mut Scrape) {
        let (total, free) = (self.budget.total(), self.budget.free());
        let bytes = |value: usize| gauge(u64::try_from(value).unwrap_or(u64::MAX));
        scrape.0.register_with_unit(
            "buffered",
            "Memory that requests take while they wait for their bodies",
            Unit::Bytes,
            bytes(total.saturating_sub(free)),
        );
        scrape.0.register_with_unit(
            "buffer_budget",
            "Memory that such requests may take together",
            Unit::Bytes,
            bytes(total),
        );
    }

    fn connections(&self, scrape: &mut Scrape) {
        let each = |read: ReadCount| {
            self.connections
                .iter()
                .map(move |(listener, counts)| ([label("listener", *listener)], read(counts)))
        };
        scrape.gauges(
            "connections_open",
            "Connections that are open",
            None,
            each(ConnectionCounts::open),
        );
        scrape.counters(
            "connections",
            "Connections that were accepted",
            each(ConnectionCounts::accepted_total),
        );
        scrape.gauges(
            "handshakes_in_progress",
            "TLS handshakes under way",
            None,
            each(ConnectionCounts::handshaking),
        );
        scrape.counters(
            "handshakes",
            "TLS handshakes that were completed",
            each(ConnectionCounts::handshakes_total),
        );
        scrape.counters(
            "handshakes_failed",
            "Connections that ended before HTTP",
            each(ConnectionCounts::handshakes_failed_total),
        );
        let causes: [(_, ReadCount); 5] = [
            ("source_limit", ConnectionCounts::too_many_of_source_total),
            ("gave_way", ConnectionCounts::gave_way_total),
            ("head_timeout", ConnectionCounts::heads_timed_out_total),
            ("head_too_large", ConnectionCounts::heads_too_large_total),
            ("answer_stalled", ConnectionCounts::answers_stalled_total),
        ];
        scrape.counters(
            "connections_cut",
            "Connections that the gate closed, by cause",
            causes.iter().flat_map(|(cause, read)| {
                self.connections.iter().map(|(listener, counts)| {
                    let labels = [label("listener", *listener), label("cause", *cause)];
                    (labels, read(counts))
                })
            }),
        );
    }

    fn reloads(&self, scrape: &mut Scrape) {
        let reloads = self.reloads;
        scrape.counters(
            "reloads",
            "Configurations that were read while the gate ran, by what came of them",
            [
                ([label("outcome", "in_force")], reloads.succeeded),
                ([label("outcome", "refused")], reloads.failed),
            ],
        );
        scrape.0.register(
            "last_reload_refused",
            "Whether the last configuration was refused, so that an older one is in force",
            gauge(u64::from(reloads.last_failed)),
        );
        scrape.0.register_with_unit(
            "config_in_force_since_timestamp",
            "When the configuration in force was read",
            Unit::Seconds,
            gauge(reloads.in_force_since.as_secs()),
        );
    }
}
