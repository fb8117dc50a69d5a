//! What goes wrong.

/// A kind of fault. The first ones are the endpoint's, the last ones befall the process that drives the machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The endpoint cannot be reached.
    Outage,
    /// The endpoint takes the request and never answers.
    Silence,
    /// Status 500.
    ServerError,
    /// Status 429 with `Retry-After`.
    RateLimit,
    /// An error page with status 200.
    ErrorPage,
    /// The body ends too early and nobody notices.
    Truncation,
    /// More bytes than allowed.
    Oversize,
    /// Well-formed, but entries of another type.
    WrongType,
    /// An empty list.
    Emptiness,
    /// Most entries are gone.
    Shrinkage,
    /// All entries are others.
    Replacement,
    /// All entries are others, each time.
    Unsteadiness,
    /// Answers take up to two minutes.
    Slowness,
    /// 304, whether or not the request was conditional.
    FalseNotModified,
    /// Every answer comes twice; the second one later, and from an endpoint that is wrong.
    Repetition,
    /// The wall clock is set forward or back.
    ClockStep,
    /// The driver does not do anything for a while.
    Stall,
    /// The process is down for a while, and starts from its snapshot or, at times, without.
    Restart,
    /// Unknown certificates knock all the time.
    Flood,
}

impl Fault {
    /// All kinds.
    pub const ALL: [Self; 19] = [
        Self::Outage,
        Self::Silence,
        Self::ServerError,
        Self::RateLimit,
        Self::ErrorPage,
        Self::Truncation,
        Self::Oversize,
        Self::WrongType,
        Self::Emptiness,
        Self::Shrinkage,
        Self::Replacement,
        Self::Unsteadiness,
        Self::Slowness,
        Self::FalseNotModified,
        Self::Repetition,
        Self::ClockStep,
        Self::Stall,
        Self::Restart,
        Self::Flood,
    ];

    /// Those that an endpoint can have.
    pub(crate) const OF_ENDPOINT: &'static [Self] = Self::ALL.split_at(15).0;

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::Silence => "no answer",
            Self::ServerError => "status 500",
            Self::RateLimit => "status 429",
            Self::ErrorPage => "error page with status 200",
            Self::Truncation => "truncated body",
            Self::Oversize => "oversized body",
            Self::WrongType => "wrong types",
            Self::Emptiness => "empty list",
            Self::Shrinkage => "shrunk list",
            Self::Replacement => "replaced list",
            Self::Unsteadiness => "another list each time",
            Self::Slowness => "slow answer",
            Self::FalseNotModified => "false 304",
            Self::Repetition => "repeated answer",
            Self::ClockStep => "clock step",
            Self::Stall => "stalled driver",
            Self::Restart => "restart",
            Self::Flood => "flood of unknown certificates",
        }
    }
}
