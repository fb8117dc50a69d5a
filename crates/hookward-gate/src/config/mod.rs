//! The configuration file: read whole, with everything that it names, or refused with every error.

mod document;
mod entrance;
mod entrances;
mod files;
mod firewall;
mod guard;
mod limits;
mod lint;
mod lists;
mod material;
mod problem;
mod refreshed;
mod remote;
mod rotation;
mod routes;
mod rule;
mod schema;
mod secrets;
mod serving;
mod spanned;
mod value;

use std::path::{Path, PathBuf};

use hookward::{Guard, HeaderName, Lists, UnixTime};
use hookward_hyper::SecretHeader;
use rustls::crypto::CryptoProvider;
use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::config::spanned::Spanned;
use crate::file;
use crate::issuer::Issuer;
use crate::refreshed::Refresh;
use document::Document;
use problem::{Findings, Problem};

pub(crate) use entrance::{Admitted, Entrance, Socket};
pub(crate) use entrances::{Entrances, ForwardAuth};
pub(crate) use firewall::FirewallHeader;
pub(crate) use limits::Limits;
pub(crate) use lists::AddressSources;
pub(crate) use problem::{Report, Severity};
pub(crate) use rotation::Rotation;
pub(crate) use schema::{LogFormat, json_schema};
pub(crate) use serving::{Identity, Serving};

/// No configuration is larger.
const FILE_LIMIT: u64 = 1 << 20;

/// What a configuration is read for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// To serve with: everything is read.
    Serve,
    /// To say what is wrong or weak: everything is read as for serving.
    Check,
    /// To judge requests with: where they would go to, and the server's certificate, are not read.
    Judge,
    /// To submit with: as for judging, and the secrets are kept to be issued.
    Submit,
}

/// How the log is written, and what of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) filter: Targets,
}

/// The submitting side of the checks that have secrets.
#[derive(Debug, Default)]
pub(crate) struct Issuers {
    pub(crate) header: Option<Issuer>,
    pub(crate) payload: Option<Issuer>,
    /// What the firewall in front looks for, which is no check of the gate's.
    pub(crate) firewall: Option<(HeaderName, Issuer)>,
}

/// A configuration that is in order.
#[derive(Debug)]
pub(crate) struct Config {
    /// `None` where it was read to judge only.
    pub(crate) serving: Option<Serving>,
    pub(crate) entrances: Entrances,
    pub(crate) log: Log,
    pub(crate) limits: Limits,
    pub(crate) guard: Guard,
    /// `None` where it was not read to submit: what serves keeps no more of a secret than it needs.
    pub(crate) issuers: Option<Issuers>,
    /// The lists as they were when the configuration was read.
    pub(crate) lists: Lists,
    pub(crate) secret_header: SecretHeader,
    /// What the firewall in front can know webhooks by, if anything.
    pub(crate) firewall_header: Option<FirewallHeader>,
    /// Where the entries of the list of addresses come from.
    pub(crate) address_sources: AddressSources,
    /// Where the gate keeps what it keeps.
    pub(crate) state: PathBuf,
    /// The lists that are fetched. None of them is among `lists`.
    pub(crate) refreshed: Vec<Box<dyn Refresh>>,
    /// The secrets and keys, without themselves.
    pub(crate) rotation: Rotation,
    /// Whether the files are watched for changes.
    pub(crate) watch: bool,
}

impl Config {
    /// Reads the file at `path` and everything that it names, as of `now`.
    ///
    /// The report has the warnings, and where there is no configuration, every error.
    pub(crate) fn read(
        path: &Path,
        purpose: Purpose,
        provider: &CryptoProvider,
        now: UnixTime,
    ) -> (Option<Self>, Report) {
        let bytes = match file::read(path, FILE_LIMIT) {
            Ok(contents) => contents.bytes,
            Err(error) => return (None, Report::unreadable(path, "", error)),
        };
        let text = match bytes.utf8_chunks().next() {
            Some(chunk) if !chunk.invalid().is_empty() => {
                let error = "expected UTF-8, found another encoding";
                return (None, Report::unreadable(path, chunk.valid(), error));
            }
            Some(chunk) => chunk.valid(),
            None => "",
        };
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(mistakes) => return (None, Report::malformed(path, text, &mistakes)),
        };
        let mut reader = Reader {
            base: path.parent().unwrap_or(Path::new("")),
            provider,
            now,
            rotation: Rotation::default(),
            findings: Findings::new(&document),
        };
        let (file, mistakes) = document.read::<schema::File>();
        let files = files::named(&file, reader.base);
        reader.findings.take_over(mistakes);
        let config = reader.config(&file, purpose);
        let problems: Vec<Problem> = reader.findings.into_problems();
        let report = Report::new(path, problems).on_files(files);
        (config.filter(|_| !report.has_errors()), report)
    }
}

/// Turns the form of the file into a configuration.
struct Reader<'r, 'd, 't> {
    /// What relative paths start from.
    base: &'r Path,
    provider: &'r CryptoProvider,
    now: UnixTime,
    rotation: Rotation,
    findings: Findings<'d, 't>,
}

