//! Those that are compared: the gate, nginx, nginx with njs, and webhook.

use core::net::{Ipv4Addr, SocketAddr};
use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use hookward_benches::bodies::{bodies, with_payload};
use hookward_thumbprint::{Algorithm, Thumbprint};

use crate::identity::Sender;
use crate::load::Target;
use crate::process::{Places, Running};
use crate::relay;

/// How large a body is.
pub(crate) const BODY: usize = 4 << 10;

/// How many certificates are listed, the sender's last.
const LISTED: u8 = 8;

/// What nginx does with requests, by its maps.
const PROXY: &str =
    "location / { if ($allowed = 0) { return 403; } proxy_pass http://application; }";

/// Everything that the contenders are set up with.
pub(crate) struct Setting<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) places: Places,
    pub(crate) upstream: SocketAddr,
    pub(crate) sender: &'a Sender,
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) running: Running,
    address: SocketAddr,
}

/// Where a path leads to: a server, and the checks that it does there.
pub(crate) struct Contender<'a> {
    pub(crate) name: &'static str,
    pub(crate) server: &'a Server,
    pub(crate) target: Target,
}

impl Server {
    /// The requests of `sender` to `path`, the last segment of which is left to it.
    pub(crate) fn contender(
        &self,
        name: &'static str,
        path: &str,
        sender: &Sender,
    ) -> Contender<'_> {
        let requests = bodies(BODY).into_iter().enumerate().map(|(number, body)| {
            let body = with_payload(&body, &sender.payload_secret);
            // as Copyleaks' sender writes it, with the header that was asked for
            let head = format!(
                "POST {path}scan-{number} HTTP/1.1\r\nHost: hooks.example\r\nUser-Agent: sender\r\nAccept: */*\r\n\
                 Content-Type: application/json; charset=utf-8\r\nX-Webhook-Secret: {}\r\nContent-Length: {}\r\n\r\n",
                sender.header_secret,
                body.len(),
            );
            (head + &body).into_bytes()
        });
        Contender {
            name,
            server: self,
            target: Target {
                address: self.address,
                requests: Arc::from_iter(requests),
            },
        }
    }
}

impl Setting<'_> {
    /// The gate.
    pub(crate) fn hookward(&self, program: &Path) -> io::Result<Server> {
        let address = free_address()?;
        let listed = self.listed(Algorithm::Sha256);
        let thumbprints = format!("[\"{}\"]", listed.join("\",\""));
        fs::write(self.folder.join("thumbprints.json"), thumbprints)?;
        let config = self.write(
            "hookward.toml",
            include_str!("../recipes/hookward.toml"),
            address,
            &[],
        )?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--config"])
            .arg(config)
            .env("HOOKWARD_HEADER", &self.sender.header_secret)
            .env("HOOKWARD_PAYLOAD", &self.sender.payload_secret);
        self.start(&command, address)
    }

    /// A proxy of hyper and rustls that checks nothing.
    pub(crate) fn relay(&self) -> io::Result<Server> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(relay::NAME).arg(self.folder);
        command.args([address.to_string(), self.upstream.to_string()]);
        self.start(&command, address)
    }

    /// nginx: a map of fingerprints, a map of headers, and a proxy.
    pub(crate) fn nginx(&self) -> io::Result<Server> {
        self.start_nginx("nginx", "", "", PROXY)
    }

    /// The same, which keeps as much of its log as the gate does before it writes it.
    pub(crate) fn buffered_nginx(&self) -> io::Result<Server> {
        self.start_nginx("buffered", "", " buffer=16k flush=1s", PROXY)
    }

    /// nginx with the same maps, and a script for the body.
    pub(crate) fn njs(&self) -> io::Result<Server> {
        let script = include_str!("../recipes/check.js");
        let script = script.replace("{payload_secret}", &self.sender.payload_secret);
        fs::write(self.folder.join("check.js"), script)?;
        let locations = "js_import check from check.js;\n\
             location / { js_content check.judge; }\n\
             location @application { proxy_pass http://application; }";
        let load = "load_module /usr/lib/nginx/modules/ngx_http_js_module.so;";
        self.start_nginx("njs", load, "", locations)
    }

    /// webhook: the header and the payload, and a command to run. It knows neither client certificates nor proxying.
    pub(crate) fn webhook(&self) -> io::Result<Server> {
        let address = free_address()?;
        // an id is all of the path, so there is one for each
        let hook = include_str!("../recipes/hooks.json");
        let hook = hook.trim().trim_start_matches('[').trim_end_matches(']');
        let hooks: Vec<_> = (0..bodies(BODY).len())
            .map(|number| hook.replace("{id}", &format!("scan-{number}")))
            .collect();
        let hooks = self.write(
            "hooks.json",
            &format!("[{}]", hooks.join(",")),
            address,
            &[],
        )?;
        let mut command = Command::new("webhook");
        command
            .arg("-hooks")
            .arg(hooks)
            .args(["-ip", &address.ip().to_string()])
            .args(["-port", &address.port().to_string(), "-secure"])
            .arg("-cert")
            .arg(self.folder.join("server.crt"))
            .arg("-key")
            .arg(self.folder.join("server.key"));
        self.start(&command, address)
    }

    fn start_nginx(
        &self,
        name: &str,
        load: &str,
        buffer: &str,
        locations: &str,
    ) -> io::Result<Server> {
        let address = free_address()?;
        let listed = self.listed(Algorithm::Sha1);
        let listed: String = listed
            .iter()
            .map(|listed| format!("{listed} 1; "))
            .collect();
        let config = self.write(
            &format!("{name}.conf"),
            include_str!("../recipes/nginx.conf"),
            address,
            &[
                ("{name}", name),
                ("{load}", load),
                ("{buffer}", buffer),
                ("{listed}", &listed),
                ("{locations}", locations),
            ],
        )?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(self.folder).arg("-c").arg(config);
        command.args(["-e", "stderr"]);
        self.start(&command, address)
    }

    fn start(&self, command: &Command, address: SocketAddr) -> io::Result<Server> {
        Ok(Server {
            running: Running::start(command, self.places, address)?,
            address,
        })
    }

    /// Writes a recipe with its places filled in, and says where it is.
    fn write(
        &self,
        name: &str,
        recipe: &str,
        address: SocketAddr,
        more: &[(&str, &str)],
    ) -> io::Result<std::path::PathBuf> {
        let mut text = recipe.to_owned();
        for (place, what) in more {
            text = text.replace(place, what);
        }
        let text = text
            .replace("{folder}", &self.folder.display().to_string())
            .replace("{address}", &address.to_string())
            .replace("{upstream}", &self.upstream.to_string())
            .replace("{header_secret}", &self.sender.header_secret)
            .replace("{payload_secret}", &self.sender.payload_secret);
        let path = self.folder.join(name);
        fs::write(&path, text)?;
        Ok(path)
    }

    /// The thumbprints of all listed certificates, in hexadecimal.
    fn listed(&self, algorithm: Algorithm) -> Vec<String> {
        let others = (1..LISTED).map(|number| vec![number]);
        others
            .chain([self.sender.certificate.to_vec()])
            .map(|der| {
                let text = Thumbprint::of(algorithm, &der).to_string();
                let hex = text.rsplit(':').next().unwrap_or_default();
                hex.to_owned()
            })
            .collect()
    }
}

/// An address that nobody uses now.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
