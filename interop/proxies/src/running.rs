//! A program that runs until it is dropped.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::thread;
use std::time::Instant;

/// Longer than any of these programs takes to start, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Running(Child);

impl Running {
    /// Starts a program, and waits until it listens on all of these addresses.
    pub(crate) fn start(command: &mut Command, listens: &[SocketAddr]) -> io::Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut running = Self(command.spawn().map_err(|error| {
            io::Error::new(error.kind(), format!("cannot start {program}: {error}"))
        })?);
        let deadline = Instant::now() + PATIENCE;
        for address in listens {
            while TcpStream::connect(address).is_err() {
                if let Some(status) = running.0.try_wait()? {
                    return Err(io::Error::other(format!("{program} ended: {status}")));
                }
                if Instant::now() > deadline {
                    let message = format!("{program} does not listen on {address}");
                    return Err(io::Error::new(io::ErrorKind::TimedOut, message));
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // nginx and Apache have children, which follow SIGTERM but not SIGKILL.
        let pid = self.0.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let _ = self.0.wait();
    }
}

/// A port that nobody uses now, on every address.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("[::]:0")?.local_addr()?.port())
}
