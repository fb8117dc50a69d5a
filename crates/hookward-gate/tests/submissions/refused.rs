//! Webhooks that were armed for something else, or not at all.

use core::time::Duration;
use std::collections::BTreeSet;

use hookward::seal::{Claims, SealKey, SealRing};
use hookward::{Purpose, Ring, UnixTime};
use hookward_secret::Binding;
use serde_json::json;

use super::common::gate::Gate;
use super::sender::Webhook;
use super::{ARMED, Setting, status_url};

/// A scan that is armed in both places, and what else could come with its webhooks.
struct Armed {
    genuine: Webhook,
    another_scan: Webhook,
    another_audience: Webhook,
    removed_key: Webhook,
}

impl Armed {
    fn new(setting: &Setting, config: &str) -> Self {
        let staging = config.replace("\"production\"", "\"staging\"");
        let removed = config
            .replace("\"seal.key\"", "\"old-seal.key\"")
            .replace("\"derivation.key\"", "\"old-derivation.key\"");
        for (file, changed) in [("staging.toml", staging), ("removed.toml", removed)] {
            assert_ne!(changed, config);
            setting.configure(file, &changed);
        }
        let submit = |config: &str, scan_id: &str| {
            let form = setting.form_of(config, scan_id, &["submission", "--url", &status_url()]);
            Webhook::of_status(&form, "completed")
        };
        Self {
            genuine: submit("hookward.toml", "scan-1"),
            another_scan: submit("hookward.toml", "scan-2"),
            another_audience: submit("staging.toml", "scan-1"),
            removed_key: submit("removed.toml", "scan-1"),
        }
    }

    /// The webhook of `scan-1` with this payload.
    fn payload(&self, payload: &str) -> Webhook {
        let body = json!({ "developerPayload": payload }).to_string();
        Webhook {
            body,
            ..self.genuine.clone()
        }
    }

    /// The webhook of `scan-1` with this secret in the header.
    fn header(&self, secret: &str) -> Webhook {
        let mut webhook = self.genuine.clone();
        webhook.headers[0].1 = secret.to_owned();
        webhook
    }
}

fn payload_of(webhook: &Webhook) -> String {
    let body: serde_json::Value = serde_json::from_str(&webhook.body).unwrap();
    body["developerPayload"].as_str().unwrap().to_owned()
}

fn header_of(webhook: &Webhook) -> &str {
    &webhook.headers[0].1
}

/// A token for `scan-1` in production that was sealed two days ago for one, with the gate's key.
fn expired_token(setting: &Setting, purpose: Purpose) -> String {
    let key = std::fs::read_to_string(setting.site.path("seal.key")).unwrap();
    let key = SealKey::from_paserk(key.trim_end()).unwrap();
    let ring = SealRing::new(Ring::builder().entry("june", key).build().unwrap());
    let now = UnixTime::now().as_secs();
    let ago =
        |days: u64| UnixTime::since_unix_epoch(Duration::from_secs(now - days * 24 * 60 * 60));
    let binding = Binding {
        purpose,
        audience: "production",
        scan_id: "scan-1",
    };
    let claims = Claims::new(ago(2), ago(1)).unwrap();
    ring.seal(&binding, &claims).unwrap().expose().to_owned()
}

/// Sends each webhook, and asserts that it is refused with its reason, which is no other's.
fn assert_distinct(setting: &Setting, gate: &Gate, refused: &[(Webhook, &str)]) {
    let mut reasons = BTreeSet::new();
    for (webhook, expected) in refused {
        let reason = setting.refused(gate, webhook);
        assert_eq!(reason, *expected, "{webhook:?}");
        assert!(
            reasons.insert(reason),
            "{expected} is the reason of another"
        );
    }
}

