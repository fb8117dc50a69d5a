//! A list outlives the process, and is trusted no further for it.

mod common;

use core::time::Duration;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use common::{Answer, Server, run};
use hookward_reqwest::hookward_refresh::{State, Validators};
use hookward_reqwest::{Damage, SnapshotError, SnapshotFile, StoredDocument};
use rustls::pki_types::UnixTime;

fn ago(duration: Duration) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(
        UnixTime::now().as_secs() - duration.as_secs(),
    ))
}

fn stored(body: &str, checked_at: UnixTime) -> StoredDocument {
    StoredDocument::new(
        body.into(),
        Validators::new(Some("\"v1\""), None),
        checked_at,
    )
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MAX_BODY: usize = 1000;

#[test]
fn what_is_written_is_read_and_only_its_owner_can() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list.snapshot");
    let file = SnapshotFile::new(&path, "https://lists.example/");
    assert!(file.read(MAX_BODY).unwrap().is_none());
    for body in ["1", "1\n2"] {
        let stored = stored(body, ago(DAY));
        file.write(&stored).unwrap();
        assert_eq!(file.read(MAX_BODY).unwrap(), Some(stored));
    }
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(names(directory.path()), ["list.snapshot"]);
}

#[test]
fn it_is_a_snapshot_of_one_url() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list.snapshot");
    SnapshotFile::new(&path, "https://lists.example/")
        .write(&stored("1", ago(DAY)))
        .unwrap();
    let other = SnapshotFile::new(&path, "https://mirror.example/");
    assert!(matches!(other.read(MAX_BODY), Err(SnapshotError::OtherUrl)));
}

#[test]
fn one_that_is_too_long_is_not_read_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list.snapshot");
    let file = SnapshotFile::new(&path, "https://lists.example/");
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let result = file.read(MAX_BODY);
    assert!(matches!(
        result,
        Err(SnapshotError::Damaged(Damage::TooLong { .. }))
    ));
}

#[test]
fn what_killed_writers_leave_is_removed_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let keep = [
        ".list.snapshot.tmp",
        ".other.snapshot.abc.tmp",
        "list.snapshot",
        "list.snapshot.damaged",
    ];
    for name in keep.iter().chain(&[".list.snapshot.abcdef.tmp"]) {
        fs::write(directory.path().join(name), "").unwrap();
    }
    let file = SnapshotFile::new(
        directory.path().join("list.snapshot"),
        "https://lists.example/",
    );
    file.remove_leftovers().unwrap();
    assert_eq!(names(directory.path()), keep);
}

#[test]
fn a_directory_that_is_not_there_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let file = SnapshotFile::new(
        directory.path().join("none/list.snapshot"),
        "https://lists.example/",
    );
    assert!(file.read(MAX_BODY).unwrap().is_none());
    file.write(&stored("1", ago(DAY))).unwrap_err();
    SnapshotFile::new("/", "https://lists.example/")
        .write(&stored("1", ago(DAY)))
        .unwrap_err();
}

fn snapshot_bytes(server: &Server, stored: &StoredDocument) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list.snapshot");
    SnapshotFile::new(&path, &server.url).write(stored).unwrap();
    fs::read(path).unwrap()
}

