//! The services that cannot be run here, as far as their published schemas go.

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::matrix::Matrix;
use crate::setting::Setting;

/// Names of IP sets as AWS gives them.
const SETS: [&str; 2] = [
    "arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/hookward-ipv4/a1b2c3d4",
    "arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/hookward-ipv6/a1b2c3d5",
];

/// Has Python read what the gate wrote, with the services' own packages.
pub(crate) fn play(setting: &Setting, matrix: &mut Matrix) -> Outcome {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let environment = setting.path("python");
    run(Command::new("python3")
        .args(["-m", "venv"])
        .arg(&environment))
    .map_err(|error| format!("{error}; install the package python3-venv"))?;
    let python = environment.join("bin/python");
    run(Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .arg("--requirement")
        .arg(scripts.join("requirements.txt")))?;

    // The addresses of this run are more than fit an expression.
    let few = few_addresses(setting)?;
    let secrets: Vec<_> = (0..setting.secrets.len())
        .map(|index| setting.path(&format!("secret-{index}")))
        .collect();
    let aws = [setting.rules(
        "aws-waf",
        &["--ip-set-arn", SETS[0], "--ip-set-arn", SETS[1]],
    )?];
    let cloudflare = [few.0, few.1];
    for (name, script, files) in [
        ("AWS WAF", "aws_waf.py", &aws[..]),
        ("Cloudflare", "cloudflare_rules.py", &cloudflare[..]),
    ] {
        let mut command = Command::new(&python);
        command
            .arg(scripts.join(script))
            .args(files)
            .arg("--")
            .args(&secrets);
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let mut lines = said.lines();
        matrix.section(name, lines.next().unwrap_or("no answer"));
        for line in lines {
            match line.split_once(": ") {
                Some((what, "ok")) => matrix.line(what, None),
                Some((what, wrong)) => matrix.line(what, Some(wrong.to_owned())),
                None => matrix.line(line, Some("not understood".to_owned())),
            }
        }
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            matrix.line(script, Some(said.trim().to_owned()));
        }
    }
    Ok(())
}

/// The rules for Cloudflare, as JSON and as Terraform, from a configuration with few addresses.
fn few_addresses(setting: &Setting) -> Outcome<(std::path::PathBuf, std::path::PathBuf)> {
    let file = setting.path("hookward.toml");
    let whole = std::fs::read_to_string(&file)?;
    let except = format!("except = {:?}", setting.addresses.except);
    let few = whole
        .replace(
            "file = \"addresses.txt\"",
            "allow = [\"192.0.2.0/24\", \"2001:db8::/32\"]",
        )
        .replace(&except, "except = [\"192.0.2.7\"]");
    std::fs::write(&file, few)?;
    let made = setting
        .rules("cloudflare", &[])
        .and_then(|json| Ok((json, setting.rules("cloudflare-terraform", &[])?)));
    std::fs::write(&file, whole)?;
    made
}

fn run(command: &mut Command) -> Outcome {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("cannot run {name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name}: {said}").into())
}
