use core::time::Duration;

use hookward::{Answer, Decision, Reason};
use http::{HeaderValue, Response, StatusCode, Version, header};

/// How a request will be answered, if it turns out to be refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefusalForm {
    retry_after: Option<Duration>,
    methods: &'static [&'static str],
    unread: Unread,
    version: Version,
}

/// The answer to a request that was not accepted: a status, and nothing that tells why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    reason: Reason,
    form: RefusalForm,
}

impl RefusalForm {
    pub(crate) fn of(decision: &Decision<'_>, unread: Unread, version: Version) -> Self {
        Self {
            retry_after: decision.retry_after(),
            methods: decision.event().map_or(&[], |event| event.methods()),
            unread,
            version,
        }
    }

    /// A request that was accepted at its head and whose body turned out not to be in order.
    pub(crate) const fn midway(version: Version) -> Self {
        Self {
            retry_after: None,
            methods: &[],
            unread: Unread::Something,
            version,
        }
    }

    pub(crate) const fn because(self, reason: Reason) -> Refused {
        Refused { reason, form: self }
    }
}

impl Refused {
    pub(crate) fn into_response<B: Default>(self) -> Response<B> {
        let Self { reason, form } = self;
        let answer = reason.answer();
        let mut response = Response::new(B::default());
        // The numbers are the guard's own; there is no other status to turn to.
        *response.status_mut() =
            StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::FORBIDDEN);
        let headers = response.headers_mut();
        if let Some(wait) = form.retry_after {
            // Whole seconds, never less than configured, and at least one.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        // https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
        if answer == Answer::MethodNotAllowed
            && let Ok(methods) = HeaderValue::from_str(&form.methods.join(", "))
        {
            headers.insert(header::ALLOW, methods);
        }
        // A malformed message casts doubt on where the next one begins. In HTTP/2 the server
        // resets the stream, and the header must not be sent.
        let close = form.unread == Unread::Something || answer == Answer::BadRequest;
        if close && form.version <= Version::HTTP_11 {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response.extensions_mut().insert(reason);
        response
    }
}

/// Whether part of the body was left unread.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unread {
    Nothing,
    Something,
}
