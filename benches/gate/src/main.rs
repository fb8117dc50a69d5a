//! Measures the gate beside nginx, nginx with njs, and webhook: the same checks, certificates, cipher, processor, load and
//! application.
//!
//! `hookward-bench-gate GATE`: the path of the `hookward` program, built for release. nginx, its module njs, webhook and
//! taskset have to be there: on Debian `nginx-light`, `libnginx-mod-http-js`, `webhook` and `util-linux`.
//!
//! Servers have one processor and one worker; the load and the application share the other. A round is a second or two of load
//! on one contender, and each has its turn before the next round. Ratios are medians of the ratios of each round.

mod contender;
mod identity;
mod load;
mod process;
mod race;
mod relay;
mod upstream;

use core::time::Duration;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

use contender::{BODY, Contender, Setting};
use identity::Sender;
use process::Places;
use race::{Sample, race};
use tokio::signal::unix::{SignalKind, signal};

/// How many requests are under way at a time.
const CONNECTIONS: usize = 32;

/// How many handshakes are under way at a time.
const HANDSHAKES: usize = 16;

/// How many connections are open where memory is measured.
const OPEN: usize = 1000;

/// How long a round loads one contender.
const TIME: Duration = Duration::from_millis(1500);

const ROUNDS: usize = 11;

/// Where the difference is large.
const FEW_ROUNDS: usize = 5;

const HOOKWARD: &str = "hookward";
const HOOKWARD_BODY: &str = "hookward with the body check";
const RELAY: &str = "hyper and rustls alone, no checks";
const NGINX: &str = "nginx";
const BUFFERED_NGINX: &str = "nginx, its log in pieces of 16 KiB";
const NJS: &str = "nginx with njs";
const WEBHOOK: &str = "webhook, which runs true";

/// Where certificate and header are checked.
const HEAD_PATH: &str = "/copyleaks/completed/";

/// Where the body is checked as well.
const BODY_PATH: &str = "/body/completed/";

/// Where webhook listens.
const HOOK_PATH: &str = "/hooks/";

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let outcome = match args.next() {
        None => Err(io::Error::other("the path of the gate is missing")),
        Some(first) if first == relay::NAME => relay::serve(args),
        Some(gate) => measure(Path::new(&gate)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench gate: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(gate: &Path) -> io::Result<()> {
    let places = Places::divide()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // Whichever way it ends, the servers that were started end with it.
        tokio::select! {
            outcome = run(gate, places) => outcome,
            _ = terminate.recv() => Err(io::ErrorKind::Interrupted.into()),
            _ = interrupt.recv() => Err(io::ErrorKind::Interrupted.into()),
        }
    })
}

