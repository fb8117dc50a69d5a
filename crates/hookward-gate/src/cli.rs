//! What the command takes.

use core::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hookward::Reason;

use crate::secret::SecretKind;

/// Authenticates incoming Copyleaks webhooks in front of any application.
#[derive(Debug, Parser)]
#[command(name = "hookward", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve: end TLS, judge each webhook, forward what is genuine
    ///
    /// SIGHUP, and a change of a file, put a changed configuration in force; SIGTERM and SIGINT finish
    /// the requests in progress, then stop.
    Serve(ConfigArgs),
    /// Read the configuration as `serve` would, and report every error and weakness with its place
    ///
    /// Exits with 1 if there is an error.
    Check(CheckArgs),
    /// Judge a recorded request, and say why
    ///
    /// Exits with 0 if the request is accepted, with 1 if it is refused or if what was recorded does
    /// not tell, and with 2 if the configuration or the recording cannot be used.
    #[command(after_long_help = RECORDING)]
    Explain(ExplainArgs),
    /// Print what the reasons in logs and metrics mean, what they most likely come from, and what to do
    Reasons(ReasonsArgs),
    /// Read one thing, and print what the gate sees in it
    #[command(subcommand)]
    Inspect(Inspect),
    /// Write the rules that the firewall in front needs, from the configuration that `serve` uses
    ///
    /// They match the header secret (or that of `[firewall]`), once and exactly, on the routes and
    /// with the methods of their webhooks, and the source addresses. Exits with 1 if the firewall
    /// cannot say it, or if the configuration is not in order.
    Firewall(FirewallArgs),
    /// Send webhook-like requests to your own endpoint, and say what was blocked on the way
    ///
    /// At most a dozen, to this URL alone; redirects are not followed. Exits with 0 if webhooks pass
    /// (with the header, where the configuration has one), with 1 if they are blocked, and with 2 if
    /// nothing was sent.
    Probe(ProbeArgs),
    /// Show the list of thumbprints: what is on it, how old it is, and how refreshing it goes
    ///
    /// Asks the running gate; with none running, reads what was kept. Exits with 0 if the list can
    /// be trusted, with 1 if it cannot, and with 2 if the configuration cannot be used.
    Thumbprints(ThumbprintsArgs),
    /// Show the last requests that the running gate has refused, and why
    ///
    /// The newest is last. Exits with 0 also if there are none, with 1 if no gate answers, and with 2
    /// if the configuration cannot be used.
    Refusals(RefusalsArgs),
    /// Print a fresh secret or key of 256 bits
    Secret(SecretArgs),
    /// Print the fields that arm a scan, for the body of its submission
    ///
    /// `--url` is for the status, such as `https://hooks.example.com/copyleaks/{STATUS}/{scan_id}`.
    ///
    /// The fields hold the secrets that the routes of the configuration look for. Exits with 1 if the id,
    /// a URL or the configuration is not in order, or if no route takes the webhooks.
    Submission(SubmissionArgs),
    /// Print the body of a request for an export, with the fields that arm it
    ///
    /// `--url` is for the webhook that reports the end.
    Export(ExportArgs),
    /// Print the fields that arm a deletion
    Deletion(FormArgs),
    /// Print the fields that arm a check of an image that is given by its URL
    AiImage(FormArgs),
    /// Print the fields that arm a check of a video
    AiVideo(FormArgs),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, as roff for man
    Man(ManArgs),
    /// Print the JSON Schema of the configuration, for editors
    ///
    /// It knows every table and key. Whether a configuration is in order is for `check` to say.
    Schema,
    /// Send genuine and forged webhooks through a gate on loopback, and print what came of each
    ///
    /// Exits with 0 only if everything is as it should be.
    Demo,
}

const RECORDING: &str = r#"The recorded request is a JSON object:

  peer         the address that the connection shows, such as "192.0.2.7": that of the proxy,
               where the configuration has one (optional)
  certificate  the certificate that the connection shows, as PEM or as DER in base64 (optional)
  method       such as "POST"
  path         the path as it was sent, with its query if it has one
  headers      [["name", "value"], …], or an object (optional)
  body         the body as text, or body_base64, the body in base64 (optional)"#;

/// Where the configuration is.
#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    /// The configuration file [default: hookward.toml]
    #[arg(short, long, value_name = "FILE", env = "HOOKWARD_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Exit with 1 for these as well
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) deny: Option<Denied>,
}

