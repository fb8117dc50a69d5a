//! `hookward submission` and the like: prints the fields that arm webhooks, so that the routes of the
//! configuration take what comes back.

mod armory;

use std::io::{self, Write};

use hookward::copyleaks::{AiDetection, Artefact, Deletion, Export, Submission, Upload, Verb};
use hookward::{Event, ScanId, UnixTime};
use rustls::crypto::CryptoProvider;
use serde::Serialize;

use crate::cli::{ExportArgs, FormArgs, SubmissionArgs, UploadVerb};
use crate::config::{Config, Purpose};
use crate::exit::Exit;
use crate::located;
use armory::{Armory, SubmitError};

/// Prints the fields that arm a scan.
pub(crate) fn submission(args: &SubmissionArgs, provider: &CryptoProvider) -> io::Result<Exit> {
    print(&args.form, provider, |armory| {
        let status = armory.target("--url", &args.form.url, &Event::STATUSES)?;
        let new_result = args
            .new_result_url
            .as_ref()
            .map(|url| armory.target("--new-result-url", url, &[Event::NewResult]))
            .transpose()?;
        let payload = armory.payload([Some(&status), new_result.as_ref()].into_iter().flatten())?;
        let mut form = Submission::new(armory.scan_id(), armory.webhook(status)?)?;
        if let Some(new_result) = new_result {
            form = form.with_new_result(armory.webhook(new_result)?)?;
        }
        match payload {
            Some(payload) => Ok(form.with_developer_payload(payload)?),
            None => Ok(form),
        }
    })
}

/// Prints the body of a request for an export.
pub(crate) fn export(args: &ExportArgs, provider: &CryptoProvider) -> io::Result<Exit> {
    print(&args.form, provider, |armory| {
        let completion = armory.target("--url", &args.form.url, &[Event::ExportCompleted])?;
        let payload = armory.payload([&completion])?;
        let mut form = Export::new(armory.scan_id(), armory.webhook(completion)?)?;
        if let Some(payload) = payload {
            form = form.with_developer_payload(payload)?;
        }
        if let Some(max_retries) = args.max_retries {
            form = form.with_max_retries(max_retries)?;
        }
        for (option, artefact, url) in artefacts(args)? {
            let target = armory.target(option, url, &[Event::ExportUpload])?;
            let verb = match args.verb {
                UploadVerb::Put => Verb::Put,
                UploadVerb::Post => Verb::Post,
            };
            let upload = Upload::new(verb, armory.webhook(target)?);
            form = form.with_upload(artefact, upload)?;
        }
        Ok(form)
    })
}

/// What is to be exported: the option, the artefact and the URL.
fn artefacts(args: &ExportArgs) -> Result<Vec<(&'static str, Artefact, &str)>, SubmitError> {
    let mut artefacts = Vec::new();
    for result in &args.result {
        let (id, url) = result.split_once('=').ok_or(SubmitError::ResultForm)?;
        artefacts.push(("--result", Artefact::Result(id.to_owned()), url));
    }
    for (option, artefact, url) in [
        (
            "--crawled-version",
            Artefact::CrawledVersion,
            &args.crawled_version,
        ),
        ("--pdf-report", Artefact::PdfReport, &args.pdf_report),
        ("--ai-detection", Artefact::AiDetection, &args.ai_detection),
        (
            "--writing-feedback",
            Artefact::WritingFeedback,
            &args.writing_feedback,
        ),
        ("--overview", Artefact::Overview, &args.overview),
    ] {
        artefacts.extend(url.as_deref().map(|url| (option, artefact, url)));
    }
    Ok(artefacts)
}

/// Prints the fields that arm a deletion.
pub(crate) fn deletion(args: &FormArgs, provider: &CryptoProvider) -> io::Result<Exit> {
    print(args, provider, |armory| {
        let completion = armory.target("--url", &args.url, &[Event::DeleteCompleted])?;
        Ok(Deletion::new(armory.webhook(completion)?)?)
    })
}

/// Prints the fields that arm a check of an image or a video, whichever `event` reports.
pub(crate) fn ai_detection(
    args: &FormArgs,
    event: Event,
    provider: &CryptoProvider,
) -> io::Result<Exit> {
    print(args, provider, |armory| {
        let result = armory.target("--url", &args.url, &[event])?;
        let payload = armory.payload([&result])?;
        let form = AiDetection::new(armory.scan_id(), armory.webhook(result)?)?;
        match payload {
            Some(payload) => Ok(form.with_developer_payload(payload)?),
            None => Ok(form),
        }
    })
}

/// Reads the configuration, makes a form and prints it, or says what is wrong.
fn print<F: Serialize>(
    args: &FormArgs,
    provider: &CryptoProvider,
    form: impl FnOnce(&Armory<'_>) -> Result<F, SubmitError>,
) -> io::Result<Exit> {
    let mut stderr = io::stderr().lock();
    let path = located::configuration(&args.config);
    let now = UnixTime::now();
    let (config, report) = Config::read(&path.file, Purpose::Submit, provider, now);
    if !report.is_empty() {
        writeln!(stderr, "{report}")?;
    }
    let Some((guard, issuers)) = config.and_then(|config| Some((config.guard, config.issuers?)))
    else {
        path.explain_missing(&mut stderr)?;
        return Ok(Exit::Negative);
    };
    let made = ScanId::parse(&args.scan_id)
        .map_err(SubmitError::ScanId)
        .and_then(|scan_id| {
            let armory = Armory::new(&guard, &issuers, scan_id, now);
            form(&armory)
        });
    match made {
        Ok(form) => {
            let json = serde_json::to_string_pretty(&form)?;
            writeln!(io::stdout(), "{json}")?;
            Ok(Exit::Success)
        }
        Err(error) => {
            writeln!(stderr, "hookward: {error}")?;
            Ok(Exit::Negative)
        }
    }
}
