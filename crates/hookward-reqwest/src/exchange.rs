//! One request and its answer.

use core::error::Error;
use core::fmt::Write;
use core::time::Duration;
use std::time::SystemTime;

use hookward_refresh::{Caching, Fetch, Response, Transport, Validators};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RETRY_AFTER,
};
use reqwest::{Method, RequestBuilder, StatusCode};

use crate::endpoint::Endpoint;

/// What came back, whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Empty unless the status is 200.
    pub(crate) body: Vec<u8>,
    validators: Validators,
    max_age: Option<Duration>,
    retry_after: Option<Duration>,
    /// For people: what the status alone does not say.
    pub(crate) detail: Option<String>,
}

impl Answer {
    pub(crate) fn new(status: u16, body: Vec<u8>, validators: Validators) -> Self {
        Self {
            status,
            body,
            validators,
            max_age: None,
            retry_after: None,
            detail: None,
        }
    }

    pub(crate) fn response(&self) -> Response<'_> {
        Response {
            status: self.status,
            body: &self.body,
            validators: self.validators.clone(),
            max_age: self.max_age,
            retry_after: self.retry_after,
        }
    }
}

/// Why nothing came back whole.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) transport: Transport,
    /// For people: what the layers below have to say.
    pub(crate) detail: String,
}

impl Failure {
    pub(crate) fn new(transport: Transport, detail: impl Into<String>) -> Self {
        Self {
            transport,
            detail: detail.into(),
        }
    }

    fn of(error: reqwest::Error) -> Self {
        let transport = if error.is_redirect() {
            Transport::Redirected
        } else if error.is_connect() || error.is_builder() {
            Transport::Unreachable
        } else if error.is_timeout() {
            Transport::TooSlow
        } else {
            Transport::Interrupted
        };
        Self::new(transport, chain(&error.without_url()))
    }

    fn too_long(max: usize) -> Self {
        Self::new(Transport::BodyTooLong, format!("it has over {max} bytes"))
    }
}

/// An error and its sources on one line. What a server may have had a hand in is escaped and cut.
pub(crate) fn chain(error: &dyn Error) -> String {
    const MAX_CHARS: usize = 300;
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text.chars()
        .flat_map(|c| {
            // Quotes and letters of all languages stay as they are.
            let escaped = c.is_control() || !(c.is_ascii() || c.is_alphanumeric());
            escaped
                .then(|| c.escape_default())
                .into_iter()
                .flatten()
                .chain((!escaped).then_some(c))
        })
        .take(MAX_CHARS)
        .collect()
}

impl Endpoint {
    /// Asks for the document.
    pub(crate) async fn get(
        &self,
        fetch: &Fetch,
        authorization: Option<HeaderValue>,
        max_body: usize,
    ) -> Result<Answer, Failure> {
        let mut request = self.request(Method::GET);
        if let Some(validators) = &fetch.validators {
            for (name, value) in [
                (IF_NONE_MATCH, validators.etag()),
                (IF_MODIFIED_SINCE, validators.last_modified()),
            ] {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
        }
        if fetch.caching == Caching::Bypassed {
            request = request.header(CACHE_CONTROL, "no-cache");
        }
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        exchange(request, max_body).await
    }

    /// Submits a JSON document.
    pub(crate) async fn post(&self, json: Vec<u8>, max_body: usize) -> Result<Answer, Failure> {
        let request = self
            .request(Method::POST)
            .header(CONTENT_TYPE, "application/json")
            .body(json);
        exchange(request, max_body).await
    }

    fn request(&self, method: Method) -> RequestBuilder {
        self.client
            .request(method, self.url.clone())
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "identity")
    }
}

async fn exchange(request: RequestBuilder, max_body: usize) -> Result<Answer, Failure> {
    let mut response = request.send().await.map_err(Failure::of)?;
    let mut body = Vec::new();
    if response.status() == StatusCode::OK {
        if (response.content_length()).is_some_and(|len| len > max_body as u64) {
            return Err(Failure::too_long(max_body));
        }
        while let Some(chunk) = response.chunk().await.map_err(Failure::of)? {
            if chunk.len() > max_body - body.len() {
                return Err(Failure::too_long(max_body));
            }
            body.extend_from_slice(&chunk);
        }
    }
    let headers = response.headers();
    let validators = Validators::new(text(headers, ETAG), text(headers, LAST_MODIFIED));
    Ok(Answer {
        max_age: max_age(headers),
        retry_after: text(headers, RETRY_AFTER)
            .and_then(|value| retry_after(value, SystemTime::now())),
        ..Answer::new(response.status().as_u16(), body, validators)
    })
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// The shortest `max-age` of all `Cache-Control` lines ([RFC 9111 section 5.2.2.1]).
///
/// [RFC 9111 section 5.2.2.1]: https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.1
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get_all(CACHE_CONTROL)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|directive| {
            let (name, value) = directive.split_once('=')?;
            let value = value.trim();
            let value =
                (value.strip_prefix('"').and_then(|v| v.strip_suffix('"'))).unwrap_or(value);
            name.trim()
                .eq_ignore_ascii_case("max-age")
                .then(|| seconds(value))?
        })
        .min()
}

/// Seconds, or a date that is turned into the time until then ([RFC 9110 section 10.2.3]).
///
/// [RFC 9110 section 10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    seconds(value).or_else(|| {
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(now).unwrap_or_default())
    })
}

/// Digits alone; more than can be counted are as many as can.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn max_age_is_found_among_directives_and_lines() {
        for (lines, expected) in [
            (&["max-age=60"][..], secs(60)),
            (&["public, Max-Age=\"60\" , immutable"], secs(60)),
            (&["no-store", "max-age=60, max-age=30"], secs(30)),
            (&["max-age=99999999999999999999"], secs(u64::MAX)),
            (
                &[
                    "max-age=-1",
                    "s-maxage=5",
                    "max-age",
                    "max-age= ",
                    "xmax-age=1",
                ],
                None,
            ),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(CACHE_CONTROL, line.parse().unwrap());
            }
            assert_eq!(max_age(&headers), expected, "{lines:?}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 60);
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(retry_after(" 120 ", now), secs(120));
        assert_eq!(retry_after(date, now), secs(60));
        assert_eq!(retry_after(date, now + Duration::from_secs(61)), secs(0));
        for bad in ["", "-1", "1.5", "soon", "+5"] {
            assert_eq!(retry_after(bad, now), None, "{bad:?}");
        }
    }

    #[test]
    fn what_is_told_of_an_error_is_one_short_line() {
        let error = std::io::Error::other(format!("a\r\n\u{202e}\u{e9}'{}", "x".repeat(1000)));
        let text = chain(&error);
        assert!(text.starts_with("a\\r\\n\\u{202e}\u{e9}'xx"), "{text}");
        assert_eq!(text.chars().count(), 300);
    }
}