/// What `check` does not let pass.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Denied {
    /// What is weak or has no effect
    Warnings,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// The recorded request; `-` is standard input
    #[arg(short, long, value_name = "FILE", required_unless_present = "refusal")]
    pub(crate) request: Option<PathBuf>,
    /// A line of `hookward refusals --json`; `-` is standard input
    ///
    /// What was seen of the request is judged again, by the policy and the lists as they are now.
    #[arg(long, value_name = "FILE", conflicts_with = "request")]
    pub(crate) refusal: Option<PathBuf>,
    /// Judge as of this time, in RFC 3339, instead of now
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<jiff::Timestamp>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("where").required(true))]
pub(crate) struct FirewallArgs {
    /// The firewall
    #[arg(value_enum)]
    pub(crate) target: FirewallTarget,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Write to this file, which only its owner may read; it is replaced at once
    #[arg(short, long, value_name = "FILE", group = "where")]
    pub(crate) output: Option<PathBuf>,
    /// Print to standard output, secrets included
    #[arg(long, group = "where")]
    pub(crate) print: bool,
    /// The TCP port that nftables protects [default: that of `[listen] address`]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// An IP set of AWS WAF, once it is made; may be given several times
    #[arg(long, value_name = "ARN")]
    pub(crate) ip_set_arn: Vec<String>,
}

/// A firewall that there are rules for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum FirewallTarget {
    /// ModSecurity or Coraza, with the OWASP core rule set
    Modsecurity,
    /// nginx, without modules
    Nginx,
    /// HAProxy
    Haproxy,
    /// The packet filter of Linux
    Nftables,
    /// AWS WAF, as JSON of its API
    AwsWaf,
    /// Cloudflare, as JSON of its API
    Cloudflare,
    /// Cloudflare, as a Terraform resource
    CloudflareTerraform,
}

#[derive(Args, Debug)]
pub(crate) struct ProbeArgs {
    /// Where webhooks arrive; `{status}` and `{scan_id}` in it are replaced
    #[arg(long)]
    pub(crate) url: String,
    /// Send also what has the header of this configuration that a firewall can match
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print the requests, without the secret, and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Believe the authorities in this PEM file and no others [default: those of the platform]
    #[arg(long, value_name = "FILE", conflicts_with = "accept_any_certificate")]
    pub(crate) authorities: Option<PathBuf>,
    /// Believe whoever answers, who then learns the secret
    #[arg(long)]
    pub(crate) accept_any_certificate: bool,
    /// Take an `http` URL: whoever is on the way then learns the secret
    #[arg(long)]
    pub(crate) allow_plain_http: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ReasonsArgs {
    /// The names; all of them if none is given
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<Reason>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ThumbprintsArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Where the running gate answers questions about itself, instead of what is configured
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) admin: Option<SocketAddr>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RefusalsArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Where the running gate answers questions about itself, instead of what is configured
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) admin: Option<SocketAddr>,
    /// Print JSON, one line for each
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// The command that the page is about; without one, that of all of them
    pub(crate) command: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct SecretArgs {
    /// What it is for
    #[arg(long, value_enum, default_value_t = SecretKind::Static)]
    pub(crate) kind: SecretKind,
}

/// What every form needs.
#[derive(Args, Debug)]
pub(crate) struct FormArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// The id of the scan
    // It may begin with a hyphen.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) scan_id: String,
    /// Where Copyleaks sends the webhooks; `{scan_id}` in it is replaced
    #[arg(long)]
    pub(crate) url: String,
}

#[derive(Args, Debug)]
pub(crate) struct SubmissionArgs {
    #[command(flatten)]
    pub(crate) form: FormArgs,
    /// Where Copyleaks sends each result as it is found
    #[arg(long, value_name = "URL")]
    pub(crate) new_result_url: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) form: FormArgs,
    /// How often an upload is tried again, 1 to 12 times
    #[arg(long, value_name = "COUNT")]
    pub(crate) max_retries: Option<u8>,
    /// The method of the uploads
    #[arg(long, value_enum, default_value_t = UploadVerb::Put)]
    pub(crate) verb: UploadVerb,
    /// Where a result is uploaded to, by its id; may be given several times
    #[arg(long, value_name = "ID=URL")]
    pub(crate) result: Vec<String>,
    /// Where the scanned text is uploaded to
    #[arg(long, value_name = "URL")]
    pub(crate) crawled_version: Option<String>,
    /// Where the report as PDF is uploaded to
    #[arg(long, value_name = "URL")]
    pub(crate) pdf_report: Option<String>,
    /// Where the report on text by AI is uploaded to
    #[arg(long, value_name = "URL")]
    pub(crate) ai_detection: Option<String>,
    /// Where the report on grammar is uploaded to
    #[arg(long, value_name = "URL")]
    pub(crate) writing_feedback: Option<String>,
    /// Where the overview is uploaded to
    #[arg(long, value_name = "URL")]
    pub(crate) overview: Option<String>,
}

