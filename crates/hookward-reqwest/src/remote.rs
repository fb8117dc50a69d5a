//! A document's place, with what opens it.

use core::future::Future;
use core::pin::Pin;

use hookward_refresh::{Fetch, Transport};
use tokio::time::timeout;

use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::exchange::{Answer, Failure};
use crate::login::{CopyleaksLogin, LoginFailure, Origin, Token};

/// What the driver fetches from. A trait, so that the driver is tested in virtual time, where there are no sockets.
pub(crate) trait Source: Send {
    /// Carries out `fetch`; the body has at most `max_body` bytes. The future keeps what it needs, and may be dropped.
    fn fetch(&self, fetch: Fetch, max_body: usize) -> Fetching;
}

/// A fetch under way.
pub(crate) type Fetching = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>;

#[derive(Clone)]
pub(crate) struct Remote {
    pub(crate) endpoint: Endpoint,
    pub(crate) credentials: Credentials,
}

impl Source for Remote {
    fn fetch(&self, fetch: Fetch, max_body: usize) -> Fetching {
        let remote = self.clone();
        Box::pin(async move {
            let limit = remote.endpoint.total_timeout();
            timeout(limit, remote.fetch_untimed(&fetch, max_body))
                .await
                .unwrap_or_else(|_| {
                    let detail = format!("it took more than {limit:?}");
                    Err(Failure::new(Transport::TooSlow, detail))
                })
        })
    }
}

impl Remote {
    async fn fetch_untimed(&self, fetch: &Fetch, max_body: usize) -> Result<Answer, Failure> {
        let authorization = match &self.credentials {
            Credentials::None => None,
            Credentials::Bearer(token) => Some(token.authorization()),
            Credentials::Copyleaks(login) => {
                return match self.fetch_logged_in(login, fetch, max_body).await {
                    Err(LoginFailure::Refused(answer)) => refused(answer),
                    Err(LoginFailure::Failed(failure)) => Err(failure),
                    Ok(answer) => Ok(answer),
                };
            }
        };
        self.endpoint.get(fetch, authorization, max_body).await
    }

    /// With the token at hand, and if that is refused, once with a new one.
    async fn fetch_logged_in(
        &self,
        login: &CopyleaksLogin,
        fetch: &Fetch,
        max_body: usize,
    ) -> Result<Answer, LoginFailure> {
        let (answer, origin) = self.attempt(login, fetch, max_body).await?;
        if answer.status == UNAUTHORIZED && origin == Origin::Kept {
            let (answer, _) = self.attempt(login, fetch, max_body).await?;
            return Ok(answer);
        }
        Ok(answer)
    }

    async fn attempt(
        &self,
        login: &CopyleaksLogin,
        fetch: &Fetch,
        max_body: usize,
    ) -> Result<(Answer, Origin), LoginFailure> {
        let Token { token, origin } = login.token().await?;
        let answer = self
            .endpoint
            .get(fetch, Some(token.authorization()), max_body)
            .await
            .map_err(LoginFailure::Failed)?;
        if answer.status == UNAUTHORIZED {
            login.forget(&token).await;
        }
        Ok((answer, origin))
    }
}

const UNAUTHORIZED: u16 = 401;

/// A refused login is a refused fetch: its status is told, its `Retry-After` honoured. But nothing is unchanged by it.
fn refused(mut answer: Answer) -> Result<Answer, Failure> {
    let detail = format!("the login was answered {}", answer.status);
    if answer.status == 304 {
        return Err(Failure::new(Transport::Unreachable, detail));
    }
    answer.detail = Some(detail);
    Ok(answer)
}
