//! Runs the examples of `other-languages` on random keys and compares what they derive.
//!
//! A language that is not installed is named and skipped, unless it was asked for:
//! `cargo run -p hookward-secret --example other_languages -- python node php csharp`
//! fails without any of them.

use core::error::Error;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use base64ct::{Base64, Base64Url, Encoding as _};
use hookward_secret::{Binding, DerivationKey, Purpose};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A language, the program that has to be there, and what makes a command of a scratch folder.
struct Language {
    name: &'static str,
    program: &'static str,
    prepare: fn(&Path) -> Outcome<Command>,
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "python",
        program: "python3",
        prepare: |_| Ok(script("python3", "derive.py")),
    },
    Language {
        name: "node",
        program: "node",
        prepare: |_| Ok(script("node", "derive.mjs")),
    },
    Language {
        name: "php",
        program: "php",
        prepare: |_| Ok(script("php", "derive.php")),
    },
    Language {
        name: "csharp",
        program: "mcs",
        prepare: csharp,
    },
];

/// Audiences and scan ids that an encoding may get wrong: bytes are counted, not characters.
const BINDINGS: [(&str, &str); 5] = [
    ("production", "scan-1"),
    ("", "abc"),
    ("é🦀", "a!@$&=_()';:.,~-"),
    ("productionscan", "-1"),
    ("production", "000000000000000000000000000000000000"),
];

fn main() -> Outcome<()> {
    let required: Vec<String> = env::args().skip(1).collect();
    if let Some(unknown) = required
        .iter()
        .find(|asked| LANGUAGES.iter().all(|known| known.name != **asked))
    {
        return Err(format!("there is no example for {unknown}").into());
    }
    let scratch = env::temp_dir().join(format!("hookward-derive-{}", process::id()));
    fs::create_dir(&scratch)?;
    let checked = LANGUAGES.iter().try_for_each(|language| {
        let required = required.iter().any(|name| name == language.name);
        check(language, required, &scratch)
            .map_err(|error| format!("{}: {error}", language.name).into())
    });
    fs::remove_dir_all(&scratch)?;
    checked
}

fn check(language: &Language, required: bool, scratch: &Path) -> Outcome<()> {
    let found = Command::new(language.program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match found {
        Ok(status) if status.success() => {}
        _ if required => return Err(format!("{} is not installed", language.program).into()),
        _ => {
            println!("{}: skipped, not installed", language.name);
            return Ok(());
        }
    }
    let mut compared = 0;
    for (audience, scan_id) in BINDINGS {
        for purpose in Purpose::ALL {
            let binding = Binding {
                purpose,
                audience,
                scan_id,
            };
            let mut bytes = [0; 64];
            getrandom::fill(&mut bytes)?;
            for len in [DerivationKey::MIN_LEN, DerivationKey::MAX_LEN] {
                let key = &bytes[..len];
                let mut command = (language.prepare)(scratch)?;
                command.stderr(Stdio::inherit());
                let theirs = run(&mut command, &Base64::encode_string(key), &binding)?;
                if theirs != DerivationKey::new(key)?.derive(&binding).expose() {
                    return Err(format!("another secret for {binding:?}").into());
                }
                compared += 1;
            }
        }
    }
    if let Some(secret) = misread(language, scratch)? {
        return Err(format!("a key in base64url is misread, and makes {secret}").into());
    }
    println!("{}: {compared} secrets are the same", language.name);
    Ok(())
}

/// What is derived from a key in the other alphabet of base64, unless it is refused or read right.
fn misread(language: &Language, scratch: &Path) -> Outcome<Option<String>> {
    // Where what is of the other alphabet is left out, four characters less are still base64.
    let mut key = [0; 33];
    key[..3].copy_from_slice(b"\xfb\xff\xbf");
    let binding = Binding {
        purpose: Purpose::Header,
        audience: "production",
        scan_id: "scan-1",
    };
    let right = DerivationKey::new(key)?.derive(&binding);
    let mut command = (language.prepare)(scratch)?;
    command.stderr(Stdio::null());
    let theirs = run(&mut command, &Base64Url::encode_string(&key), &binding);
    Ok(theirs.ok().filter(|theirs| theirs != right.expose()))
}

fn run(command: &mut Command, key: &str, binding: &Binding<'_>) -> Outcome<String> {
    let output = command
        .env("HOOKWARD_KEY", key)
        .args([binding.purpose.as_str(), binding.audience, binding.scan_id])
        .output()?;
    if !output.status.success() {
        return Err(format!("ended with {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/other-languages")
        .join(name)
}

fn script(interpreter: &str, name: &str) -> Command {
    let mut command = Command::new(interpreter);
    command.arg(source(name));
    command
}

/// Compiles once; the program stays in the scratch folder.
fn csharp(scratch: &Path) -> Outcome<Command> {
    let program = scratch.join("derive.exe");
    if !program.exists() {
        let status = Command::new("mcs")
            .arg(format!("-out:{}", program.display()))
            .arg(source("Derive.cs"))
            .status()?;
        if !status.success() {
            return Err(format!("the compiler ended with {status}").into());
        }
    }
    let mut command = Command::new("mono");
    command.arg(program);
    Ok(command)
}
