//! `hookward probe` against servers on loopback.

mod common;

use core::net::{Ipv4Addr, SocketAddr};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use common::{HEADER_VARIABLE, Site};
use serde_json::Value;

/// One request: the head, in lower case, and the body.
type Arrived = Arc<Mutex<Vec<(String, String)>>>;

const PAGE: &str = "<center><h1>403 Forbidden</h1></center><hr><center>nginx</center>";

/// A server that blocks what quotes attacks, unless it has the header as `admits` wants it.
fn firewall(admits: fn(&str, &str) -> bool, secret: &str) -> (SocketAddr, Arrived) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let arrived = Arrived::default();
    let (kept, secret) = (Arc::clone(&arrived), secret.to_owned());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                reader.read_line(&mut head).unwrap();
            }
            let lower = head.to_ascii_lowercase();
            let length = lower.split("content-length: ").nth(1).unwrap();
            let length: u64 = length.lines().next().unwrap().parse().unwrap();
            let mut body = String::new();
            reader.take(length).read_to_string(&mut body).unwrap();
            let passes = !body.contains("<script>") || admits(&head, &secret);
            let answer = if passes {
                ("200 OK", "")
            } else {
                ("403 Forbidden", PAGE)
            };
            let (status, page) = answer;
            let length = page.len();
            kept.lock().unwrap().push((lower, body));
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nserver: nginx\r\nlocation: http://192.0.2.1/\r\n\
                 content-length: {length}\r\nconnection: close\r\n\r\n{page}"
            );
        }
    });
    (address, arrived)
}

fn never(_: &str, _: &str) -> bool {
    false
}

fn exactly(head: &str, secret: &str) -> bool {
    let line = format!("x-webhook-secret: {secret}\r\n");
    head.contains(&line) && head.matches("x-webhook-secret").count() == 1
}

fn whatever(head: &str, _: &str) -> bool {
    head.contains("x-webhook-secret")
}

fn site() -> Site {
    let site = Site::new();
    site.write(
        "hookward.toml",
        format!(
            "upstream = \"http://127.0.0.1:3000\"\n\
             [header_secret]\n\
             header = \"x-webhook-secret\"\n\
             secrets = [{{ label = \"first\", env = \"{HEADER_VARIABLE}\" }}]\n\
             [[route]]\n\
             path = \"/copyleaks/{{status}}/{{scan_id}}\"\n\
             policy = \"header_secret\"\n"
        ),
    );
    site
}

fn probe(site: &Site, address: SocketAddr, more: &[&str]) -> common::Ran {
    let url = format!("http://{address}/copyleaks/{{status}}/{{scan_id}}");
    let args = ["probe", "--allow-plain-http", "--url", &url];
    site.run(args.into_iter().chain(more.iter().copied()))
}

const CONFIG: [&str; 2] = ["--config", "hookward.toml"];

#[test]
fn a_firewall_without_the_rule_is_named_with_the_missing_header() {
    let site = site();
    let (address, arrived) = firewall(never, &site.header_secret);
    let ran = probe(&site, address, &CONFIG);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("ModSecurity"), "{ran:?}");
    assert!(
        ran.stdout
            .contains("does not look for the header x-webhook-secret"),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains(&site.header_secret), "{ran:?}");
    let arrived = arrived.lock().unwrap();
    assert!(arrived.len() <= 12);
    assert!(arrived.iter().all(|(head, _)| {
        head.starts_with("post /copyleaks/completed/hookward-probe http/1.1\r\n")
    }));
    // Each of the things that firewalls mind.
    assert!(arrived.iter().any(|(head, _)| !head.contains("user-agent")));
    assert!(arrived.iter().any(|(_, body)| body.len() > 500_000));
    assert!(
        arrived
            .iter()
            .any(|(head, _)| head.matches("x-webhook-secret").count() == 2)
    );
}

#[test]
fn an_exact_rule_passes_and_a_loose_one_is_told_of() {
    let site = site();
    let (address, _) = firewall(exactly, &site.header_secret);
    let ran = probe(&site, address, &CONFIG);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout
            .contains("lets webhooks with x-webhook-secret through"),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains("wrong value"), "{ran:?}");

    let (address, _) = firewall(whatever, &site.header_secret);
    let ran = probe(&site, address, &[&CONFIG[..], &["--json"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let advice = report["advice"].to_string();
    assert!(
        advice.contains("wrong value") && advice.contains("repeated header"),
        "{advice}"
    );
}

#[test]
fn without_a_configuration_no_header_is_sent() {
    let site = site();
    let (address, arrived) = firewall(never, &site.header_secret);
    let ran = probe(&site, address, &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("--config"), "{ran:?}");
    let arrived = arrived.lock().unwrap();
    assert!(!arrived.is_empty());
    assert!(
        arrived
            .iter()
            .all(|(head, _)| !head.contains("x-webhook-secret"))
    );
}

#[test]
fn a_dry_run_sends_nothing_and_shows_no_secret() {
    let site = site();
    let (address, arrived) = firewall(never, &site.header_secret);
    let ran = probe(&site, address, &[&CONFIG[..], &["--dry-run"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(arrived.lock().unwrap().is_empty());
    assert!(
        ran.stdout.contains("x-webhook-secret: <the secret>"),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains(&site.header_secret), "{ran:?}");
}

#[test]
fn plain_http_and_what_is_no_url_are_refused() {
    let site = site();
    for url in ["http://127.0.0.1/", "127.0.0.1", "https://a:b@127.0.0.1/"] {
        let ran = site.run(["probe", "--url", url, "--config", "hookward.toml"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{url}");
        assert!(ran.stderr.starts_with("--url: "), "{ran:?}");
    }
}

#[test]
fn nobody_there_is_no_firewall() {
    let site = site();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let ran = probe(&site, address, &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("nobody answers"), "{ran:?}");
}

/// A server that answers each request with this, and closes.
fn answering(answer: String) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                reader.read_line(&mut head).unwrap();
            }
            let lower = head.to_ascii_lowercase();
            let length = lower.split("content-length: ").nth(1).unwrap();
            let length: u64 = length.lines().next().unwrap().parse().unwrap();
            std::io::copy(&mut reader.take(length), &mut std::io::sink()).unwrap();
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn a_page_that_is_long_or_breaks_off_is_not_taken_for_the_silence_of_the_gate() {
    let site = site();
    let page = "blocked by ModSecurity";
    let long = format!("{page}{}", " ".repeat(512 << 10));
    for (length, page) in [(page.len() + 1, page), (long.len(), &long)] {
        let answer = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {length}\r\n\r\n{page}");
        let ran = probe(&site, answering(answer), &CONFIG);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(
            ran.stdout.contains("it seems by ModSecurity or Coraza"),
            "{ran:?}"
        );
    }
}
