//! Sockets that systemd has opened for this process.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use listenfd::ListenFd;

/// The variable that has their names, separated by colons: what `FileDescriptorName=` of the
/// `.socket` unit says.
const NAMES: &str = "LISTEN_FDNAMES";

/// The sockets, by name. They stay open, so that a listener can come back to one.
#[derive(Debug, Default)]
pub(crate) struct Activated(Vec<(String, Held)>);

#[derive(Debug)]
enum Held {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Activated {
    /// Takes all sockets that listen. Once in the life of a process: there are none the second
    /// time.
    ///
    /// # Errors
    ///
    /// If there is one that is neither a TCP socket nor a Unix stream socket.
    pub(crate) fn take() -> io::Result<Self> {
        let names = std::env::var(NAMES).unwrap_or_default();
        let mut names = names.split(':').map(str::to_owned);
        let mut sockets = ListenFd::from_env();
        let mut all = Vec::new();
        for index in 0..sockets.len() {
            let name = names.next().unwrap_or_default();
            let held = match sockets.take_unix_listener(index) {
                Ok(Some(listener)) => Held::Unix(listener),
                Ok(None) => continue,
                Err(_) => match sockets.take_tcp_listener(index)? {
                    Some(listener) => Held::Tcp(listener),
                    None => continue,
                },
            };
            match &held {
                Held::Tcp(listener) => listener.set_nonblocking(true)?,
                Held::Unix(listener) => listener.set_nonblocking(true)?,
            }
            all.push((name, held));
        }
        Ok(Self(all))
    }

    /// The names, each as often as there are sockets that have it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The TCP socket with this name.
    pub(crate) fn tcp(&self, name: &str) -> io::Result<TcpListener> {
        match self.find(name)? {
            Held::Tcp(listener) => listener.try_clone(),
            Held::Unix(_) => Err(io::Error::other(
                "it is a Unix socket; expected unix, not address",
            )),
        }
    }

    /// The Unix socket with this name.
    pub(crate) fn unix(&self, name: &str) -> io::Result<UnixListener> {
        match self.find(name)? {
            Held::Unix(listener) => listener.try_clone(),
            Held::Tcp(_) => Err(io::Error::other(
                "it is no Unix socket; expected address, not unix",
            )),
        }
    }

    fn find(&self, name: &str) -> io::Result<&Held> {
        let mut found = self.0.iter().filter(|(other, _)| other == name);
        match (found.next(), found.next()) {
            (Some((_, held)), None) => Ok(held),
            (Some(_), Some(_)) => Err(io::Error::other("several sockets have this name")),
            (None, _) => {
                let names: Vec<_> = self.names().collect();
                Err(io::Error::other(if names.is_empty() {
                    "systemd has opened no sockets for this process".to_owned()
                } else {
                    format!("systemd has opened {}", names.join(", "))
                }))
            }
        }
    }
}
