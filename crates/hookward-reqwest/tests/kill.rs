//! A process that is killed while it writes snapshots leaves a whole one, each time.
//!
//! Has a `main` of its own, because it starts itself again as the process that is killed.

use core::time::Duration;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs, thread};

use hookward_reqwest::hookward_refresh::Validators;
use hookward_reqwest::{SnapshotFile, StoredDocument};
use rustls::pki_types::UnixTime;

const WRITER: &str = "--write-snapshots-to";
const KILLS: u32 = 250;
const MAX_BODY: usize = 256 * 1024;

fn main() {
    let mut args = env::args().skip(1);
    match (args.next().as_deref(), args.next()) {
        (Some(WRITER), Some(path)) => write_for_ever(Path::new(&path)),
        _ => kill_often(),
    }
}

fn file(path: &Path) -> SnapshotFile {
    SnapshotFile::new(path, "https://lists.example/")
}

/// The number that a snapshot is all about, once it was seen to be whole.
fn load(path: &Path) -> Option<u64> {
    let stored = file(path).read(MAX_BODY).expect("the snapshot is whole")?;
    let number = stored.checked_at.as_secs();
    assert_eq!(stored, snapshot(number), "the snapshot is all of one piece");
    Some(number)
}

/// Its length depends on the number as well, so that no two of them can be mixed up unnoticed.
fn snapshot(number: u64) -> StoredDocument {
    let line = format!("{number:016x}\n");
    let lines = 1000 + (number as usize * 7919) % 10_000;
    StoredDocument::new(
        line.repeat(lines).into_bytes(),
        Validators::new(Some(line.trim()), None),
        UnixTime::since_unix_epoch(Duration::from_secs(number)),
    )
}

/// Goes on from what is there, and says so after each write.
fn write_for_ever(path: &Path) -> ! {
    let file = file(path);
    file.remove_leftovers().expect("the directory is ours");
    let mut number = load(path).unwrap_or(0);
    let mut out = std::io::stdout().lock();
    loop {
        number += 1;
        file.write(&snapshot(number))
            .expect("the directory is ours");
        writeln!(out, "{number}").expect("somebody listens");
    }
}

fn kill_often() {
    let directory = tempfile::tempdir().expect("there is room");
    let path = directory.path().join("list.snapshot");
    let mut random = fastrand::Rng::with_seed(250);
    let (mut interrupted, mut last) = (0, 0);
    for round in 0..KILLS {
        let mut writer = Command::new(env::current_exe().expect("it runs"))
            .arg(WRITER)
            .arg(&path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it can be run again");
        let mut lines = BufReader::new(writer.stdout.take().expect("it is piped")).lines();
        let said = |line: Option<std::io::Result<String>>| -> Option<u64> {
            line.and_then(Result::ok)?.parse().ok()
        };
        let mut written = said(lines.next()).expect("the writer starts from a whole snapshot");
        assert!(
            written > last,
            "round {round}: went back from {last} to {written}"
        );
        // Anywhere within the writes that follow.
        thread::sleep(Duration::from_micros(random.u64(0..4000)));
        writer.kill().expect("it runs");
        writer.wait().expect("it ran");
        for line in lines {
            written = said(Some(line)).unwrap_or(written);
        }

        let found = load(&path).expect("there is a snapshot");
        assert!(
            found >= written,
            "round {round}: {written} was written, {found} is there"
        );
        last = found;
        let files = fs::read_dir(directory.path()).expect("it is ours").count();
        assert!(files <= 2, "round {round}: {files} files");
        interrupted += u32::from(files == 2);
    }
    file(&path)
        .remove_leftovers()
        .expect("the directory is ours");
    assert_eq!(
        fs::read_dir(directory.path()).expect("it is ours").count(),
        1
    );
    // Otherwise this has tested nothing.
    assert!(
        interrupted > KILLS / 20,
        "{interrupted} writes were interrupted"
    );
    println!(
        "{KILLS} kills, {interrupted} of them in the midst of a write, {last} snapshots: all whole"
    );
}
