//! Sealed payloads, made here and opened by other libraries, and the other way round.

use core::time::Duration;
use std::process::Command;
use std::time::SystemTime;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use crate::Outcome;
use crate::program::{folder, node, python, run as run_to_end, tell, workspace};

/// A program that seals and opens: JSON in, JSON out.
struct Speaker {
    name: &'static str,
    command: Box<dyn Fn() -> Command>,
}

impl Speaker {
    fn ask(&self, request: &Value) -> Outcome<Value> {
        let answer = tell(&mut (self.command)(), request)?;
        Ok(serde_json::from_slice(&answer)?)
    }
}

/// Purpose, audience, scan id and application data: bytes count, not characters.
const CASES: [(&str, &str, &str, Option<&str>); 5] = [
    ("developer-payload", "production", "scan-1", None),
    ("header", "production", "scan-1", Some("account 7")),
    (
        "developer-payload",
        "é🦀",
        "a!@$&=_()';:.,~-",
        Some("\"é🦀\"\\"),
    ),
    ("header", "a \"b\"\\/\u{1}\u{7f}\u{2028}", "scan-1", None),
    (
        "header",
        "",
        "000000000000000000000000000000000000",
        Some(""),
    ),
];

pub(crate) fn run() -> Outcome {
    let scratch = tempfile::tempdir()?;
    let scripts = folder("seal");
    let interpreter = python(&scripts, scratch.path())?;
    let script = node(&scripts, "seal.mjs", scratch.path())?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run_to_end(
        Command::new(cargo)
            .current_dir(workspace())
            .args(["build", "--quiet", "--locked"])
            .args(["--package", "hookward-seal", "--example", "seal"]),
    )?;
    // Beside this program, in the folder of the examples.
    let example = std::env::current_exe()?
        .with_file_name("examples")
        .join("seal");
    let ours = Speaker {
        name: "hookward-seal",
        command: Box::new(move || Command::new(&example)),
    };
    let others = [
        Speaker {
            name: "pyseto",
            command: Box::new(move || {
                let mut command = Command::new(&interpreter);
                command.arg(scripts.join("seal.py"));
                command
            }),
        },
        Speaker {
            name: "paseto-ts",
            command: Box::new(move || {
                let mut command = Command::new("node");
                command.arg(&script);
                command
            }),
        },
    ];
    for other in &others {
        for (purpose, audience, scan_id, data) in CASES {
            let now = SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)?
                .as_secs();
            let key = key()?;
            let key_id = ours.ask(&json!({ "do": "key-id", "key": key }))?["key_id"].take();
            let mut request = json!({
                "key": key, "key_id": key_id,
                "purpose": purpose, "audience": audience, "scan_id": scan_id,
                "iat": now, "exp": now + Duration::from_secs(3600).as_secs(), "now": now,
            });
            if let Some(data) = data {
                request["data"] = data.into();
            }
            for (maker, opener) in [(&ours, other), (other, &ours)] {
                carry(maker, opener, &request)
                    .map_err(|error| format!("{} to {}: {error}", maker.name, opener.name))?;
            }
        }
        println!("{}: {} tokens there, as many back", other.name, CASES.len());
    }
    Ok(())
}

/// Seals with one and opens with the other, and compares what comes out.
fn carry(maker: &Speaker, opener: &Speaker, request: &Value) -> Outcome {
    let with = |what: &str, token: &Value| {
        let mut request = request.clone();
        request["do"] = what.into();
        request["token"] = token.clone();
        request
    };
    let token = maker.ask(&with("seal", &Value::Null))?["token"].take();
    let opened = opener.ask(&with("open", &token))?;
    for claim in ["iat", "exp", "data"] {
        if opened[claim] != request[claim] {
            return Err(format!("another {claim}: {opened}").into());
        }
    }
    Ok(())
}

/// A fresh key in PASERK form.
fn key() -> Outcome<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(format!(
        "k4.local.{}",
        Base64UrlUnpadded::encode_string(&bytes)
    ))
}
