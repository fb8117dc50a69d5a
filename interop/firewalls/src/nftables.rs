//! nftables, in a network namespace of its own.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use tokio::net::TcpSocket;

use crate::Outcome;
use crate::matrix::Matrix;
use crate::setting::{PORT, Setting, version};

/// From how many addresses packets are sent.
const SENDERS: usize = 10_000;

/// Longer than the kernel takes for all of them, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Notes who knocks, before the rules and behind them. Every address is of this machine.
const OBSERVER: &str = "\
table inet observer {
    set knocked_ipv4 { type ipv4_addr; flags dynamic; size 65535; }
    set knocked_ipv6 { type ipv6_addr; flags dynamic; size 65535; }
    set admitted_ipv4 { type ipv4_addr; flags dynamic; size 65535; }
    set admitted_ipv6 { type ipv6_addr; flags dynamic; size 65535; }
    chain before {
        type filter hook input priority filter - 10; policy accept;
        tcp dport PORT add @knocked_ipv4 { ip saddr }
        tcp dport PORT add @knocked_ipv6 { ip6 saddr }
    }
    chain behind {
        type filter hook input priority filter + 10; policy accept;
        tcp dport PORT add @admitted_ipv4 { ip saddr }
        tcp dport PORT add @admitted_ipv6 { ip6 saddr }
    }
}
";

/// Knocks from every address on the port that the rules protect.
pub(crate) fn play(setting: &Setting, matrix: &mut Matrix) -> Outcome {
    matrix.section("nftables", &version("nft", "--version", "nftables")?);
    let rules = setting.rules("nftables", &[])?;
    let senders: Vec<_> = setting
        .addresses
        .asked
        .iter()
        .filter(|address| can_send(address))
        .take(SENDERS)
        .collect();
    if senders.len() < SENDERS {
        return Err(format!("{} addresses can send, not {SENDERS}", senders.len()).into());
    }
    let addresses = setting.path("senders");
    let lines: String = senders
        .iter()
        .map(|address| format!("{address}\n"))
        .collect();
    fs::write(&addresses, lines)?;
    let output = Command::new("unshare")
        .arg("--net")
        .arg(std::env::current_exe()?)
        .arg("inside")
        .arg(&rules)
        .arg(PORT.to_string())
        .arg(&addresses)
        .output()
        .map_err(|error| format!("cannot run unshare ({error}): install the package util-linux"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} (seed {})", said.trim_end(), setting.seed).into());
    }
    let admitted: BTreeSet<IpAddr> = String::from_utf8(output.stdout)?
        .lines()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let wrong: Vec<_> = senders
        .iter()
        .filter(|address| {
            admitted.contains(**address) != setting.addresses.list.contains(***address)
        })
        .collect();
    let failure = wrong.first().map(|first| {
        format!(
            "{} of them, the first: {first} (seed {})",
            wrong.len(),
            setting.seed
        )
    });
    let expected = admitted.len();
    matrix.line(
        &format!(
            "packets from {} addresses, of which the list admits {expected}",
            senders.len()
        ),
        failure,
    );
    Ok(())
}

/// Whether a socket can have the address, and packets show it as it is: groups send nothing, and
/// mapped addresses are IPv4 on the wire.
fn can_send(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !address.is_multicast() && !address.is_broadcast() && !address.is_unspecified()
        }
        IpAddr::V6(address) => {
            !address.is_multicast()
                && !address.is_unspecified()
                && address.to_ipv4_mapped().is_none()
                // A scope would have to be given.
                && !address.is_unicast_link_local()
        }
    }
}

/// In the namespace: loads the rules, knocks, and prints whom they admitted.
pub(crate) fn inside(rules: &Path, port: &str, addresses: &Path) -> Outcome {
    let number: u16 = port.parse()?;
    run(Command::new("ip").args(["link", "set", "lo", "up"]))?;
    // 127.0.0.0/8 would have a broadcast address, whose packets show another.
    run(Command::new("ip").args(["address", "flush", "dev", "lo"]))?;
    run(Command::new("ip").args(["route", "add", "local", "0.0.0.0/0", "dev", "lo"]))?;
    run(Command::new("ip").args(["-6", "route", "add", "local", "::/0", "dev", "lo"]))?;
    // A socket may then have an address that no interface has, as one of IPv4 may by the route.
    fs::write("/proc/sys/net/ipv6/ip_nonlocal_bind", "1")?;
    let observer = rules.with_extension("observer");
    fs::write(&observer, OBSERVER.replace("PORT", port))?;
    // Twice: what is there is replaced.
    for file in [rules, &observer, rules] {
        run(Command::new("nft").arg("--file").arg(file))?;
    }
    let text = fs::read_to_string(addresses)?;
    let senders: BTreeSet<IpAddr> = text.lines().map(str::parse).collect::<Result<_, _>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        for sender in &senders {
            knock(*sender, number)
                .await
                .map_err(|error| format!("cannot send from {sender}: {error}"))?;
        }
        Ok::<_, String>(())
    })?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let knocked = set("knocked")?;
        if knocked == senders {
            break;
        }
        if Instant::now() > deadline {
            let unseen: Vec<_> = senders.difference(&knocked).collect();
            let unasked: Vec<_> = knocked.difference(&senders).collect();
            return Err(format!("not seen: {unseen:?}; not asked: {unasked:?}").into());
        }
    }
    for address in set("admitted")? {
        println!("{address}");
    }
    Ok(())
}

/// Sends the first packet of a connection, and does not wait for an answer.
async fn knock(from: IpAddr, port: u16) -> std::io::Result<()> {
    let (socket, to) = match from {
        IpAddr::V4(_) => (TcpSocket::new_v4()?, IpAddr::from(Ipv4Addr::LOCALHOST)),
        IpAddr::V6(_) => (TcpSocket::new_v6()?, IpAddr::from(Ipv6Addr::LOCALHOST)),
    };
    socket.bind(SocketAddr::new(from, 0))?;
    let connecting = socket.connect(SocketAddr::new(to, port));
    // Nobody listens, so whoever is let through is refused at once.
    match tokio::time::timeout(Duration::ZERO, connecting).await {
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => Ok(()),
        Ok(outcome) => outcome.map(drop),
        Err(_) => Ok(()),
    }
}

/// The addresses of both families in the observer's sets of this name.
fn set(name: &str) -> Outcome<BTreeSet<IpAddr>> {
    let mut addresses = BTreeSet::new();
    for family in ["ipv4", "ipv6"] {
        let output = Command::new("nft")
            .args(["--json", "list", "set", "inet", "observer"])
            .arg(format!("{name}_{family}"))
            .output()?;
        let listed: Value = serde_json::from_slice(&output.stdout)?;
        let sets = listed["nftables"].as_array().into_iter().flatten();
        let elements = sets.filter_map(|object| object["set"]["elem"].as_array());
        for element in elements.flatten() {
            let address = element["elem"]["val"].as_str().or(element.as_str());
            addresses.insert(address.ok_or("an element without an address")?.parse()?);
        }
    }
    Ok(addresses)
}

fn run(command: &mut Command) -> Outcome {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| {
        format!("cannot run {name} ({error}): install the packages nftables and iproute2")
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name}: {said}").into())
}