impl Reader<'_, '_, '_> {
    /// Goes on after an error, so that all of them are found.
    fn config(&mut self, file: &schema::File, purpose: Purpose) -> Option<Config> {
        self.allow(file.lint.as_ref());
        let no_limits = schema::Limits::default();
        let limits = file.limits.as_ref().map_or(&no_limits, Spanned::get_ref);
        let limits = limits::read(limits, &mut self.findings);
        let log = self.log(file.log.as_ref());
        let entrances = self.entrances(file);
        let serving = match purpose {
            Purpose::Serve | Purpose::Check => Some(self.serving(file)),
            Purpose::Judge | Purpose::Submit => None,
        };
        let mut lists = Lists::default();
        let addresses = (file.source_address.as_ref()).and_then(|section| {
            lists::read_addresses(section.get_ref(), self.base, &mut self.findings)
        });
        let refreshed = self.refreshed(file, purpose, addresses.as_ref());
        lists.thumbprints = (file.client_certificate.as_ref()).and_then(|section| {
            if section.get_ref().thumbprints.is_none() && file.copyleaks.is_some() {
                return None;
            }
            lists::read_thumbprints(section, self.base, self.now, &mut self.findings)
        });
        lists.addresses = file
            .source_address
            .as_ref()
            .filter(|section| section.get_ref().list.is_none())
            .zip(addresses.as_ref())
            .and_then(|(section, addresses)| {
                lists::fixed_addresses(section, addresses, &mut self.findings)
            });
        let secret_header = match &file.header_secret {
            Some(section) if section.get_ref().forwards() => SecretHeader::Keep,
            _ => SecretHeader::Remove,
        };
        let (guard, issuers) = self.guard(file, &limits, entrances.as_ref()).unzip();
        if let (Some(entrances), Some(guard)) = (&entrances, &guard) {
            self.check_evidence(file, entrances, guard);
            if purpose == Purpose::Check && !self.findings.has_errors() {
                let lists = self.known_lists(file, &lists, &refreshed);
                self.lint(file, &limits, entrances, guard, issuers.as_ref(), &lists);
            }
        }
        let firewall_header = FirewallHeader::of(file, issuers.as_ref());
        if guard.is_some() {
            for (entry, rule, warning) in self.rotation.warnings(self.now) {
                self.findings.warning(rule, &entry.place, warning);
            }
        }
        Some(Config {
            serving: match serving {
                Some(serving) => Some(serving?),
                None => None,
            },
            entrances: entrances?,
            log: log?,
            limits,
            guard: guard?,
            issuers: issuers.filter(|_| purpose == Purpose::Submit),
            lists,
            secret_header,
            firewall_header,
            address_sources: addresses
                .map(|addresses| addresses.sources)
                .unwrap_or_default(),
            state: self.state(file.state.as_ref()),
            refreshed,
            rotation: core::mem::take(&mut self.rotation),
            watch: (file.reload.as_ref()).is_none_or(|section| section.get_ref().watch),
        })
    }

    fn log(&mut self, section: Option<&Spanned<schema::Log>>) -> Option<Log> {
        let no_section = schema::Log::default();
        let fields = section.map_or(&no_section, Spanned::get_ref);
        let filter = match &fields.filter {
            None => Targets::new().with_default(tracing::Level::INFO),
            Some(filter) => match log_filter(filter.get_ref()) {
                Some(filter) => filter,
                None => {
                    self.findings.error(
                        &filter.span(),
                        "expected a level (error, warn, info, debug, trace) or a list such as \
                         \"info,hookward_hyper=debug\"",
                    );
                    return None;
                }
            },
        };
        Some(Log {
            format: fields.format.unwrap_or_default(),
            filter,
        })
    }
}

/// Reads levels and `target=level`, with commas between them.
///
/// A name that stands alone has to be a level, and what has one has to be a name. Otherwise
/// something misspelt would be taken for a target that there is not, and everything else would not be
/// logged.
fn log_filter(text: &str) -> Option<Targets> {
    let level = |text: &str| match text.trim() {
        "" => None,
        text => text.parse::<LevelFilter>().ok(),
    };
    let is_name = |text: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_:-".contains(c);
        !text.is_empty() && text.chars().all(is_plain)
    };
    text.split(',').try_fold(Targets::new(), |targets, part| {
        Some(match part.split_once('=') {
            None => targets.with_default(level(part)?),
            Some((target, at)) => {
                let target = Some(target.trim()).filter(|target| is_name(target))?;
                targets.with_target(target, level(at)?)
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_filter_is_levels_and_targets_with_levels() {
        for (text, meant) in [
            ("info", "info"),
            (" WARN ", "warn"),
            ("off", "off"),
            ("info,hookward_hyper=debug", "info,hookward_hyper=debug"),
            (
                "hookward::trace = debug , info",
                "hookward::trace=debug,info",
            ),
        ] {
            assert_eq!(log_filter(text), meant.parse().ok(), "{text:?}");
        }
        for broken in [
            "",
            "info,",
            "hookward",
            "info hookward=debug",
            "in fo",
            "hookward=",
            "=debug",
            "hookward=loud",
            "a=b=c",
            "hookward[span]=debug",
        ] {
            assert_eq!(log_filter(broken), None, "{broken:?}");
        }
    }
}
