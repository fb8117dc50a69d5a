use core::fmt;
use core::str::FromStr;

use thiserror::Error;

/// What a webhook of Copyleaks reports.
///
/// The four statuses come on one URL that holds a `{status}` token; the others have URLs of their
/// own (<https://docs.copyleaks.com/reference/data-types/authenticity/webhooks/overview>).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Event {
    /// A scan is done. Status 0.
    Completed,
    /// A scan failed. Status 1.
    Error,
    /// The price of a scan is known. Status 2.
    CreditsChecked,
    /// A document was added to an index. Status 3.
    Indexed,
    /// A scan has found a result. Many per scan.
    NewResult,
    /// An export is done.
    ExportCompleted,
    /// One artefact of an export: a result, a crawled version, a PDF report, and so on.
    ExportUpload,
    /// Scans were deleted.
    DeleteCompleted,
    /// A check of an image, given by URL, is done.
    AiImage,
    /// A check of a video is done.
    AiVideo,
}

/// Whether webhooks of an event carry a developer payload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Carries {
    /// At the top level of the JSON body.
    Yes,
    /// Never: the body is empty, or is the artefact itself.
    No,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 10] = [
        Self::Completed,
        Self::Error,
        Self::CreditsChecked,
        Self::Indexed,
        Self::NewResult,
        Self::ExportCompleted,
        Self::ExportUpload,
        Self::DeleteCompleted,
        Self::AiImage,
        Self::AiVideo,
    ];

    /// The events that take the place of `{status}` in a URL.
    pub const STATUSES: [Self; 4] = [
        Self::Completed,
        Self::Error,
        Self::CreditsChecked,
        Self::Indexed,
    ];

    /// The name in configurations and logs. For the four statuses it is the one in the URL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Error => "error",
            Self::CreditsChecked => "creditsChecked",
            Self::Indexed => "indexed",
            Self::NewResult => "newResult",
            Self::ExportCompleted => "exportCompleted",
            Self::ExportUpload => "exportUpload",
            Self::DeleteCompleted => "deleteCompleted",
            Self::AiImage => "aiImage",
            Self::AiVideo => "aiVideo",
        }
    }
}

impl Event {
    /// The status that took the place of `{status}`, in any case: the documentation says lower
    /// case, its examples show camel case.
    #[must_use]
    pub fn from_status(text: &str) -> Option<Self> {
        Self::STATUSES
            .into_iter()
            .find(|event| event.name().eq_ignore_ascii_case(text))
    }

    /// Whether its webhooks carry a developer payload.
    #[must_use]
    pub const fn developer_payload(self) -> Carries {
        match self {
            Self::ExportUpload | Self::DeleteCompleted => Carries::No,
            _ => Carries::Yes,
        }
    }

    /// What the body of its webhooks is, in half a sentence, for people who wonder why it carries a
    /// developer payload or none.
    #[must_use]
    pub const fn body(self) -> &'static str {
        match self {
            Self::ExportUpload => "their body is the artefact itself",
            Self::DeleteCompleted => "their body is empty",
            _ => "their body is a JSON object",
        }
    }

    /// The methods that its webhooks come with. For the artefacts of an export, the submitter
    /// chooses the verb: PUT is recommended, POST is seen.
    #[must_use]
    pub const fn methods(self) -> &'static [&'static str] {
        match self {
            Self::ExportUpload => &["PUT", "POST"],
            _ => &["POST"],
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no event.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error(
    "expected completed, error, creditsChecked, indexed, newResult, exportCompleted, exportUpload, \
     deleteCompleted, aiImage or aiVideo"
)]
pub struct UnknownEvent;

impl FromStr for Event {
    type Err = UnknownEvent;

    fn from_str(name: &str) -> Result<Self, UnknownEvent> {
        Self::ALL
            .into_iter()
            .find(|event| event.name() == name)
            .ok_or(UnknownEvent)
    }
}
