use clap::Subcommand;

use crate::command::{Outcome, cargo, run};
use crate::{firewalls, proxies};

/// What hookward is compared with.
#[derive(Clone, Copy, Subcommand)]
pub(crate) enum Interop {
    /// The JSON that the official SDKs of Node and Python send (needs nodejs, npm and python3-venv).
    Sdks,
    /// Sealed payloads, with libraries of Python and Node (needs nodejs, npm and python3-venv).
    Seal,
    /// Derived secrets, in Python, Node, PHP and C# (needs python3, nodejs, php-cli and mono).
    Languages,
    /// Genuine and forged webhooks through real proxies, with the recipes of the gate's examples (needs nginx,
    /// haproxy, caddy, apache2, lua-socket, python3-venv and curl; what PyPI has is installed).
    Proxies,
    /// The rules of `hookward firewall` in real firewalls, and in the schemas of services (needs root, nginx,
    /// libnginx-mod-http-modsecurity, modsecurity-crs, haproxy, nftables, iproute2 and python3-venv).
    Firewalls,
}

/// Compares with one of them, or with all.
pub(crate) fn compare(with: Option<Interop>) -> Outcome {
    match with {
        Some(with) => compare_one(with),
        None => [
            Interop::Sdks,
            Interop::Seal,
            Interop::Languages,
            Interop::Proxies,
            Interop::Firewalls,
        ]
        .into_iter()
        .try_for_each(compare_one),
    }
}

fn compare_one(with: Interop) -> Outcome {
    let name = match with {
        Interop::Sdks => "sdks",
        Interop::Seal => "seal",
        Interop::Languages => "languages",
        Interop::Proxies => return proxies::run(),
        Interop::Firewalls => return firewalls::run(),
    };
    run(&mut cargo([
        "run",
        "--quiet",
        "--locked",
        "--package",
        "hookward-interop",
        "--",
        name,
    ]))
}
