//! nginx without modules.

use core::net::{Ipv4Addr, SocketAddr};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::cases::{self, Case};
use crate::matrix::Matrix;
use crate::request::ask_as;
use crate::running::{Running, free_port};
use crate::setting::{HEADER, Setting, version};

/// Starts nginx with all that it writes in `folder`.
pub(crate) fn start(
    folder: &Path,
    modules: &str,
    http: &str,
    listens: &[SocketAddr],
) -> Outcome<Running> {
    let here = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("{name}_temp_path {here}/{name};\n"))
        .collect();
    let file = folder.join("nginx.conf");
    fs::write(
        &file,
        format!(
            "{modules}\ndaemon off;\npid {here}/nginx.pid;\nworker_processes 1;\nuser root;\n\
             events {{}}\n\
             http {{\naccess_log off;\n{temporary}{http}}}\n"
        ),
    )?;
    let log = folder.join("error.log");
    let mut command = Command::new("nginx");
    command
        .args([
            "-e".as_ref(),
            log.as_os_str(),
            "-c".as_ref(),
            file.as_os_str(),
        ])
        .stderr(Stdio::null());
    Running::start(&mut command, listens).map_err(|error| {
        let log = fs::read_to_string(&log).unwrap_or_default();
        format!("{error}\n{log}").into()
    })
}

pub(crate) fn play(setting: &Setting, matrix: &mut Matrix) -> Outcome {
    let said = version("nginx", "-v", "nginx")?;
    matrix.section("nginx", &said);
    // The secrets that nginx can express: two lines of a header could make up the others.
    refuses_a_comma(setting, matrix)?;
    let rules = setting.rules("nginx", &[])?;
    let joins = joins_lines(&said);
    headers_agree(setting, matrix, "headers", &rules, |case| {
        Some(case.genuine && joins)
    })?;
    if !joins {
        println!("  (before 1.23.0 nginx sees one line of a header alone, so that none is taken)");
        // A single line is seen alike by all versions.
        let text = fs::read_to_string(&rules)?;
        let later = setting.path("later.rules");
        fs::write(&later, text.replace(r#"\." 0;"#, r#"\." 1;"#))?;
        println!("  (as if it were later, a single line)");
        headers_agree(setting, matrix, "later", &later, |case| {
            let lines = case.request.headers.iter();
            let count = lines.filter(|line| is_ours(line)).count();
            (count < 2).then_some(case.genuine)
        })?;
    }
    let folder = setting.path("nginx");
    fs::create_dir(&folder)?;
    let addresses = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let http = format!(
        "include {rules};\n\
         server {{\n\
         listen {addresses} proxy_protocol;\n\
         set_real_ip_from 127.0.0.1;\n\
         real_ip_header proxy_protocol;\n\
         if ($hookward_source_address = 1) {{ return 200; }}\n\
         return 403;\n\
         }}\n",
        rules = rules.display(),
    );
    let _nginx = start(&folder, "", &http, &[addresses])?;
    addresses_agree(setting, matrix, |address| ask_as(address, addresses))
}

/// Sends the cases for which `expects` says whether they are let through.
fn headers_agree(
    setting: &Setting,
    matrix: &mut Matrix,
    name: &str,
    rules: &Path,
    expects: impl Fn(&Case) -> Option<bool>,
) -> Outcome {
    let folder = setting.path(name);
    fs::create_dir(&folder)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let http = format!(
        "include {rules};\n\
         server {{\n\
         listen {address};\n\
         set $both \"$hookward_header_secret$hookward_route\";\n\
         if ($both = 11) {{ return 200; }}\n\
         return 403;\n\
         }}\n",
        rules = rules.display(),
    );
    let _nginx = start(&folder, "", &http, &[address])?;
    for case in cases::all(setting) {
        let Some(passes) = expects(&case) else {
            continue;
        };
        let status = case.request.send(address)?;
        let good = status == if passes { 200 } else { 403 };
        matrix.line(&case.name, (!good).then(|| format!("{status}")));
    }
    Ok(())
}

fn is_ours(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default();
    name.eq_ignore_ascii_case(HEADER)
}

/// Whether this version joins repeated headers.
fn joins_lines(said: &str) -> bool {
    let version = said.rsplit('/').next().unwrap_or_default();
    let mut numbers = version
        .split('.')
        .map_while(|part| part.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(1), Some(23))
}

/// A secret that two lines of the header could make up.
fn refuses_a_comma(setting: &Setting, matrix: &mut Matrix) -> Outcome {
    let config = setting.path("comma.toml");
    let text = fs::read_to_string(setting.path("hookward.toml"))?;
    fs::write(
        setting.path("comma"),
        format!("{0}, {0}", setting.secrets[0]),
    )?;
    fs::write(&config, text.replace("secret-1\"", "comma\""))?;
    let output = setting
        .gate()
        .args(["firewall", "nginx", "--print", "--config"])
        .arg(&config)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let good = !output.status.success()
        && output.stdout.is_empty()
        && said.contains("nginx cannot express the secret 1");
    matrix.line(
        "a secret that two lines could make up is refused",
        (!good).then(|| said.trim().to_owned()),
    );
    Ok(())
}

/// Asks about every address, and compares with the list.
pub(crate) fn addresses_agree(
    setting: &Setting,
    matrix: &mut Matrix,
    ask: impl Fn(core::net::IpAddr) -> Outcome<u16>,
) -> Outcome {
    let (mut admitted, mut wrong) = (0, Vec::new());
    for &address in &setting.addresses.asked {
        let expected = setting.addresses.list.contains(address);
        admitted += usize::from(expected);
        let status = ask(address)?;
        if status != if expected { 200 } else { 403 } {
            wrong.push(format!("{address}: {status}"));
        }
    }
    let asked = setting.addresses.asked.len();
    let failure = wrong.first().map(|first| {
        format!(
            "{} of them, the first: {first} (seed {})",
            wrong.len(),
            setting.seed
        )
    });
    matrix.line(
        &format!("{asked} addresses, of which the list admits {admitted}"),
        failure,
    );
    Ok(())
}
