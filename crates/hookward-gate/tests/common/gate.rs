//! `hookward serve`, running.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{Ran, Site, needs, program};

/// Longer than anything here takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Gate {
    child: Child,
    lines: Mutex<Receiver<Value>>,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// What the gate says once it listens.
    pub(crate) listening: Value,
}

impl Gate {
    /// Starts the gate with `hookward.toml`, which has to ask for JSON logs, and waits until it
    /// listens.
    pub(crate) fn start(site: &Site) -> Self {
        let mut command = site.hookward(["serve"]);
        command.stdin(Stdio::null());
        Self::start_by(command)
    }

    /// The same by a command of one's own.
    pub(crate) fn start_by(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // What is no JSON is shown, so that a failing test shows it.
                match serde_json::from_str(&line) {
                    Ok(line) => drop(send.send(line)),
                    Err(_) => eprintln!("gate: {line}"),
                }
            }
        });
        let mut gate = Self {
            child,
            lines: Mutex::new(lines),
            address: ([127, 0, 0, 1], 0).into(),
            admin: ([127, 0, 0, 1], 0).into(),
            listening: Value::Null,
        };
        let listening = gate.wait_for("listening");
        // A gate may do without any of them, or have a Unix socket.
        let address = |name: &str| listening[name].as_str()?.parse().ok();
        gate.address = address("address").unwrap_or(gate.address);
        gate.admin = address("admin").unwrap_or(gate.admin);
        gate.listening = listening;
        gate
    }

    /// The next log line with this message.
    pub(crate) fn wait_for(&self, message: &str) -> Value {
        loop {
            let line = self
                .lines
                .lock()
                .unwrap()
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|error| panic!("no log line {message:?}: {error}"));
            if line["message"] == message {
                return line;
            }
            eprintln!("gate: {line}");
        }
    }

    /// The log line of the next decision.
    pub(crate) fn decision(&self) -> Value {
        self.wait_for("webhook")
    }

    /// The log lines that are yet to come, once the gate has ended.
    pub(crate) fn last_lines(&self) -> Vec<Value> {
        self.lines.lock().unwrap().iter().collect()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn wait_for_end(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Asks the admin address.
    pub(crate) fn ask(&self, path: &str) -> Ran {
        curl(
            &[
                "--write-out",
                "%{http_code}",
                &format!("http://{}{path}", self.admin),
            ],
            b"",
        )
    }

    /// Asks the admin address under a name of its own.
    pub(crate) fn ask_as(&self, host: &str, path: &str) -> Ran {
        curl(
            &[
                "--header",
                &format!("host: {host}"),
                "--write-out",
                "%{http_code}",
                &format!("http://{}{path}", self.admin),
            ],
            b"",
        )
    }

    /// Sends a webhook over TLS. `args` are more arguments for curl.
    pub(crate) fn send(&self, site: &Site, args: &[&str], path: &str, body: &[u8]) -> Sent {
        let port = self.address.port();
        let (ca, url) = (
            site.path("server.pem"),
            format!("https://localhost:{port}{path}"),
        );
        let resolve = format!("localhost:{port}:127.0.0.1");
        let mut all = vec![
            "--cacert",
            ca.to_str().unwrap(),
            "--resolve",
            &resolve,
            &url,
        ];
        if !args.contains(&"--upload-file") {
            all.extend(["--data-binary", "@-"]);
        }
        all.extend([
            "--header",
            "content-type: application/json",
            "--header",
            "expect:",
        ]);
        all.extend(["--write-out", "\n%{http_code} %{size_upload}"]);
        all.extend(args);
        let ran = curl(&all, body);
        let (answer, written) = ran
            .stdout
            .rsplit_once('\n')
            .expect("what curl writes at its end");
        let (status, uploaded) = written.split_once(' ').unwrap();
        Sent {
            status: status.parse().unwrap(),
            answer: answer.to_owned(),
            uploaded: uploaded.parse().unwrap(),
        }
    }
}

/// What became of a webhook.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) status: u16,
    pub(crate) answer: String,
    /// How many bytes of the body curl got rid of.
    pub(crate) uploaded: u64,
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn curl(args: &[&str], input: &[u8]) -> Ran {
    use std::io::Write;
    let mut child = program("curl")
        .args(["--silent", "--max-time", "50"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| needs("curl", &error));
    // It stops reading when it gets an answer early.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap().into()
}
