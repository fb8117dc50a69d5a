//! Answers to proxies that ask before they forward.

use core::convert::Infallible;
use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};

use bytes::Bytes;
use hookward::Verified;
use hookward_forwarded::ForwardAuthForm;
use hookward_hyper::{BodyError, GuardedBody, Lingering, RequestId, webhook_headers};
use http::uri::PathAndQuery;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::Empty;
use prometheus_client::metrics::counter::Counter;
use tower::Service;

use crate::metrics::Metrics;
use crate::serve::attribution::lines;

/// An answer to a proxy: a status and headers.
pub(crate) type Answer = Response<Empty<Bytes>>;

/// Turns each question into the request that it is about, has it judged, and answers with a status
/// that the proxy understands.
#[derive(Clone, Debug)]
pub(crate) struct Asked<S> {
    form: ForwardAuthForm,
    unreadable: Counter,
    judge: S,
}

/// What stands in the place of the application: it says that the request is admitted, and what the
/// guard knows of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admit;

impl<S> Asked<S> {
    pub(crate) fn new(form: ForwardAuthForm, metrics: &Metrics, judge: S) -> Self {
        Self {
            form,
            unreadable: metrics.unreadable_questions(),
            judge,
        }
    }
}

impl<S> Service<Request<Lingering>> for Asked<S>
where
    S: Service<Request<Lingering>, Response = Answer>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = Answer;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.judge.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Lingering>) -> Self::Future {
        let form = self.form;
        let (method, uri) = match original(form, &request) {
            Ok(original) => original,
            Err(error) => {
                self.unreadable.inc();
                let id = RequestId::of(request.headers());
                let request_id = id.as_str();
                tracing::warn!(request_id, %error, "the proxy's question cannot be read");
                let mut refused = answer(form, StatusCode::FORBIDDEN);
                let headers = refused.headers_mut();
                headers.insert(RequestId::HEADER, id.header_value().clone());
                return Box::pin(async move { Ok(refused) });
            }
        };
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let judged = self.judge.call(request);
        Box::pin(async move {
            let mut response = judged.await?;
            *response.status_mut() = relayed(form, response.status());
            Ok(response)
        })
    }
}

/// Method and target of the request that the proxy asks about. The query is left out: it takes no
/// part in any judgement.
fn original(
    form: ForwardAuthForm,
    question: &Request<Lingering>,
) -> Result<(Method, Uri), Box<dyn core::error::Error + Send + Sync>> {
    let target = question
        .uri()
        .path_and_query()
        .map_or("", PathAndQuery::as_str);
    let method = question.method().as_str();
    let original = form.original(method, target, |name| lines(question.headers(), name))?;
    Ok((original.method.parse()?, original.path.parse()?))
}

fn relayed(form: ForwardAuthForm, status: StatusCode) -> StatusCode {
    // The numbers are the form's own; there is no other status to turn to.
    StatusCode::from_u16(form.relay(status.as_u16()).to_proxy).unwrap_or(StatusCode::FORBIDDEN)
}

fn answer(form: ForwardAuthForm, status: StatusCode) -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = relayed(form, status);
    answer
}

impl Service<Verified<Request<GuardedBody<Lingering>>>> for Admit {
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, verified: Verified<Request<GuardedBody<Lingering>>>) -> Self::Future {
        Box::pin(async move {
            let (webhook, request) = verified.into_parts();
            let mut answer = Answer::default();
            match drain(request.into_body()).await {
                Ok(()) => answer.headers_mut().extend(webhook_headers(&webhook)),
                Err(error) => *answer.status_mut() = status_of(&error),
            }
            Ok(answer)
        })
    }
}

/// Reads a body that nobody needs to its end, so that its limits hold here as well.
async fn drain(body: impl Body<Error = BodyError>) -> Result<(), BodyError> {
    let mut body = pin!(body);
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        frame?;
    }
    Ok(())
}

const fn status_of(error: &BodyError) -> StatusCode {
    match error {
        BodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::TimedOut => StatusCode::REQUEST_TIMEOUT,
        _ => StatusCode::BAD_REQUEST,
    }
}
