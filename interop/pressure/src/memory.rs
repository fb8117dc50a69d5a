//! How much memory a process takes.

use std::io;
use std::path::PathBuf;

pub(crate) struct Memory(PathBuf);

impl Memory {
    pub(crate) fn of(process: u32) -> Self {
        Self(format!("/proc/{process}/status").into())
    }

    /// What it takes now, in bytes.
    pub(crate) fn now(&self) -> io::Result<u64> {
        self.read("VmRSS:")
    }

    /// The most that it has ever taken, in bytes.
    pub(crate) fn peak(&self) -> io::Result<u64> {
        self.read("VmHWM:")
    }

    fn read(&self, name: &str) -> io::Result<u64> {
        let status = std::fs::read_to_string(&self.0)?;
        let kibibytes = status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
        let kibibytes: u64 = kibibytes
            .ok_or_else(|| io::Error::other(format!("no {name} in {}", self.0.display())))?
            .parse()
            .map_err(io::Error::other)?;
        Ok(kibibytes << 10)
    }
}
