//! The official crate reads the bytes that the gate hands on, for each kind of webhook.

mod common;

use common::Site;
use common::gate::Gate;
use common::upstream::Upstream;
use copyleaks::ai_image::AiImageDetectionResponse;
use copyleaks::ai_video::AiVideoDetectionResponse;
use copyleaks::webhooks::{
    self, CompletedWebhook, CreditsCheckedWebhook, ErrorWebhook, ExportCompletedWebhook,
    IndexedWebhook, NewResultWebhook,
};

const CONFIG: &str = r#"
[listen]
address = "127.0.0.1:0"
tls = { certificate = "server.pem", key = "server.key" }
[admin]
address = "127.0.0.1:0"
[log]
format = "json"
[developer_payload]
secrets = [{ label = "first", env = "TEST_PAYLOAD" }]
[[route]]
path = "/copyleaks/{status}/{scan_id}"
policy = "developer_payload"
[[route]]
path = "/new-result/{scan_id}"
event = "newResult"
policy = "developer_payload"
[[route]]
path = "/export/{scan_id}"
event = "exportCompleted"
policy = "developer_payload"
[[route]]
path = "/image/{scan_id}"
event = "aiImage"
policy = "developer_payload"
[[route]]
path = "/video/{scan_id}"
event = "aiVideo"
policy = "developer_payload"
"#;

/// Sends a body through a gate, and returns the bytes that reach the application.
struct Through {
    site: Site,
    upstream: Upstream,
    gate: Gate,
}

impl Through {
    fn new() -> Self {
        let site = Site::new();
        let upstream = Upstream::new();
        site.openssl_certificate("server", "localhost");
        let config = format!("upstream = \"http://{}\"\n{CONFIG}", upstream.address);
        site.write("hookward.toml", config);
        let gate = Gate::start(&site);
        Self {
            site,
            upstream,
            gate,
        }
    }

    /// The fields of a JSON object go in; the payload is added.
    fn bytes(&self, path: &str, fields: &str) -> Vec<u8> {
        let body = format!("{{{fields}\"developerPayload\":\"{}\"}}", self.site.payload);
        let sent = self.gate.send(&self.site, &[], path, body.as_bytes());
        assert_eq!(sent.status, 200, "{path}");
        let arrived = self.upstream.arrived().pop().expect("it has arrived");
        assert_eq!(arrived.body, body.as_bytes());
        arrived.body
    }
}

#[test]
fn the_official_crate_reads_every_kind_of_webhook_behind_the_gate() {
    let through = Through::new();
    let payload = Some(through.site.payload.clone());

    let completed: CompletedWebhook = webhooks::parse(&through.bytes(
        "/copyleaks/completed/scan-1",
        r#""status":0,"scannedDocument":{"scanId":"scan-1","totalWords":250},
           "results":{"internet":[{"id":"r1","url":"https://example.com/a","matchedWords":12}],
           "database":[],"batch":[],"repositories":[],"score":{"identicalWords":12,"aggregatedScore":4.8}},
           "notifications":{"alerts":[{"code":"suspected-ai-text","additionalData":"{}"}]},"#,
    ))
    .unwrap();
    assert_eq!(completed.developer_payload, payload);
    assert_eq!(completed.status, Some(0));
    let document = completed.scanned_document.unwrap();
    assert_eq!(document.scan_id.as_deref(), Some("scan-1"));
    assert_eq!(completed.results.unwrap().internet.len(), 1);

    let error: ErrorWebhook = webhooks::parse(&through.bytes(
        "/copyleaks/error/scan-1",
        r#""status":1,"error":{"type":"invalid_request_error","id":"bad-file","code":10,"message":"No text."},"#,
    ))
    .unwrap();
    assert_eq!(
        (error.developer_payload, error.status),
        (payload.clone(), Some(1))
    );
    assert_eq!(error.error.unwrap().code, Some(10));

    let price: CreditsCheckedWebhook = webhooks::parse(&through.bytes(
        "/copyleaks/creditsChecked/scan-1",
        r#""status":2,"credits":3,"#,
    ))
    .unwrap();
    assert_eq!(
        (price.developer_payload, price.credits),
        (payload.clone(), Some(3))
    );

    let indexed: IndexedWebhook =
        webhooks::parse(&through.bytes("/copyleaks/indexed/scan-1", r#""status":3,"#)).unwrap();
    assert_eq!(
        (indexed.developer_payload, indexed.status),
        (payload.clone(), Some(3))
    );

    let result: NewResultWebhook = webhooks::parse(&through.bytes(
        "/new-result/scan-1",
        r#""score":{"aggregatedScore":4.8},"internet":[{"id":"r1","title":"A"}],"#,
    ))
    .unwrap();
    assert_eq!(result.developer_payload, payload);
    assert_eq!(result.internet.len(), 1);

    let export: ExportCompletedWebhook = webhooks::parse(&through.bytes(
        "/export/scan-1",
        r#""completed":true,"tasks":[{"endpoint":"https://example.com/b","isHealthy":true,"httpStatusCode":200}],"#,
    ))
    .unwrap();
    assert_eq!(
        (export.developer_payload, export.completed),
        (payload.clone(), true)
    );
    assert!(export.tasks[0].is_healthy);

    let image: AiImageDetectionResponse = webhooks::parse(&through.bytes(
        "/image/scan-1",
        r#""error":{"code":1,"message":"No image."},"#,
    ))
    .unwrap();
    assert_eq!(image.developer_payload, payload);
    assert_eq!(image.error.unwrap().code, Some(1));

    let video: AiVideoDetectionResponse = webhooks::parse(&through.bytes(
        "/video/scan-1",
        r#""error":{"code":2,"message":"No video."},"#,
    ))
    .unwrap();
    assert_eq!(video.developer_payload, payload);
    assert_eq!(video.error.unwrap().code, Some(2));
}
