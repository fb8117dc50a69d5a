//! What `hookward submission` and the like print arms webhooks that `hookward serve` takes, and no
//! others.

#[path = "../common/mod.rs"]
mod common;
mod forms;
mod refused;
mod sender;

use common::Site;
use common::gate::Gate;
use common::upstream::Upstream;
use sender::{Sender, Webhook, headers};
use serde_json::{Value, json};

/// What every configuration of these tests has.
const BASE: &str = r#"
[listen]
address = "127.0.0.1:0"
tls = { certificate = "server.pem", key = "server.key" }
[admin]
address = "127.0.0.1:0"
[log]
format = "json"
"#;

/// Sealed payloads and derived headers, on every route that there can be.
const ARMED: &str = r#"
[developer_payload]
audience = "production"
sealed = { keys = [{ label = "june", file = "seal.key" }], lifetime = "1d" }
[header_secret]
header = "x-webhook-secret"
audience = "production"
derived = { keys = [{ label = "may", file = "derivation.key" }] }
[[route]]
path = "/copyleaks/{status}/{scan_id}"
policy = "developer_payload and header_secret"
[[route]]
path = "/new-result/{scan_id}"
event = "newResult"
policy = "developer_payload and header_secret"
[[route]]
path = "/export/{scan_id}"
event = "exportCompleted"
policy = "developer_payload and header_secret"
[[route]]
path = "/artefact/{scan_id}"
event = "exportUpload"
policy = "header_secret"
[[route]]
path = "/deleted/{scan_id}"
event = "deleteCompleted"
policy = "header_secret"
[[route]]
path = "/image/{scan_id}"
event = "aiImage"
policy = "developer_payload and header_secret"
[[route]]
path = "/video/{scan_id}"
event = "aiVideo"
policy = "developer_payload and header_secret"
"#;

const HOST: &str = "https://hooks.example.com:8443";

/// A site whose gate has keys, and someone who sends to it.
struct Setting {
    site: Site,
    sender: Sender,
    upstream: Upstream,
}

