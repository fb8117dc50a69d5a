//! The load of `oha`.

use core::fmt;
use core::net::SocketAddr;
use std::io;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::site::{HOST, PATH, Site};

/// Longer than any soak: the load is ended by a signal.
const LONGEST: &str = "3600s";

pub(crate) struct Load {
    name: &'static str,
    child: Child,
}

/// What became of a load.
pub(crate) struct Outcome {
    name: &'static str,
    /// How many answers there were of each status.
    statuses: Vec<(String, u64)>,
    /// How many requests had no answer, by what went wrong.
    errors: Vec<(String, u64)>,
    rate: f64,
    p50: f64,
    p99: f64,
}

/// The version of `oha`.
pub(crate) fn version() -> io::Result<String> {
    let output = Command::new("oha")
        .arg("--version")
        .output()
        .map_err(|error| {
            let text =
                format!("cannot start oha, which `cargo install --locked oha` makes: {error}");
            io::Error::new(error.kind(), text)
        })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl Load {
    /// Connections that stay open, over both versions of HTTP, and a new one for each request.
    pub(crate) fn all(site: &Site, gate: SocketAddr) -> io::Result<Vec<Self>> {
        [
            ("HTTP/1.1", &["-c", "16", "-q", "300"][..]),
            ("HTTP/2", &["--http2", "-c", "2", "-p", "8", "-q", "300"]),
            (
                "HTTP/1.1, a connection each",
                &["--disable-keepalive", "-c", "4", "-q", "40"],
            ),
        ]
        .into_iter()
        .map(|(name, args)| Self::start(name, args, site, gate))
        .collect()
    }

    fn start(name: &'static str, args: &[&str], site: &Site, gate: SocketAddr) -> io::Result<Self> {
        let child = Command::new("oha")
            .args(["--no-tui", "--output-format", "json", "-w", "-z", LONGEST])
            .args(["-m", "POST", "-H", "content-type: application/json", "-D"])
            .arg(site.path("body.json"))
            .arg("--cacert")
            .arg(site.path("authority.pem"))
            .arg("--cert")
            .arg(site.path("sender.pem"))
            .arg("--key")
            .arg(site.path("sender.key"))
            .args([
                "--connect-to",
                &format!("{HOST}:443:127.0.0.1:{}", gate.port()),
            ])
            .args(args)
            .arg(format!("https://{HOST}{PATH}"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Self { name, child })
    }

    /// Ends the load, and counts.
    pub(crate) fn finish(self) -> io::Result<Outcome> {
        kill_process(Pid::from_child(&self.child), Signal::INT)?;
        let output = self.child.wait_with_output()?;
        let json: Value = serde_json::from_slice(&output.stdout)?;
        let counts = |key: &str| -> Vec<(String, u64)> {
            let counts = json[key].as_object().into_iter().flatten();
            counts
                .map(|(name, count)| (name.clone(), count.as_u64().unwrap_or_default()))
                .collect()
        };
        let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
        Ok(Outcome {
            name: self.name,
            statuses: counts("statusCodeDistribution"),
            errors: counts("errorDistribution"),
            rate: number(&json["summary"]["requestsPerSec"]),
            p50: number(&json["latencyPercentiles"]["p50"]),
            p99: number(&json["latencyPercentiles"]["p99"]),
        })
    }
}

impl Outcome {
    /// Whether every request was answered with 200, and there were some.
    pub(crate) fn is_clean(&self) -> bool {
        matches!(self.statuses.as_slice(), [(status, count)] if status == "200" && *count > 0)
            && self.errors.is_empty()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |counts: &[(String, u64)]| -> String {
            let parts: Vec<_> = counts
                .iter()
                .map(|(name, count)| format!("{name}: {count}"))
                .collect();
            if parts.is_empty() {
                "none".to_owned()
            } else {
                parts.join(", ")
            }
        };
        write!(
            f,
            "oha, {}: answers {}; without an answer {}; {:.0} a second, p50 {:.1} ms, p99 {:.1} ms",
            self.name,
            list(&self.statuses),
            list(&self.errors),
            self.rate,
            self.p50 * 1e3,
            self.p99 * 1e3,
        )
    }
}
