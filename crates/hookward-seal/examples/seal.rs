//! Seals or opens one payload: what the interop checks run beside the same in other languages.
//!
//! Reads one JSON object from standard input and writes one to standard output. Both have `do`,
//! `seal` or `open`, the `key` in PASERK form, and the binding: `purpose`, `audience`, `scan_id`.
//! To seal, there are `iat`, `exp` and optionally `data`, and the answer has `token`; to open, there
//! are `token` and `now`, and the answer has what `seal` was given. `key-id` takes a key alone and
//! answers with its `key_id`. Times are seconds after 1970.

use core::error::Error;
use core::time::Duration;
use std::io;

use hookward_seal::{Claims, SealKey, SealRing};
use hookward_secret::{Binding, Purpose, Ring};
use rustls_pki_types::UnixTime;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let request: Value = serde_json::from_str(&io::read_to_string(io::stdin())?)?;
    let answer = answer(&request)?;
    println!("{answer}");
    Ok(())
}

fn answer(request: &Value) -> Result<Value, Box<dyn Error>> {
    let text = |name| {
        request[name]
            .as_str()
            .ok_or_else(|| format!("no text `{name}`"))
    };
    let time = |name| {
        let seconds = request[name]
            .as_u64()
            .ok_or_else(|| format!("no number `{name}`"))?;
        Ok::<_, String>(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    };

    let key = SealKey::from_paserk(text("key")?)?;
    if text("do")? == "key-id" {
        return Ok(json!({ "key_id": key.id() }));
    }
    let ring = SealRing::new(Ring::builder().entry("interop", key).build()?);
    let purpose = text("purpose")?;
    let binding = Binding {
        purpose: Purpose::ALL
            .into_iter()
            .find(|known| known.as_str() == purpose)
            .ok_or("unknown purpose")?,
        audience: text("audience")?,
        scan_id: text("scan_id")?,
    };
    match text("do")? {
        "seal" => {
            let mut claims = Claims::new(time("iat")?, time("exp")?)?;
            if let Some(data) = request["data"].as_str() {
                claims = claims.with_data(data);
            }
            let payload = ring.seal(&binding, &claims)?;
            Ok(json!({ "token": payload.expose() }))
        }
        "open" => {
            let opened = ring.open(text("token")?, &binding, time("now")?)?;
            let claims = opened.claims();
            let mut answer = json!({
                "iat": claims.issued_at().as_secs(),
                "exp": claims.expires_at().as_secs(),
            });
            if let Some(data) = claims.data() {
                answer["data"] = data.into();
            }
            Ok(answer)
        }
        other => Err(format!("unknown: {other}").into()),
    }
}
