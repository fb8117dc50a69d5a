//! nginx with ModSecurity and the core rule set.

use core::net::{Ipv4Addr, SocketAddr};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::application::Application;
use crate::cases::{self, secret, webhook};
use crate::matrix::Matrix;
use crate::request::Request;
use crate::running::{Running, free_port};
use crate::setting::{Setting, version};
use crate::{Outcome, nginx, probe};

const MODULE: &str = "/usr/lib/nginx/modules/ngx_http_modsecurity_module.so";
const BASE: &str = "/etc/nginx/modsecurity.conf";
const CRS: &str = "/usr/share/modsecurity-crs/rules";

/// nginx with ModSecurity in front of an application.
pub(crate) struct Protected {
    pub(crate) address: SocketAddr,
    pub(crate) application: Application,
    _nginx: Running,
}

impl Protected {
    /// Starts it with the core rule set, and rules of ours before that.
    pub(crate) fn start(setting: &Setting, name: &str, rules: Option<&Path>) -> Outcome<Self> {
        for (file, package) in [
            (MODULE, "libnginx-mod-http-modsecurity"),
            (BASE, "libnginx-mod-http-modsecurity"),
            (CRS, "modsecurity-crs"),
        ] {
            if !Path::new(file).exists() {
                return Err(format!("{file} is not there: install the package {package}").into());
            }
        }
        let folder = setting.path(name);
        fs::create_dir(&folder)?;
        // As the package has it, but for what it asks to be changed: that it blocks.
        let base = fs::read_to_string(BASE)?
            .replace("SecRuleEngine DetectionOnly", "SecRuleEngine On")
            .replace("/var/log/nginx/modsec_audit.log", "/dev/null")
            .replace("unicode.mapping", "/etc/nginx/unicode.mapping");
        fs::write(folder.join("modsecurity.conf"), base)?;
        let ours = rules.map(|rules| format!("Include {}\n", rules.display()));
        let main = format!(
            "Include {folder}/modsecurity.conf\n\
             Include /etc/modsecurity/crs/crs-setup.conf\n\
             {ours}\
             Include {CRS}/*.conf\n",
            folder = folder.display(),
            ours = ours.unwrap_or_default(),
        );
        fs::write(folder.join("main.conf"), main)?;
        let application = Application::start()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let http = format!(
            "client_max_body_size 64m;\n\
             modsecurity on;\n\
             modsecurity_rules_file {folder}/main.conf;\n\
             server {{ listen {address}; location / {{ proxy_pass http://{application}; }} }}\n",
            folder = folder.display(),
            application = application.address,
        );
        let nginx = nginx::start(
            &folder,
            &format!("load_module {MODULE};"),
            &http,
            &[address],
        )?;
        Ok(Self {
            address,
            application,
            _nginx: nginx,
        })
    }

    /// Sends a request, and says whether it reached the application, and what was answered.
    fn reaches(&self, request: &Request) -> Outcome<(bool, u16)> {
        let status = request.send(self.address)?;
        let arrived = self.application.take().len();
        Ok((arrived > 0, status))
    }
}

pub(crate) fn play(setting: &Setting, matrix: &mut Matrix) -> Outcome {
    let said = version("nginx", "-v", "nginx")?;
    matrix.section("ModSecurity with the core rule set", &packages(&said));
    let rules = setting.rules("modsecurity", &[])?;
    let without = Protected::start(setting, "unprotected", None)?;
    let with = Protected::start(setting, "protected", Some(&rules))?;

    let right = secret(&setting.secrets[0]);
    let plain = |body: &str| Request {
        body: body.into(),
        ..webhook(vec![])
    };
    // Controls: what passes without any rule of ours, and what does not.
    let cases = [
        (
            "without the rule: a harmless body",
            plain(r#"{"status":0}"#),
            true,
        ),
        ("without the rule: a completed body", webhook(vec![]), false),
        (
            "without the rule: a completed body with the header",
            webhook(vec![right.clone()]),
            false,
        ),
    ];
    for (name, request, passes) in cases {
        judge(matrix, &without, name, &request, passes)?;
    }
    for case in cases::all(setting) {
        judge(matrix, &with, &case.name, &case.request, case.genuine)?;
    }
    let long = format!(r#"{{"status":0,"text":"{}"}}"#, "word ".repeat(400_000));
    let many = format!(r#"{{"results":[{}0]}}"#, r#"{"a":1},"#.repeat(5000));
    let nameless = |headers: Vec<String>| {
        let mut request = webhook(headers);
        request
            .headers
            .retain(|line| !line.starts_with("user-agent"));
        request
    };
    let body = |body: &str, headers| Request {
        body: body.into(),
        ..webhook(headers)
    };
    for (name, request, passes) in [
        (
            "2 MB with the header",
            body(&long, vec![right.clone()]),
            true,
        ),
        ("2 MB without it", body(&long, vec![]), false),
        (
            "5000 results with the header",
            body(&many, vec![right.clone()]),
            true,
        ),
        ("5000 results without it", body(&many, vec![]), false),
        (
            "no User-Agent, with the header",
            nameless(vec![right]),
            true,
        ),
    ] {
        judge(matrix, &with, name, &request, passes)?;
    }
    let missing = probe::missing();
    let missing: Vec<_> = missing.iter().map(String::as_str).collect();
    let name = "the probe names ModSecurity and the missing header";
    probe::against(setting, matrix, name, without.address, 1, &missing)?;
    let name = "the probe sees that the rule lets webhooks through";
    probe::against(
        setting,
        matrix,
        name,
        with.address,
        0,
        &["the firewall lets webhooks with"],
    )?;
    Ok(())
}

fn judge(
    matrix: &mut Matrix,
    server: &Protected,
    name: &str,
    request: &Request,
    passes: bool,
) -> Outcome {
    let (reached, status) = server.reaches(request)?;
    let good = if passes {
        reached && status == 200
    } else {
        !reached && (400..500).contains(&status)
    };
    let failure = (!good).then(|| format!("{status}, reached the application: {reached}"));
    matrix.line(name, failure);
    Ok(())
}

/// The versions, as far as the package manager knows them.
fn packages(nginx: &str) -> String {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat=${Package} ${Version}, "])
        .args(["libmodsecurity3", "modsecurity-crs"])
        .output();
    let known = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    format!("{}{nginx}", known.unwrap_or_default())
}
