//! A configuration of the gate, with secrets and addresses that are made for this run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fastrand::Rng;
use tempfile::TempDir;

use crate::Outcome;
use crate::addresses::Addresses;

/// The header of the check.
pub(crate) const HEADER: &str = "x-webhook-secret";

/// The port that the packet filter protects.
pub(crate) const PORT: u16 = 8443;

/// What syntaxes trip over. A secret has each of them somewhere.
const HOSTILE: [&str; 12] = [
    "\"",
    "'",
    "\\",
    " ",
    "%{REMOTE_ADDR}",
    "${x}$",
    "}",
    ";",
    "#",
    "(.*)|[^a]+?$",
    "\\E\\Q\\z\\\"",
    "-m --",
];

pub(crate) struct Setting {
    gate: PathBuf,
    folder: TempDir,
    pub(crate) addresses: Addresses,
    /// Those that are valid now.
    pub(crate) secrets: Vec<String>,
    /// One that was valid once.
    pub(crate) expired: String,
    pub(crate) seed: u64,
}

impl Setting {
    pub(crate) fn make(gate: &Path) -> Outcome<Self> {
        let seed = Rng::new().u64(..);
        println!("seed {seed}");
        let mut rng = Rng::with_seed(seed);
        let mut secrets = vec![fresh(&mut rng)];
        for hostile in HOSTILE {
            secrets.push(format!("{}{hostile}{}", fresh(&mut rng), fresh(&mut rng)));
        }
        // At the ends as well, where a header may have them.
        secrets.push(format!("\"{}'", fresh(&mut rng)));
        secrets.push(format!("-{}\\", fresh(&mut rng)));
        secrets.push(format!("${}#", fresh(&mut rng)));
        let visible: String = (b' '..=b'~').map(char::from).collect();
        secrets.push(format!("{}{visible}", fresh(&mut rng)));
        let setting = Self {
            gate: gate.to_owned(),
            folder: tempfile::tempdir()?,
            addresses: Addresses::random(seed)?,
            secrets,
            expired: fresh(&mut rng),
            seed,
        };
        let mut entries = String::new();
        for (index, secret) in setting.secrets.iter().enumerate() {
            let file = format!("secret-{index}");
            fs::write(setting.path(&file), secret)?;
            entries += &format!("{{ label = \"{index}\", file = \"{file}\" }},\n");
        }
        fs::write(setting.path("expired"), &setting.expired)?;
        fs::write(setting.path("addresses.txt"), &setting.addresses.file)?;
        fs::write(
            setting.path("hookward.toml"),
            format!(
                "upstream = \"http://127.0.0.1:3000\"\n\
                 [listen]\n\
                 address = \"127.0.0.1:{PORT}\"\n\
                 [header_secret]\n\
                 header = \"{HEADER}\"\n\
                 secrets = [{entries}\
                 {{ label = \"expired\", file = \"expired\", not_after = 2020-01-01T00:00:00Z }}]\n\
                 [source_address]\n\
                 file = \"addresses.txt\"\n\
                 except = {except:?}\n\
                 [[route]]\n\
                 path = \"/copyleaks/{{status}}/{{scan_id}}\"\n\
                 policy = \"header_secret and source_address\"\n\
                 [[route]]\n\
                 path = \"/copyleaks/export/{{scan_id}}/artefact\"\n\
                 event = \"exportUpload\"\n\
                 policy = \"header_secret and source_address\"\n",
                except = setting.addresses.except,
            ),
        )?;
        Ok(setting)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn gate(&self) -> Command {
        Command::new(&self.gate)
    }

    /// Has the gate write rules into a file.
    pub(crate) fn rules(&self, target: &str, more: &[&str]) -> Outcome<PathBuf> {
        let file = self.path(&format!("{target}.rules"));
        let output = self
            .gate()
            .args(["firewall", target, "--config"])
            .arg(self.path("hookward.toml"))
            .arg("--output")
            .arg(&file)
            .args(more)
            .output()?;
        if output.status.success() {
            return Ok(file);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("hookward firewall {target}: {said}").into())
    }
}

fn fresh(rng: &mut Rng) -> String {
    core::iter::repeat_with(|| rng.alphanumeric())
        .take(24)
        .collect()
}

/// What a program says of its version. One that is not there is an error.
pub(crate) fn version(program: &str, argument: &str, package: &str) -> Outcome<String> {
    let output = Command::new(program).arg(argument).output();
    let output = output.map_err(|error| {
        format!("cannot run {program} ({error}): install the package {package}")
    })?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let line = said.lines().find(|line| !line.is_empty());
    Ok(line.unwrap_or_default().trim().to_owned())
}
