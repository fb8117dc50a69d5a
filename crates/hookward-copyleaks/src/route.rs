use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use thiserror::Error;

use crate::event::Event;
use crate::path::{PathError, RequestPath, decode};
use crate::scan_id::ScanId;

/// The shape of the paths on which webhooks arrive.
///
/// `{status}` (or `{STATUS}`) stands where Copyleaks puts one of the four statuses, `{scan_id}`
/// where the submitter put the id of the scan. Each is a whole segment and occurs at most once.
/// A route without `{status}` is for one event, which has to be named
/// (<https://docs.copyleaks.com/reference/data-types/authenticity/webhooks/overview>).
///
/// ```
/// use hookward_copyleaks::{Event, RequestPath, Route};
///
/// let route = Route::parse("/copyleaks/{status}/{scan_id}", None)?;
/// let path = RequestPath::parse("/copyleaks/creditsChecked/scan-1")?;
/// let webhook = route.matches(&path).expect("the path has the shape of the route");
/// assert_eq!(webhook.event, Event::CreditsChecked);
/// assert_eq!(webhook.scan_id.expect("the route has a scan id").as_str(), "scan-1");
///
/// let path = RequestPath::parse("/copyleaks/finished/scan-1")?;
/// assert!(route.matches(&path).is_none());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    template: String,
    parts: Vec<Part>,
    event: Option<Event>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Literal(String),
    Status,
    ScanId,
}

/// What one segment of a route's paths is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RouteSegment<'a> {
    /// This text, once decoded.
    Literal(&'a str),
    /// One of the four statuses, in any case.
    Status,
    /// The id of a scan.
    ScanId,
}

/// What the path of a webhook says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RouteMatch {
    /// What is reported.
    pub event: Event,
    /// The scan, where the route names it.
    pub scan_id: Option<ScanId>,
}

/// Why a text is no route. Offsets are in bytes from its start.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum RouteError {
    /// Without its tokens it is no path that could be judged.
    #[error("no path of this shape can be judged: {0}")]
    Path(#[from] PathError),
    /// Braces that are not around one of the two tokens, or a token that is not a whole segment.
    #[error("the segment at byte {offset} has braces, but is neither {{status}} nor {{scan_id}}")]
    Token {
        /// Where the segment starts.
        offset: usize,
    },
    /// A token occurs twice.
    #[error("the token at byte {offset} occurs for the second time")]
    RepeatedToken {
        /// Where the token starts.
        offset: usize,
    },
    /// A segment is longer than any that is compared.
    #[error("the segment at byte {offset} is longer than {limit} bytes", limit = SEGMENT_LIMIT)]
    LongSegment {
        /// Where the segment starts.
        offset: usize,
    },
    /// There is neither `{status}` nor an event, so it is not clear what arrives here.
    #[error("a route without {{status}} needs an event")]
    EventMissing,
    /// There is both `{status}` and an event.
    #[error("a route with {{status}} takes its event from the path, so that none can be given")]
    EventTwice,
}

/// The longest segment that is compared, in bytes once decoded. File systems and routers stop at
/// about the same.
const SEGMENT_LIMIT: usize = 255;

impl Route {
    /// Reads a template.
    ///
    /// `event` is what arrives on a route without `{status}`.
    ///
    /// # Errors
    /// [`RouteError`] says what is wrong, and where.
    pub fn parse(template: &str, event: Option<Event>) -> Result<Self, RouteError> {
        let mut parts = Vec::new();
        let mut offset = 1;
        for segment in RequestPath::parse(template)?.segments() {
            let part = match segment {
                "{status}" | "{STATUS}" => Part::Status,
                "{scan_id}" => Part::ScanId,
                _ if segment.contains(['{', '}']) => return Err(RouteError::Token { offset }),
                _ => {
                    let mut buffer = [0; SEGMENT_LIMIT];
                    let literal =
                        decode(segment, &mut buffer).ok_or(RouteError::LongSegment { offset })?;
                    Part::Literal(literal.to_owned())
                }
            };
            if !matches!(part, Part::Literal(_)) && parts.contains(&part) {
                return Err(RouteError::RepeatedToken { offset });
            }
            parts.push(part);
            offset += segment.len() + 1;
        }
        match (parts.contains(&Part::Status), event) {
            (false, None) => Err(RouteError::EventMissing),
            (true, Some(_)) => Err(RouteError::EventTwice),
            _ => Ok(Self {
                template: template.to_owned(),
                parts,
                event,
            }),
        }
    }

    /// What a path says, if it has the shape of this route. Allocates nothing.
    ///
    /// A status that is none of the four, or a scan id that cannot be one, is no match.
    #[must_use]
    pub fn matches(&self, path: &RequestPath<'_>) -> Option<RouteMatch> {
        let mut event = self.event;
        let mut scan_id = None;
        let mut segments = path.segments();
        let mut buffer = [0; SEGMENT_LIMIT];
        for part in &self.parts {
            let segment = path.decode(segments.next()?, &mut buffer)?;
            match part {
                Part::Literal(literal) if literal == segment => {}
                Part::Literal(_) => return None,
                Part::Status => event = Some(Event::from_status(segment)?),
                Part::ScanId => scan_id = Some(ScanId::parse(segment).ok()?),
            }
        }
        if segments.next().is_some() {
            return None;
        }
        Some(RouteMatch {
            event: event?,
            scan_id,
        })
    }

    /// Whether some path has the shape of both routes.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len()
            && self
                .parts
                .iter()
                .zip(&other.parts)
                .all(|(one, another)| match (one, another) {
                    (Part::Literal(one), Part::Literal(another)) => one == another,
                    (Part::Literal(text), Part::Status) | (Part::Status, Part::Literal(text)) => {
                        Event::from_status(text).is_some()
                    }
                    (Part::Literal(text), Part::ScanId) | (Part::ScanId, Part::Literal(text)) => {
                        ScanId::parse(text).is_ok()
                    }
                    // A status in lower case is a scan id as well.
                    (Part::Status | Part::ScanId, Part::Status | Part::ScanId) => true,
                })
    }

    /// The text that the route was read from.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The segments of its paths, in order. None for the root.
    pub fn segments(&self) -> impl Iterator<Item = RouteSegment<'_>> {
        self.parts.iter().map(|part| match part {
            Part::Literal(text) => RouteSegment::Literal(text),
            Part::Status => RouteSegment::Status,
            Part::ScanId => RouteSegment::ScanId,
        })
    }

    /// What can arrive on the route: its event, or the four statuses.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        let statuses: &[Event] = match self.event {
            Some(_) => &[],
            None => &Event::STATUSES,
        };
        self.event.into_iter().chain(statuses.iter().copied())
    }

    /// Whether the path names the scan.
    #[must_use]
    pub fn has_scan_id(&self) -> bool {
        self.parts.contains(&Part::ScanId)
    }
}