/// The method of an upload.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum UploadVerb {
    /// What Copyleaks recommends
    Put,
    /// What else it can do
    Post,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Inspect {
    /// A client certificate, in PEM or DER: its thumbprints, names and dates
    Certificate(CertificateArgs),
    /// The body of a webhook: the developer payload that it carries
    Payload(InputArgs),
    /// An address: whether a list of networks admits it, and by which entry
    ///
    /// With `--form`, the client's address is derived from a header, which is read from standard input,
    /// one line for each time that it occurs. Exits with 0 whether the address is admitted or not.
    Address(AddressArgs),
}

#[derive(Args, Debug)]
pub(crate) struct CertificateArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Read a header that a proxy writes in this form, one line for each time that it occurs
    #[arg(long, value_name = "FORM")]
    pub(crate) form: Option<hookward_forwarded::CertificateForm>,
}

/// What is read, and how the answer is printed.
#[derive(Args, Debug)]
pub(crate) struct InputArgs {
    /// The file to read; `-` is standard input
    #[arg(default_value = "-")]
    pub(crate) file: PathBuf,
    /// Print JSON, errors included
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct AddressArgs {
    /// The networks and addresses that are admitted
    #[arg(long, value_name = "CIDR", num_args = 1.., value_delimiter = ',')]
    #[arg(required_unless_present_any = ["form", "config"], conflicts_with = "config")]
    allow: Vec<String>,
    /// A network or address that is not admitted all the same
    #[arg(
        long,
        value_name = "CIDR",
        value_delimiter = ',',
        conflicts_with = "config"
    )]
    pub(crate) except: Vec<String>,
    /// Ask the list of this configuration, and say which source and entry admits the address
    #[arg(short, long, value_name = "FILE", conflicts_with = "form")]
    pub(crate) config: Option<PathBuf>,
    /// Derive the client's address from a header that proxies write in this form
    #[arg(long, value_name = "FORM", requires = "proxies")]
    pub(crate) form: Option<hookward_forwarded::AddressForm>,
    /// The proxies whose word is taken
    #[arg(long, value_name = "CIDR", value_delimiter = ',', requires = "form")]
    pub(crate) proxies: Vec<String>,
    /// How many proxies every request passes
    #[arg(long, value_name = "COUNT", requires = "form")]
    pub(crate) hops: Option<usize>,
    /// The address; with `--form`, the one that the connection shows
    address: Option<String>,
    /// Print JSON, errors included
    #[arg(long)]
    pub(crate) json: bool,
}

impl AddressArgs {
    /// The networks and the address. `--allow` takes every value that follows it, so the address
    /// may be the last of them.
    pub(crate) fn networks_and_address(&self) -> Option<(&[String], &str)> {
        match &self.address {
            Some(address) => Some((&self.allow, address)),
            None => match self.allow.split_last()? {
                (_, []) if self.form.is_none() => None,
                (address, networks) => Some((networks, address)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_address_may_stand_before_or_after_the_networks() {
        for line in [
            "hookward inspect address --allow 10.0.0.0/8 ::/0 192.0.2.7",
            "hookward inspect address --allow 10.0.0.0/8,::/0 192.0.2.7",
            "hookward inspect address --allow 10.0.0.0/8 --allow ::/0 192.0.2.7 --json",
            "hookward inspect address 192.0.2.7 --allow 10.0.0.0/8 ::/0",
            "hookward inspect address --allow 10.0.0.0/8 ::/0 --except 10.0.0.1 192.0.2.7",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            let Command::Inspect(Inspect::Address(args)) = cli.command else {
                panic!("{line}");
            };
            let (networks, address) = args.networks_and_address().unwrap();
            assert_eq!(networks, ["10.0.0.0/8", "::/0"], "{line}");
            assert_eq!(address, "192.0.2.7", "{line}");
        }
    }
}