impl Setting {
    fn new(config: &str) -> Self {
        let site = Site::new();
        for (file, kind) in [
            ("seal.key", "seal-key"),
            ("old-seal.key", "seal-key"),
            ("derivation.key", "derivation-key"),
            ("old-derivation.key", "derivation-key"),
        ] {
            let ran = site.run(["secret", "--kind", kind]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            site.write(file, ran.stdout);
        }
        let sender = Sender::new(&site);
        let setting = Self {
            site,
            sender,
            upstream: Upstream::new(),
        };
        setting.configure("hookward.toml", config);
        setting
    }

    fn configure(&self, file: &str, config: &str) {
        let upstream = self.upstream.address;
        let config = format!("upstream = \"http://{upstream}\"\n{BASE}{config}");
        self.site.write(file, config);
    }

    /// What a form prints for `scan-1`, with the configuration that is there.
    fn form(&self, args: &[&str]) -> Value {
        self.form_of("hookward.toml", "scan-1", args)
    }

    fn form_of(&self, config: &str, scan_id: &str, args: &[&str]) -> Value {
        let all = args
            .iter()
            .copied()
            .chain(["--config", config, "--scan-id", scan_id]);
        let ran = self.site.run(all);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{args:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// Sends a webhook that must pass, and returns the line of the log.
    fn passes(&self, gate: &Gate, webhook: &Webhook) -> Value {
        let before = self.upstream.arrived().len();
        assert_eq!(self.sender.send(gate, webhook), 200, "{webhook:?}");
        let line = gate.decision();
        assert_eq!(line["verdict"], "accept", "{line}");
        assert_eq!(self.upstream.arrived().len(), before + 1);
        line
    }

    /// Sends a webhook that must not pass, and returns the reason.
    fn refused(&self, gate: &Gate, webhook: &Webhook) -> String {
        let before = self.upstream.arrived().len();
        assert_eq!(self.sender.send(gate, webhook), 403, "{webhook:?}");
        let line = gate.decision();
        assert_eq!(line["verdict"], "refuse", "{line}");
        assert_eq!(self.upstream.arrived().len(), before);
        line["reason"].as_str().unwrap().to_owned()
    }
}

fn status_url() -> String {
    format!("{HOST}/copyleaks/{{STATUS}}/{{scan_id}}")
}

#[test]
fn the_webhooks_of_an_armed_scan_pass() {
    let setting = Setting::new(ARMED);
    let new_result = format!("{HOST}/new-result/{{scan_id}}");
    let submission = setting.form(&[
        "submission",
        "--url",
        &status_url(),
        "--new-result-url",
        &new_result,
    ]);
    let properties = &submission["properties"];
    let webhooks = &properties["webhooks"];
    assert_eq!(
        webhooks["status"],
        format!("{HOST}/copyleaks/{{STATUS}}/scan-1")
    );
    assert_eq!(webhooks["newResult"], format!("{HOST}/new-result/scan-1"));

    let gate = Gate::start(&setting.site);
    for status in [
        "completed",
        "error",
        "creditsChecked",
        "indexed",
        "creditschecked",
    ] {
        let webhook = Webhook::of_status(&submission, status);
        let line = setting.passes(&gate, &webhook);
        assert_eq!(
            (&line["developer_payload"], &line["header_secret"]),
            (&json!("june"), &json!("may"))
        );
        // The same value comes back several times.
        setting.passes(&gate, &webhook);
    }
    let result = Webhook {
        headers: headers(&webhooks["newResultHeaders"]),
        ..Webhook::new(
            webhooks["newResult"].as_str().unwrap(),
            &properties["developerPayload"],
        )
    };
    setting.passes(&gate, &result);
}

#[test]
fn a_scan_is_armed_for_a_trial_as_well() {
    let trial = "policy = \"header_secret\"\ntrial = \"developer_payload and header_secret\"\n";
    let policy = "policy = \"developer_payload and header_secret\"\n";
    let setting = Setting::new(&ARMED.replacen(policy, trial, 1));
    let submission = setting.form(&["submission", "--url", &status_url()]);
    let gate = Gate::start(&setting.site);
    let line = setting.passes(&gate, &Webhook::of_status(&submission, "completed"));
    assert_eq!(
        (&line["trial"], &line["trial_disagrees"]),
        (&json!("accept"), &json!(false))
    );
}

#[test]
fn the_webhooks_of_an_armed_export_pass() {
    let setting = Setting::new(ARMED);
    let (url, artefact) = (
        format!("{HOST}/export/{{scan_id}}"),
        format!("{HOST}/artefact/{{scan_id}}"),
    );
    let result = format!("r1={artefact}");
    let export = setting.form(&[
        "export",
        "--url",
        &url,
        "--max-retries",
        "3",
        "--pdf-report",
        &artefact,
        "--result",
        &result,
    ]);
    assert_eq!(export["maxRetries"], 3);
    let gate = Gate::start(&setting.site);
    let completed = Webhook {
        headers: headers(&export["completionWebhookHeaders"]),
        ..Webhook::new(
            export["completionWebhook"].as_str().unwrap(),
            &export["developerPayload"],
        )
    };
    setting.passes(&gate, &completed);
    assert_eq!(export["results"][0]["id"], "r1");
    for task in [&export["pdfReport"], &export["results"][0]] {
        let upload = Webhook {
            method: task["verb"].as_str().unwrap().to_owned(),
            headers: headers(&task["headers"]),
            body: "%PDF-1.7".to_owned(),
            ..Webhook::new(task["endpoint"].as_str().unwrap(), &Value::Null)
        };
        assert_eq!(upload.method, "PUT");
        setting.passes(&gate, &upload);
    }
}

#[test]
fn the_webhooks_of_armed_deletions_images_and_videos_pass() {
    let setting = Setting::new(ARMED);
    let gate = Gate::start(&setting.site);
    let url = |path: &str| format!("{HOST}/{path}/{{scan_id}}");
    let deletion = setting.form(&["deletion", "--url", &url("deleted")]);
    let deleted = Webhook {
        headers: headers(&deletion["headers"]),
        body: String::new(),
        ..Webhook::new(
            deletion["completionWebhook"].as_str().unwrap(),
            &Value::Null,
        )
    };
    setting.passes(&gate, &deleted);
    for (command, path) in [("ai-image", "image"), ("ai-video", "video")] {
        let form = setting.form(&[command, "--url", &url(path)]);
        let webhook = Webhook {
            headers: headers(&form["webhooks"]["headers"]),
            ..Webhook::new(
                form["webhooks"]["url"].as_str().unwrap(),
                &form["developerPayload"],
            )
        };
        setting.passes(&gate, &webhook);
    }
}

#[test]
fn only_what_the_policy_looks_at_is_put_in() {
    for (policy, payload, header) in [
        ("developer_payload", true, false),
        ("header_secret", false, true),
        ("header_secret or developer_payload", true, true),
        ("source_address", false, false),
    ] {
        let setting = Setting::new(&format!(
            r#"
[developer_payload]
secrets = [{{ label = "a", env = "TEST_PAYLOAD" }}]
[header_secret]
header = "x-webhook-secret"
secrets = [{{ label = "b", env = "TEST_HEADER" }}]
[source_address]
allow = ["192.0.2.0/24"]
[[route]]
path = "/unused/{{scan_id}}"
event = "newResult"
policy = "developer_payload and header_secret and source_address"
[[route]]
path = "/copyleaks/{{status}}"
policy = "{policy}"
"#
        ));
        let url = format!("{HOST}/copyleaks/{{STATUS}}");
        let properties = setting.form(&["submission", "--url", &url])["properties"].take();
        let expected = |there: bool, value: Value| if there { value } else { Value::Null };
        assert_eq!(
            properties["developerPayload"],
            expected(payload, json!(setting.site.payload))
        );
        assert_eq!(
            properties["webhooks"]["statusHeaders"],
            expected(
                header,
                json!([["x-webhook-secret", setting.site.header_secret]])
            )
        );
    }
}

#[test]
fn the_narrowest_kind_whose_time_has_come_is_issued() {
    let kinds = |not_before: &str, name: &str| {
        format!(
            r#"
[developer_payload]
audience = "production"
secrets = [{{ label = "old", env = "TEST_PAYLOAD" }}]
{name} = {{ keys = [{{ label = "new", file = "{file}", not_before = {not_before} }}] }}
[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "developer_payload"
"#,
            file = if name == "derived" {
                "derivation.key"
            } else {
                "seal.key"
            },
        )
    };
    for name in ["derived", "sealed"] {
        let setting = Setting::new(&kinds("2020-01-01T00:00:00Z", name));
        let narrow = setting.form(&["submission", "--url", &status_url()]);
        setting.configure("hookward.toml", &kinds("9000-01-01T00:00:00Z", name));
        let wide = setting.form(&["submission", "--url", &status_url()]);
        assert_ne!(
            narrow["properties"]["developerPayload"],
            setting.site.payload
        );
        assert_eq!(wide["properties"]["developerPayload"], setting.site.payload);

        // While the kinds change, both pass.
        setting.configure("hookward.toml", &kinds("2020-01-01T00:00:00Z", name));
        let gate = Gate::start(&setting.site);
        for (form, label) in [(narrow, "new"), (wide, "old")] {
            let line = setting.passes(&gate, &Webhook::of_status(&form, "completed"));
            assert_eq!(line["developer_payload"], label);
        }
    }
}
