//! The lists that requests are judged by: thumbprints and addresses.

use core::ops::Range;
use std::path::Path;

use hookward::{Allowlist, Snapshot, ThumbprintSet, UnixTime, ValidityDates};
use hookward_ip::{AllowlistBuilder, AllowlistError};

use crate::address_file::{self, AddressFile};
use crate::config::limits;
use crate::config::problem::Findings;
use crate::config::schema::{self, Sha1};
use crate::config::spanned::Spanned;
use crate::thumbprint_file::ThumbprintFile;

/// A list that is confirmed less often than this was forgotten.
pub(crate) const LONGEST_AGE: u64 = 366 * 24 * 60 * 60;

/// What `[client_certificate]` says about whatever list there is. It may be left out where the list
/// is fetched.
pub(crate) fn certificate_rules(
    section: Option<&Spanned<schema::ClientCertificate>>,
) -> (ValidityDates, Sha1) {
    let no_section = schema::ClientCertificate::default();
    let section = section.map_or(&no_section, Spanned::get_ref);
    let validity_dates = match section.validity_dates.unwrap_or_default() {
        schema::ValidityDates::Enforce => ValidityDates::Enforce,
        schema::ValidityDates::Ignore => ValidityDates::Ignore,
    };
    (validity_dates, section.sha1.unwrap_or_default())
}

/// Reads `[client_certificate]`, with the list as it is now.
pub(crate) fn read_thumbprints(
    section: &Spanned<schema::ClientCertificate>,
    base: &Path,
    now: UnixTime,
    findings: &mut Findings<'_, '_>,
) -> Option<Snapshot<ThumbprintSet>> {
    let fields = section.get_ref();
    let Some(thumbprints) = &fields.thumbprints else {
        let expected = "where the list is, such as { file = \"thumbprints.json\" }, or a section \
                        [copyleaks], which has it fetched";
        findings.missing(Some(&section.span()), "thumbprints", expected);
        return None;
    };
    let expires_after = thumbprints.get_ref().expires_after.as_ref().map(|age| {
        let (shortest, longest) = (limits::seconds(1), limits::seconds(LONGEST_AGE));
        limits::within(Some(age), shortest..=longest, longest, findings).0
    });
    let Some(path) = &thumbprints.get_ref().file else {
        let expected = "the path of a JSON file with the thumbprints";
        findings.missing(Some(&thumbprints.span()), "file", expected);
        return None;
    };
    let (validity_dates, sha1) = certificate_rules(Some(section));
    let file = ThumbprintFile {
        path: base.join(path.get_ref()),
        expires_after,
        validity_dates,
        refuse_sha1: sha1 == Sha1::Refuse,
    };
    file.read(now)
        .map_err(|error| findings.error(&path.span(), error))
        .ok()
}

/// What `[source_address]` itself admits and excepts, whatever is fetched.
#[derive(Debug)]
pub(crate) struct ConfiguredAddresses {
    pub(crate) list: AllowlistBuilder,
    pub(crate) sources: AddressSources,
}

/// Where the first entries of the list of addresses come from. Those that follow are fetched.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddressSources {
    /// How many stand in the configuration itself.
    pub(crate) allow: usize,
    /// The file, and how many entries it has.
    pub(crate) file: Option<(AddressFile, usize)>,
}

/// Reads what `[source_address]` names itself. Every entry of the configuration that cannot be read
/// is reported, and the first of the file.
pub(crate) fn read_addresses(
    section: &schema::SourceAddress,
    base: &Path,
    findings: &mut Findings<'_, '_>,
) -> Option<ConfiguredAddresses> {
    let list = read_entries(section.allow.as_ref(), &section.except, findings);
    let mut sources = AddressSources {
        allow: section
            .allow
            .as_ref()
            .map_or(0, |allow| allow.get_ref().len()),
        file: None,
    };
    let Some(path) = &section.file else {
        return Some(ConfiguredAddresses {
            list: list?,
            sources,
        });
    };
    let file = AddressFile::new(base.join(path.get_ref()));
    let read = file
        .read()
        .map_err(|error| findings.error(&path.span(), error))
        .ok()?;
    sources.file = Some((file, read.len()));
    Some(ConfiguredAddresses {
        list: address_file::add(list?, &read),
        sources,
    })
}

/// The list of a `[source_address]` that names every address itself.
pub(crate) fn fixed_addresses(
    section: &Spanned<schema::SourceAddress>,
    configured: &ConfiguredAddresses,
    findings: &mut Findings<'_, '_>,
) -> Option<Snapshot<Allowlist>> {
    let fields = section.get_ref();
    let allow = fields.allow.as_ref().map(Spanned::span);
    let Some(place) = allow.or_else(|| fields.file.as_ref().map(Spanned::span)) else {
        let expected = "a list of networks such as [\"192.0.2.0/24\"], or file, or a section \
                        [source_address.list], which has it fetched";
        findings.missing(Some(&section.span()), "allow", expected);
        return None;
    };
    let built = configured.list.clone().build();
    built
        .map_err(|error| findings.error(&place, error))
        .ok()
        .map(Snapshot::fixed)
}

/// Reads a list of networks. Every entry that cannot be read is reported.
pub(crate) fn read_networks(
    allow: &Spanned<Vec<Spanned<String>>>,
    except: &[Spanned<String>],
    findings: &mut Findings<'_, '_>,
) -> Option<Allowlist> {
    read_entries(Some(allow), except, findings)?
        .build()
        .map_err(|error| findings.error(&allow.span(), error))
        .ok()
}

/// Reads the entries and exceptions of a list of networks, if there are any.
fn read_entries(
    allow: Option<&Spanned<Vec<Spanned<String>>>>,
    except: &[Spanned<String>],
    findings: &mut Findings<'_, '_>,
) -> Option<AllowlistBuilder> {
    let mut complete = true;
    let mut add = |list: AllowlistBuilder,
                   entry: &Spanned<String>,
                   text: fn(AllowlistBuilder, &str) -> AllowlistBuilder| {
        match check_entry(entry) {
            Ok(()) => text(list, entry.get_ref()),
            Err((span, message)) => {
                complete = false;
                findings.error(&span, message);
                list
            }
        }
    };
    let mut list = Allowlist::builder();
    for entry in allow.into_iter().flat_map(Spanned::get_ref) {
        list = add(list, entry, AllowlistBuilder::text);
    }
    for entry in except {
        list = add(list, entry, AllowlistBuilder::except_text);
    }
    complete.then_some(list)
}

/// Reads one entry on its own, so that those after it are looked at as well.
fn check_entry(entry: &Spanned<String>) -> Result<(), (Range<usize>, String)> {
    let refused = Allowlist::builder().text(entry.get_ref()).build();
    refused.map(drop).map_err(|error: AllowlistError| {
        let message = error.to_string();
        // Which entry it is stands in the key.
        let message = message.strip_prefix("entry 0: ").unwrap_or(&message);
        (entry.span(), message.to_owned())
    })
}