#[test]
fn what_was_armed_for_something_else_is_refused_each_with_its_own_reason() {
    let setting = Setting::new(ARMED);
    let armed = Armed::new(&setting, ARMED);
    let gate = Gate::start(&setting.site);
    setting.passes(&gate, &armed.genuine);
    let payload = |of: &Webhook| armed.payload(&payload_of(of));
    assert_distinct(
        &setting,
        &gate,
        &[
            (payload(&armed.another_scan), "payload_token_not_authentic"),
            (
                armed.payload(&expired_token(&setting, Purpose::DeveloperPayload)),
                "payload_token_expired",
            ),
            (payload(&armed.removed_key), "payload_token_key_unknown"),
            (
                payload(&armed.another_audience),
                "payload_token_another_audience",
            ),
            (
                armed.payload(header_of(&armed.genuine)),
                "developer_payload_misplaced",
            ),
        ],
    );
}

/// As [`ARMED`], with the kinds of secrets the other way round.
#[test]
fn a_sealed_header_is_refused_with_reasons_of_its_own() {
    let config = r#"
[developer_payload]
audience = "production"
derived = { keys = [{ label = "may", file = "derivation.key" }] }
[header_secret]
header = "x-webhook-secret"
audience = "production"
sealed = { keys = [{ label = "june", file = "seal.key" }], lifetime = "1d" }
[[route]]
path = "/copyleaks/{status}/{scan_id}"
policy = "developer_payload and header_secret"
"#;
    let setting = Setting::new(config);
    let armed = Armed::new(&setting, config);
    let gate = Gate::start(&setting.site);
    setting.passes(&gate, &armed.genuine);
    let header = |of: &Webhook| armed.header(header_of(of));
    assert_distinct(
        &setting,
        &gate,
        &[
            (header(&armed.another_scan), "header_token_not_authentic"),
            (
                armed.header(&expired_token(&setting, Purpose::Header)),
                "header_token_expired",
            ),
            (header(&armed.removed_key), "header_token_key_unknown"),
            (
                header(&armed.another_audience),
                "header_token_another_audience",
            ),
            (
                armed.header(&payload_of(&armed.genuine)),
                "header_secret_misplaced",
            ),
        ],
    );
}

/// An HMAC does not say what it was made of.
#[test]
fn a_derived_secret_for_something_else_is_wrong_like_any_other_value() {
    let setting = Setting::new(ARMED);
    let armed = Armed::new(&setting, ARMED);
    let gate = Gate::start(&setting.site);
    for of in [
        &armed.another_scan,
        &armed.another_audience,
        &armed.removed_key,
    ] {
        let webhook = armed.header(header_of(of));
        assert_eq!(setting.refused(&gate, &webhook), "header_secret_wrong");
    }
    let misplaced = armed.header(&payload_of(&armed.genuine));
    assert_eq!(
        setting.refused(&gate, &misplaced),
        "header_secret_misplaced"
    );
}

#[test]
fn a_webhook_that_was_not_armed_is_refused() {
    let setting = Setting::new(ARMED);
    let armed = Armed::new(&setting, ARMED);
    let gate = Gate::start(&setting.site);
    for webhook in [
        Webhook {
            headers: Vec::new(),
            ..armed.genuine.clone()
        },
        Webhook::new(&format!("https://h{}", armed.genuine.path), &json!(null)),
    ] {
        assert_eq!(setting.refused(&gate, &webhook), "header_secret_missing");
    }
}

#[test]
fn one_kind_for_both_places_is_still_two_secrets() {
    let kinds = |kind: &str, file: &str| {
        let keys = format!("{kind} = {{ keys = [{{ label = \"a\", file = \"{file}\" }}] }}");
        format!(
            r#"
[developer_payload]
audience = "production"
{keys}
[header_secret]
header = "x-webhook-secret"
audience = "production"
{keys}
[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "developer_payload and header_secret"
"#
        )
    };
    for (kind, file) in [("derived", "derivation.key"), ("sealed", "seal.key")] {
        let setting = Setting::new(&kinds(kind, file));
        let form = setting.form(&["submission", "--url", &status_url()]);
        let gate = Gate::start(&setting.site);
        let genuine = Webhook::of_status(&form, "completed");
        setting.passes(&gate, &genuine);
        let body = json!({ "developerPayload": genuine.headers[0].1 }).to_string();
        let copied = Webhook { body, ..genuine };
        let reason = setting.refused(&gate, &copied);
        assert_eq!(reason, "developer_payload_misplaced");
    }
}