#[tokio::test]
async fn a_driver_starts_from_what_another_left() {
    let server = Server::plain(|_| Answer::ok("1\n2").with("etag", "\"v1\"")).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list.snapshot");
    let mut running = run(server.driver().snapshot(&path));
    running.loaded(&[1, 2]).await;
    let file = SnapshotFile::new(&path, &server.url);
    let kept = loop {
        // The file is written beside everything else: the next answer comes no earlier than the one before is asked about.
        running.until(|_| true).await;
        if let Some(kept) = file.read(MAX_BODY).unwrap() {
            break kept;
        }
    };
    assert_eq!(kept.body, b"1\n2");
    assert_eq!(kept.validators.etag(), Some("\"v1\""));
    drop(running);
    drop(server.seen());

    // What is kept is published before anything is fetched, with its own dates.
    let published = Arc::new(Mutex::new(None));
    let seen = published.clone();
    let (_driver, handle) = server
        .driver()
        .config(Default::default())
        .snapshot(&path)
        .publish(move |publication| *seen.lock().unwrap() = publication)
        .build()
        .unwrap();
    let published = published.lock().unwrap().take().unwrap();
    assert_eq!(published.document.0, [1, 2]);
    assert!(published.checked_at >= kept.checked_at);
    // Both clocks are asked, and one tells whole seconds only.
    let trusted_for = published.expires_at.as_secs() - published.checked_at.as_secs();
    assert!((7 * DAY.as_secs() - 2..=7 * DAY.as_secs()).contains(&trusted_for));
    assert_eq!(handle.status().state, State::Fresh);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_stale_snapshot_serves_while_it_is_fetched_anew_and_an_expired_one_does_not() {
    let server = Server::plain(|_| Answer::ok("1\n2")).await;
    for (checked_at, state) in [
        (ago(3 * DAY), State::Stale),
        (ago(8 * DAY), State::Expired),
        (
            UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() + 3600)),
            State::Expired,
        ),
        (
            UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX)),
            State::Expired,
        ),
        (UnixTime::since_unix_epoch(Duration::ZERO), State::Expired),
    ] {
        let bytes = snapshot_bytes(&server, &stored("1", checked_at));
        // One of its own: the driver before may still be writing its.
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("list.snapshot");
        fs::write(&path, bytes).unwrap();
        let published = Arc::new(Mutex::new(Vec::new()));
        let seen = published.clone();
        let (driver, handle) = server
            .driver()
            .snapshot(&path)
            .config(Default::default())
            .publish(move |p| seen.lock().unwrap().push(p.is_some()))
            .build()
            .unwrap();
        assert_eq!(handle.status().state, state);
        assert_eq!(*published.lock().unwrap(), [state == State::Stale]);
        let task = tokio::spawn(driver.run());
        common::Running { handle, task }.loaded(&[1, 2]).await;
        assert_eq!(published.lock().unwrap().last(), Some(&true));
    }
}

#[tokio::test]
async fn a_damaged_snapshot_is_set_aside_and_never_published() {
    let server = Server::plain(|_| Answer::ok("7")).await;
    let whole = snapshot_bytes(&server, &stored("1\n2", ago(DAY)));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list.snapshot");
    let aside = directory.path().join("list.snapshot.damaged");
    let truncations = (0..whole.len()).map(|len| whole[..len].to_vec());
    let flips = (0..whole.len()).map(|index| {
        let mut bytes = whole.clone();
        bytes[index] ^= 1 << (index % 8);
        bytes
    });
    let unreadable = snapshot_bytes(&server, &stored("one", ago(DAY)));
    for damaged in truncations.chain(flips).chain([unreadable]) {
        fs::write(&path, &damaged).unwrap();
        let (_driver, handle) = server
            .driver()
            .snapshot(&path)
            .publish(|publication| assert!(publication.is_none()))
            .build()
            .unwrap();
        let status = handle.status();
        assert_eq!(status.state, State::Absent);
        let message = status.last_error.unwrap().message;
        assert!(
            message.contains("is damaged and was set aside as"),
            "{message}"
        );
        assert!(!path.exists());
        assert_eq!(fs::read(&aside).unwrap(), damaged);
    }
    // And all goes on without it.
    fs::write(&path, &whole[1..]).unwrap();
    run(server.driver().snapshot(&path)).loaded(&[7]).await;
}

#[tokio::test]
async fn a_snapshot_of_another_url_stays_where_it_is_and_is_not_used() {
    let server = Server::plain(|_| Answer::ok("7")).await;
    let other = Server::plain(|_| Answer::ok("7")).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list.snapshot");
    let bytes = snapshot_bytes(&other, &stored("1", ago(DAY)));
    fs::write(&path, &bytes).unwrap();
    let (_driver, handle) = server.driver().snapshot(&path).build().unwrap();
    let status = handle.status();
    assert_eq!(status.state, State::Absent);
    assert_eq!(
        status.last_error.unwrap().message,
        "the snapshot is not used: it belongs to another URL"
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn a_disk_that_refuses_does_not_keep_the_list_from_being_used() {
    let server = Server::plain(|_| Answer::ok("1")).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gone/list.snapshot");
    let mut running = run(server.driver().snapshot(path));
    let status = running
        .until(|status| status.last_error.is_some() && status.current.is_some())
        .await;
    assert_eq!(status.state, State::Fresh);
    let message = status.last_error.unwrap().message;
    assert!(
        message.contains("the snapshot cannot be written"),
        "{message}"
    );
}