async fn run(gate: &Path, places: Places) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let sender = Sender::make()?;
    identity::write_server(folder.path())?;
    let setting = Setting {
        folder: folder.path(),
        places,
        upstream: upstream::start().await?,
        sender: &sender,
    };
    for program in [
        Command::new(gate).arg("--version"),
        Command::new("nginx").arg("-v"),
        Command::new("webhook").arg("-version"),
    ] {
        println!("{}", version(program)?);
    }

    let hookward = setting.hookward(gate)?;
    let relay = setting.relay()?;
    let nginx = setting.nginx()?;
    let buffered = setting.buffered_nginx()?;
    let njs = setting.njs()?;
    let webhook = setting.webhook()?;
    let connector = load::connector(&sender)?;
    let gate_head = hookward.contender(HOOKWARD, HEAD_PATH, &sender);
    let gate_body = hookward.contender(HOOKWARD_BODY, BODY_PATH, &sender);
    let relay_head = relay.contender(RELAY, HEAD_PATH, &sender);
    let nginx_head = nginx.contender(NGINX, HEAD_PATH, &sender);
    let buffered_head = buffered.contender(BUFFERED_NGINX, HEAD_PATH, &sender);
    let njs_body = njs.contender(NJS, BODY_PATH, &sender);
    let webhook_body = webhook.contender(WEBHOOK, HOOK_PATH, &sender);

    println!("memory, idle and with {OPEN} open connections");
    let mut memory = Vec::new();
    for contender in [&gate_head, &nginx_head] {
        let running = &contender.server.running;
        let idle = running.memory()?;
        let held = load::hold(&connector, &contender.target, OPEN).await?;
        let open = running.memory()?;
        drop(held);
        println!(
            "  {:34} {:5.1} and {:5.1} MB resident, {:5.1} and {:5.1} MB with shared pages counted once",
            contender.name, idle.resident, open.resident, idle.proportional, open.proportional
        );
        memory.push((idle, open));
    }

    let keep_alive = async |contender: &Contender<'_>| {
        load::keep_alive(&connector, &contender.target, CONNECTIONS, TIME).await
    };
    println!(
        "keep-alive, {CONNECTIONS} connections, bodies of about {BODY} bytes, medians of {ROUNDS} rounds"
    );
    let contenders = [
        &gate_head,
        &nginx_head,
        &gate_body,
        &buffered_head,
        &relay_head,
    ];
    let requests = race(ROUNDS, &contenders, keep_alive).await?;
    requests.print("requests");

    println!("the same with the body checked, medians of {FEW_ROUNDS} rounds");
    let contenders = [&gate_body, &njs_body, &webhook_body];
    let bodies = race(FEW_ROUNDS, &contenders, keep_alive).await?;
    bodies.print("requests");

    println!(
        "new connections, {HANDSHAKES} at a time, each with a whole handshake, a client certificate and one request, medians of {ROUNDS} rounds"
    );
    let contenders = [&gate_head, &nginx_head];
    let handshakes = race(ROUNDS, &contenders, async |contender| {
        load::new_connections(&connector, &contender.target, HANDSHAKES, TIME).await
    })
    .await?;
    handshakes.print("handshakes");

    let line = |what: &str, ratio: f64, target: &str| println!("{what} = {ratio:.2} ({target})");
    let rate = |sample: &Sample| sample.rate;
    line(
        "requests per second, hookward / nginx",
        requests.ratio(HOOKWARD, NGINX, rate),
        "target: at least 1",
    );
    line(
        "p99, hookward / nginx",
        requests.ratio(HOOKWARD, NGINX, |sample| sample.most),
        "target: at most 1",
    );
    line(
        "processor time for a request, hookward / nginx",
        requests.ratio(HOOKWARD, NGINX, |sample| sample.cost),
        "what the two above come from",
    );
    line(
        "requests per second, hookward / nginx that keeps its log",
        requests.ratio(HOOKWARD, BUFFERED_NGINX, rate),
        "no target",
    );
    line(
        "requests per second, hookward / hyper and rustls alone",
        requests.ratio(HOOKWARD, RELAY, rate),
        "what all that it does beside relaying leaves",
    );
    line(
        "handshakes per second, hookward / nginx",
        handshakes.ratio(HOOKWARD, NGINX, rate),
        "target: at least 1",
    );
    line(
        "requests per second, hookward with / without the body check",
        requests.ratio(HOOKWARD_BODY, HOOKWARD, rate),
        "target: at least 0.9",
    );
    for peer in [NJS, WEBHOOK] {
        line(
            &format!("requests per second, {HOOKWARD_BODY} / {peer}"),
            bodies.ratio(HOOKWARD_BODY, peer, rate),
            "target: far more than 1",
        );
    }
    let (idle, open) = memory[0];
    println!(
        "memory of hookward = {:.1} MB idle (target: at most 20), {:.1} MB with {OPEN} connections (target: at most 64)",
        idle.resident, open.resident
    );
    Ok(())
}

/// The version that a program prints.
fn version(command: &mut Command) -> io::Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("cannot run {program}: {error}")))?;
    // nginx prints it on standard error
    let text = [output.stdout, output.stderr].concat();
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}
