//! `hookward probe` against nginx with ModSecurity, without and with the rule.

use core::net::SocketAddr;

use crate::Outcome;
use crate::matrix::Matrix;
use crate::setting::{HEADER, Setting};

/// Probes a server, and compares the exit code and what is said.
pub(crate) fn against(
    setting: &Setting,
    matrix: &mut Matrix,
    name: &str,
    server: SocketAddr,
    code: i32,
    said: &[&str],
) -> Outcome {
    let output = setting
        .gate()
        .args(["probe", "--allow-plain-http", "--config"])
        .arg(setting.path("hookward.toml"))
        .arg("--url")
        .arg(format!("http://{server}/copyleaks/{{status}}/{{scan_id}}"))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let good = output.status.code() == Some(code)
        && said.iter().all(|part| text.contains(part))
        && !setting.secrets.iter().any(|secret| text.contains(secret));
    matrix.line(name, (!good).then(|| format!("{}\n{text}", output.status)));
    Ok(())
}

/// What has to be said where there is no rule.
pub(crate) fn missing() -> [String; 2] {
    [
        "ModSecurity".to_owned(),
        format!("does not look for the header {HEADER}"),
    ]
}
