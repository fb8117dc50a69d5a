//! `hookward reasons`: every reason there is, and no other.

mod common;

use common::Site;
use hookward::Reason;
use serde_json::Value;

#[test]
fn every_reason_is_explained_once() {
    let ran = Site::new().run(["reasons", "--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let rows: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(rows.len(), Reason::ALL.len());
    for (row, reason) in rows.iter().zip(Reason::ALL) {
        assert_eq!(row["name"], reason.name());
        assert_eq!(row["meaning"], reason.meaning());
        assert_eq!(row["likely_cause"], reason.likely_cause());
        assert_eq!(row["remedy"], reason.remedy());
        assert_eq!(row["status"], reason.answer().status());
    }
    let people = Site::new().run(["reasons"]).stdout;
    let names = people
        .lines()
        .filter(|line| line.ends_with(')') && !line.starts_with(' '));
    assert_eq!(names.count(), Reason::ALL.len());
}

#[test]
fn one_reason_can_be_asked_for() {
    let ran = Site::new().run(["reasons", "body_too_large"]);
    assert_eq!(
        ran.stdout,
        "body_too_large (413)\n  \
         The body is larger than the route allows.\n  \
         likely cause: A very large scan, or an attack.\n  \
         what to do:   Raise the route's body limit if the webhook is genuine.\n"
    );
    let unknown = Site::new().run(["reasons", "because"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (2, ""));
    assert!(
        unknown.stderr.contains("no such reason"),
        "{}",
        unknown.stderr
    );
}
