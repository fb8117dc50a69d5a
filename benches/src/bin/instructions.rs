//! What scanning, looking up and deciding take in instructions: work for valgrind to count, which repeats where times do not.
//!
//! Prints the name of each piece of work, in the order in which it calls [`counted`] for them. Hashes are not among them:
//! valgrind hides the instructions that make them fast.

use core::hint::black_box;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hookward::{Check, Policy};
use hookward_benches::bodies::{KEY, bodies};
use hookward_benches::networks::{Address, networks};
use hookward_benches::random::Random;
use hookward_ip::Allowlist;
use hookward_payload::PayloadScanner;
use hookward_policy::Level;

/// How many addresses are asked for, and how many combinations of levels are decided.
const TIMES: usize = 1000;

/// How bodies arrive from a socket.
const CHUNK: usize = 16 * 1024;

fn main() {
    for (name, size) in [("1 KiB", 1 << 10), ("64 KiB", 64 << 10)] {
        let bodies = bodies(size);
        let bodies = &bodies[..24];
        scan(&format!("payload, {name}"), bodies, |scanner| scanner);
        scan(
            &format!("payload, {name}, portable"),
            bodies,
            PayloadScanner::portable,
        );
    }
    for (name, len) in [("8", 8), ("10 k", 10_000)] {
        look_up::<Ipv4Addr>(&format!("addresses, v4, {name}"), len);
        look_up::<Ipv6Addr>(&format!("addresses, v6, {name}"), len);
    }
    for text in [
        "client_certificate",
        "client_certificate and (developer_payload or header_secret)",
        "2 of (client_certificate, developer_payload, header_secret, source_address)",
    ] {
        decide(text);
    }
}

fn count(name: &str, work: &mut dyn FnMut()) {
    println!("{name}");
    counted(work);
}

/// What valgrind counts, with all that it calls.
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
}

fn scan(
    name: &str,
    bodies: &[String],
    with: fn(PayloadScanner<'static>) -> PayloadScanner<'static>,
) {
    count(name, &mut || {
        for body in bodies {
            let mut scanner = with(PayloadScanner::new(KEY));
            for chunk in body.as_bytes().chunks(CHUNK) {
                scanner.push(chunk).expect("the body is valid");
            }
            assert!(black_box(scanner.finish()).is_ok_and(|value| value.is_some()));
        }
    });
}

/// Half of the addresses are in the list.
fn look_up<A: Address>(name: &str, len: usize) {
    let mut random = Random::new(len as u64);
    let networks = networks::<A>(len, &mut random);
    let list = networks.iter().fold(Allowlist::builder(), |list, network| {
        list.network((*network).into())
    });
    let list = list.build().expect("the networks are in order");
    let asked: Vec<IpAddr> = (0..TIMES)
        .map(|number| match number % 2 {
            0 => A::within(networks[random.below(len)], &mut random).into(),
            _ => A::any(&mut random).into(),
        })
        .collect();
    count(name, &mut || {
        for address in &asked {
            black_box(list.contains(*address));
        }
    });
}

fn decide(text: &str) {
    let policy: Policy<Check> = text.parse().expect("the policy is in order");
    let mut random = Random::new(0);
    let every = [Level::Fail, Level::Unavailable, Level::Pending, Level::Pass];
    let levels: Vec<[Level; 4]> = (0..TIMES)
        .map(|_| core::array::from_fn(|_| every[random.below(every.len())]))
        .collect();
    count(&format!("policy, {text}"), &mut || {
        for levels in &levels {
            black_box(policy.decide(|check| levels[*check as usize]));
        }
    });
}
