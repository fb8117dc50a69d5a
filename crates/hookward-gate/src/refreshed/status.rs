//! How a list is doing, for people and programs.

use core::fmt::{self, Display};
use core::time::Duration;

use hookward::{Snapshot, UnixTime};
use hookward_reqwest::hookward_refresh::{Document, State};
use hookward_reqwest::{DriverState, Status};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::moment::rfc3339;

/// How far a list can be relied on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ListState {
    /// It is part of the configuration, and does not age.
    Fixed,
    /// It was confirmed lately.
    Fresh,
    /// It has not been confirmed for long, and is still trusted.
    Stale,
    /// It has not been confirmed for too long, and is not trusted.
    Expired,
    /// There is none yet.
    Absent,
}

/// How a list is doing. Moments are written in RFC 3339.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ListStatus {
    pub(crate) name: String,
    /// Where it is fetched from, without the query; `null` for a list of the configuration.
    pub(crate) source: Option<String>,
    pub(crate) state: ListState,
    /// Everything that is listed.
    pub(crate) entries: Vec<String>,
    /// When the list was last confirmed, and how many seconds ago that is.
    pub(crate) checked_at: Option<String>,
    pub(crate) age_seconds: Option<u64>,
    pub(crate) expires_at: Option<String>,
    /// `null` while a fetch is under way, and where nobody fetches.
    pub(crate) next_fetch_at: Option<String>,
    /// How many fetches have failed in a row.
    pub(crate) failures: u32,
    pub(crate) last_error: Option<Mishap>,
    /// What changed last, since the gate was started.
    pub(crate) last_change: Option<Change>,
    /// Whether the list is kept current at this moment.
    pub(crate) refreshing: bool,
}

/// What went wrong, and when.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Mishap {
    pub(crate) at: String,
    pub(crate) message: String,
}

/// What changed, and when.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Change {
    pub(crate) at: String,
    pub(crate) added: Vec<String>,
    pub(crate) removed: Vec<String>,
}

/// The lists of a gate: what the admin address answers at `/lists`.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Listed {
    pub(crate) lists: Vec<ListStatus>,
}

impl ListStatus {
    /// A list that was never fetched.
    pub(crate) fn absent(name: &str, source: String) -> Self {
        Self {
            name: name.to_owned(),
            source: Some(source),
            state: ListState::Absent,
            entries: Vec::new(),
            checked_at: None,
            age_seconds: None,
            expires_at: None,
            next_fetch_at: None,
            failures: 0,
            last_error: None,
            last_change: None,
            refreshing: false,
        }
    }

    /// A list as it was kept, without anybody who keeps it current.
    pub(crate) fn kept<T>(
        name: &str,
        source: String,
        entries: impl Iterator<Item = impl Display>,
        snapshot: &Snapshot<T>,
        stale_at: UnixTime,
        now: UnixTime,
    ) -> Self {
        let state = match snapshot.trusted(now) {
            None => ListState::Expired,
            Some(_) if now >= stale_at => ListState::Stale,
            Some(_) => ListState::Fresh,
        };
        Self {
            state,
            ..Self::absent(name, source)
        }
        .with(entries, snapshot.checked_at(), snapshot.expires_at(), now)
    }

    /// A list of the configuration.
    pub(crate) fn configured<T>(
        name: &str,
        entries: impl Iterator<Item = impl Display>,
        snapshot: &Snapshot<T>,
        now: UnixTime,
    ) -> Self {
        let state = match (snapshot.expires_at(), snapshot.trusted(now)) {
            (None, _) => ListState::Fixed,
            (_, Some(_)) => ListState::Fresh,
            (_, None) => ListState::Expired,
        };
        Self {
            source: None,
            state,
            ..Self::absent(name, String::new())
        }
        .with(entries, snapshot.checked_at(), snapshot.expires_at(), now)
    }

    /// A list that is kept current.
    pub(crate) fn driven<D: Document<Entry: Display>>(
        name: &str,
        source: String,
        status: &Status<D>,
        now: UnixTime,
    ) -> Self {
        let state = match status.state {
            State::Fresh => ListState::Fresh,
            State::Stale => ListState::Stale,
            State::Expired => ListState::Expired,
            State::Absent => ListState::Absent,
        };
        let driven = Self {
            state,
            next_fetch_at: status.next_fetch_at.map(rfc3339),
            failures: status.failures,
            last_error: status.last_error.as_ref().map(|error| Mishap {
                at: rfc3339(error.at),
                message: error.message.clone(),
            }),
            last_change: status.last_change.as_ref().map(|change| Change {
                at: rfc3339(change.at),
                added: texts(change.added.iter()),
                removed: texts(change.removed.iter()),
            }),
            refreshing: status.driver == DriverState::Present,
            ..Self::absent(name, source)
        };
        match &status.current {
            None => driven,
            Some(current) => driven.with(
                current.document.entries(),
                Some(current.checked_at),
                Some(current.expires_at),
                now,
            ),
        }
    }

    fn with(
        self,
        entries: impl Iterator<Item = impl Display>,
        checked_at: Option<UnixTime>,
        expires_at: Option<UnixTime>,
        now: UnixTime,
    ) -> Self {
        Self {
            entries: texts(entries),
            checked_at: checked_at.map(rfc3339),
            age_seconds: checked_at.map(|at| now.as_secs().saturating_sub(at.as_secs())),
            expires_at: expires_at.map(rfc3339),
            ..self
        }
    }
}

fn texts(entries: impl Iterator<Item = impl Display>) -> Vec<String> {
    entries.map(|entry| entry.to_string()).collect()
}

impl Display for ListState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed => "fixed",
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Expired => "expired",
            Self::Absent => "absent",
        })
    }
}

impl Display for ListStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {}, {} entries",
            self.name,
            self.state,
            self.entries.len()
        )?;
        match &self.source {
            Some(source) => writeln!(f, "  source: {source}")?,
            None => writeln!(f, "  source: the configuration")?,
        }
        if let (Some(at), Some(age)) = (&self.checked_at, self.age_seconds) {
            writeln!(f, "  last confirmed: {at}, {} ago", Age(age))?;
        }
        if let Some(at) = &self.expires_at {
            writeln!(f, "  not trusted from: {at}")?;
        }
        match &self.next_fetch_at {
            Some(at) => writeln!(f, "  next fetch: {at}")?,
            None if self.refreshing => writeln!(f, "  next fetch: under way")?,
            None if self.source.is_some() => writeln!(f, "  next fetch: none, nobody fetches")?,
            None => {}
        }
        if self.failures > 0 {
            writeln!(f, "  failures in a row: {}", self.failures)?;
        }
        if let Some(error) = &self.last_error {
            writeln!(f, "  last error: {}: {}", error.at, error.message)?;
        }
        if let Some(change) = &self.last_change {
            let (added, removed) = (change.added.len(), change.removed.len());
            writeln!(
                f,
                "  last change: {}, {added} added, {removed} removed",
                change.at
            )?;
            for entry in &change.added {
                writeln!(f, "    + {entry}")?;
            }
            for entry in &change.removed {
                writeln!(f, "    - {entry}")?;
            }
        }
        write!(f, "  entries:")?;
        for entry in &self.entries {
            write!(f, "\n    {entry}")?;
        }
        Ok(())
    }
}

/// Seconds, as people say them.
struct Age(u64);

impl Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SignedDuration::try_from(Duration::from_secs(self.0)) {
            Ok(age) => write!(f, "{age:#}"),
            Err(_) => write!(f, "{} s", self.0),
        }
    }
}
