//! The gate, running, and what it logs.

use core::fmt;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::site::Site;

/// Longer than anything here takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Gate {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Everything but the decisions.
    lines: Receiver<Value>,
    refused: Arc<AtomicU64>,
    generation: AtomicU64,
    reading: JoinHandle<()>,
}

/// What a process holds.
pub(crate) struct Holdings {
    memory: String,
    files: usize,
}

impl fmt::Display for Holdings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} open files", self.memory, self.files)
    }
}

impl Gate {
    pub(crate) fn start(program: &Path, site: &Site) -> io::Result<Self> {
        let mut child = Command::new(program)
            .arg("serve")
            .current_dir(site.directory())
            .env_remove("HOOKWARD_CONFIG")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (send, lines) = channel();
        let refused = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&refused);
        let reading = thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let Ok(line) = serde_json::from_str::<Value>(&line) else {
                    eprintln!("gate: {line}");
                    continue;
                };
                if line["message"] == "webhook" {
                    if line["verdict"] != "accept" {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                } else if send.send(line).is_err() {
                    // Read on: a gate that cannot write its log waits.
                    continue;
                }
            }
        });
        let mut gate = Self {
            child,
            address: ([127, 0, 0, 1], 0).into(),
            lines,
            refused,
            generation: AtomicU64::new(1),
            reading,
        };
        let listening = gate.wait_for("listening")?;
        let address = listening["address"].as_str().unwrap_or_default();
        gate.address = address.parse().map_err(io::Error::other)?;
        Ok(gate)
    }

    fn wait_for(&self, message: &str) -> io::Result<Value> {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).map_err(|_| {
                let text = format!("the gate does not say {message:?}");
                io::Error::new(io::ErrorKind::TimedOut, text)
            })?;
            if line["message"] == message {
                return Ok(line);
            }
            if line["level"] == "ERROR" {
                return Err(io::Error::other(format!("the gate says: {line}")));
            }
        }
    }

    pub(crate) fn signal(&self) -> io::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::HUP)?)
    }

    /// Waits until what was changed is in force.
    pub(crate) fn wait_for_reload(&self) -> io::Result<()> {
        let line = self.wait_for("reloaded")?;
        let generation = line["generation"].as_u64().unwrap_or_default();
        self.generation.store(generation, Ordering::Relaxed);
        Ok(())
    }

    /// Waits until what was changed is refused.
    pub(crate) fn wait_for_refusal(&self) -> io::Result<()> {
        self.wait_for("not reloaded: everything stays as it was")
            .map(drop)
    }

    /// What the gate holds now.
    pub(crate) fn holdings(&self) -> io::Result<Holdings> {
        let process = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{process}/status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        Ok(Holdings {
            memory: resident.unwrap_or_default().trim().to_owned(),
            files: fs::read_dir(format!("{process}/fd"))?.count(),
        })
    }

    /// Which configuration is in force.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// How many requests the log says were refused, as far as it has been read.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Ends the gate.
    pub(crate) fn stop(mut self) -> io::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.child.wait()?;
        if !status.success() {
            return Err(io::Error::other(format!("the gate ended: {status}")));
        }
        drop(self.lines);
        let ended = self.reading.join();
        ended.map_err(|_| io::Error::other("the log was not read to its end"))
    }
}
