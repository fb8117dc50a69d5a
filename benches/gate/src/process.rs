//! Programs that run until they are dropped: on a processor of their own, with the time and the memory that they take.

use core::net::SocketAddr;
use core::time::Duration;
use std::fs;
use std::io::{self, PipeReader, Read};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Longer than any of these programs takes to start, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who runs where. Servers share one processor; the load and the application have another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    servers: usize,
}

impl Places {
    /// Divides two of the processors that this process may use, and moves it to its own. From now on it may also open as many
    /// files as the system allows, and so may what it starts.
    pub(crate) fn divide() -> io::Result<Self> {
        let may = sched_getaffinity(None)?;
        let mut processors = (0..CpuSet::MAX_CPU).filter(|cpu| may.is_set(*cpu));
        let (Some(servers), Some(load)) = (processors.next(), processors.next()) else {
            return Err(io::Error::other(
                "two processors are needed: one for the servers, one for the load",
            ));
        };
        let mut own = CpuSet::new();
        own.set(load);
        sched_setaffinity(None, &own)?;
        let limit = getrlimit(Resource::Nofile);
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limit.maximum,
                ..limit
            },
        )?;
        Ok(Self { servers })
    }
}

/// A server, and whatever processes it has started.
pub(crate) struct Running(Child);

/// What processes have in memory, in MB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// Every page that any of them has, once for each.
    pub(crate) resident: f64,
    /// Every page once, shared out among those that have it.
    pub(crate) proportional: f64,
}

impl Running {
    /// Starts a program on the servers' processor, and waits until it listens.
    pub(crate) fn start(
        program: &Command,
        places: Places,
        listens: SocketAddr,
    ) -> io::Result<Self> {
        let mut command = Command::new("taskset");
        command
            .args(["--cpu-list", &places.servers.to_string()])
            .arg(program.get_program())
            .args(program.get_args());
        for (name, value) in program.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        let name = program.get_program().to_string_lossy().into_owned();
        let (reader, writer) = io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        let mut running = Self(command.spawn().map_err(|error| {
            io::Error::new(error.kind(), format!("cannot start {name}: {error}"))
        })?);
        drop(command);
        let said = read_log(reader);
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(listens).is_err() {
            let ended = running.0.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                let _ = running.0.kill();
                let said = said.join().unwrap_or_default();
                let message = format!("{name} does not listen on {listens}: {ended:?}\n{said}");
                return Err(io::Error::other(message));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(running)
    }

    /// How long a processor has worked for it since it was started.
    pub(crate) fn processor_time(&self) -> io::Result<Duration> {
        let mut nanoseconds = 0;
        for process in self.processes()? {
            for thread in fs::read_dir(format!("/proc/{process}/task"))? {
                // The first number is the time on a processor (Linux: Documentation/scheduler/sched-stats.rst).
                let text = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
                let first = text.split(' ').next().and_then(|text| text.parse().ok());
                nanoseconds += first.unwrap_or(0);
            }
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// What it has in memory.
    pub(crate) fn memory(&self) -> io::Result<Memory> {
        let mut memory = Memory {
            resident: 0.0,
            proportional: 0.0,
        };
        for process in self.processes()? {
            let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
            let field = |name| {
                let line = text.lines().find_map(|line| line.strip_prefix(name));
                let kibibytes =
                    line.and_then(|rest| rest.trim_end_matches("kB").trim().parse().ok());
                kibibytes.map_or(0.0, |kibibytes: f64| kibibytes * 1024.0 / 1e6)
            };
            memory.resident += field("Rss:");
            memory.proportional += field("Pss:");
        }
        Ok(memory)
    }

    /// Itself and its children.
    fn processes(&self) -> io::Result<Vec<u32>> {
        let own = self.0.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children"))?;
        let children = children.split_whitespace().filter_map(|id| id.parse().ok());
        Ok(core::iter::once(own).chain(children).collect())
    }
}

/// Reads what a server writes, for as long as it runs, as whoever keeps the logs of a machine does. Its beginning is kept.
///
/// A file would take fresh memory for each line, which costs far more in some virtual machines than to write it.
fn read_log(mut log: PipeReader) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut kept = Vec::new();
        let mut part = vec![0; 64 << 10];
        while let Ok(read @ 1..) = log.read(&mut part) {
            if kept.len() < part.len() {
                kept.extend_from_slice(&part[..read]);
            }
        }
        String::from_utf8_lossy(&kept).into_owned()
    })
}

impl Drop for Running {
    fn drop(&mut self) {
        // nginx has children, which follow SIGTERM but not SIGKILL.
        let pid = self.0.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let _ = self.0.wait();
    }
}
