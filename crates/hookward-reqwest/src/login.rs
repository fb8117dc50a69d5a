//! The token of a Copyleaks account.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use hookward_refresh::Transport;
use hookward_secret::Secret;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::credentials::BearerToken;
use crate::endpoint::Endpoint;
use crate::exchange::{Answer, Failure};

/// Gets access tokens with the key of a Copyleaks account, and keeps each for as long as it lasts ([Copyleaks login]).
///
/// Copyleaks allows twelve logins in fifteen minutes: there is one at a time, however many lists share this, and none while
/// a token is at hand.
///
/// [Copyleaks login]: https://docs.copyleaks.com/reference/actions/account/login/
pub struct CopyleaksLogin {
    endpoint: Endpoint,
    email: String,
    key: Secret,
    /// Held while logging in, so that whoever else needs a token waits for this one.
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    token: Arc<BearerToken>,
    /// Until when it is used, if the server said so in a way that can be read; otherwise until it is refused.
    until: Option<Instant>,
}

/// A token to use now.
pub(crate) struct Token {
    pub(crate) token: Arc<BearerToken>,
    pub(crate) origin: Origin,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    /// It has been used before, so it may have ended early.
    Kept,
    /// It has just been given out.
    New,
}

/// Why there is no token.
pub(crate) enum LoginFailure {
    /// The server answered with another status than 200.
    Refused(Answer),
    /// There was no answer, or none that makes sense.
    Failed(Failure),
}

#[derive(Serialize)]
struct LoginRequest<'a> {
    email: &'a str,
    key: &'a str,
}

#[derive(Deserialize)]
struct LoginAnswer {
    access_token: Zeroizing<String>,
    #[serde(rename = ".issued")]
    issued: Option<String>,
    #[serde(rename = ".expires")]
    expires: Option<String>,
}

/// A token is not used in its last minutes: the server's clock runs on while a request is under way.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// The most bytes that an answer to a login may have.
const MAX_ANSWER: usize = 64 * 1024;

impl CopyleaksLogin {
    /// Where Copyleaks takes logins.
    pub const URL: &str = "https://id.copyleaks.com/v3/account/login/api";

    /// Logs in at `endpoint`, which is at [`URL`](Self::URL) save for tests, with the address and the key of an account.
    ///
    /// # Errors
    ///
    /// If the address is empty or the key is no text.
    pub fn new(
        endpoint: Endpoint,
        email: impl Into<String>,
        key: Secret,
    ) -> Result<Self, CopyleaksLoginError> {
        let email = email.into();
        if email.trim().is_empty() {
            return Err(CopyleaksLoginError::NoEmail);
        }
        if str::from_utf8(key.expose()).is_err() {
            return Err(CopyleaksLoginError::KeyNotText);
        }
        Ok(Self {
            endpoint,
            email,
            key,
            kept: Mutex::new(None),
        })
    }

    /// The token at hand, or a new one.
    pub(crate) async fn token(&self) -> Result<Token, LoginFailure> {
        let mut kept = self.kept.lock().await;
        let started = Instant::now();
        if let Some(kept) = &*kept
            && kept.until.is_none_or(|until| started < until)
        {
            return Ok(Token {
                token: kept.token.clone(),
                origin: Origin::Kept,
            });
        }
        *kept = None;
        let answer = self.log_in().await?;
        let life = life(&answer);
        let token = Arc::new(
            BearerToken::new(answer.access_token.as_str()).map_err(|error| {
                LoginFailure::Failed(Failure::new(
                    Transport::Unreachable,
                    format!("the login was answered with a token that is none: {error}"),
                ))
            })?,
        );
        *kept = Some(Kept {
            token: token.clone(),
            until: life.and_then(|life| started.checked_add(life)),
        });
        Ok(Token {
            token,
            origin: Origin::New,
        })
    }

    /// Forgets `token`, which was refused; a newer one stays.
    pub(crate) async fn forget(&self, token: &Arc<BearerToken>) {
        self.kept
            .lock()
            .await
            .take_if(|kept| Arc::ptr_eq(&kept.token, token));
    }

    async fn log_in(&self) -> Result<LoginAnswer, LoginFailure> {
        let request = LoginRequest {
            email: &self.email,
            key: str::from_utf8(self.key.expose()).unwrap_or_default(),
        };
        let failed = |detail| LoginFailure::Failed(Failure::new(Transport::Unreachable, detail));
        let json = serde_json::to_vec(&request)
            .map_err(|_| failed("the login cannot be written".to_owned()))?;
        let answer = self
            .endpoint
            .post(json, MAX_ANSWER)
            .await
            .map_err(|mut failure| {
                failure.detail.insert_str(0, "the login failed: ");
                LoginFailure::Failed(failure)
            })?;
        if answer.status != 200 {
            return Err(LoginFailure::Refused(answer));
        }
        let body = Zeroizing::new(answer.body);
        // The error of serde_json may quote what it read, so it is not passed on.
        serde_json::from_slice(&body).map_err(|_| {
            failed("the login was answered with something else than a token".to_owned())
        })
    }
}

/// How long a token is used: by the server's own dates, so that its clock need not agree with ours.
fn life(answer: &LoginAnswer) -> Option<Duration> {
    let issued = moment(answer.issued.as_deref()?)?;
    let expires = moment(answer.expires.as_deref()?)?;
    let life = Duration::try_from(expires.duration_since(issued)).ok()?;
    Some(life.saturating_sub(MARGIN))
}

/// A date with an offset, or without one in UTC.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let date: DateTime = text.parse().ok()?;
        Offset::UTC.to_timestamp(date).ok()
    })
}

impl fmt::Debug for CopyleaksLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyleaksLogin")
            .field("url", &self.endpoint.url())
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

/// Why there is no [`CopyleaksLogin`].
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum CopyleaksLoginError {
    /// There is no address.
    #[error("the address of the account is empty")]
    NoEmail,
    /// The key is not UTF-8.
    #[error("the key of the account is no text")]
    KeyNotText,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life_of(issued: Option<&str>, expires: Option<&str>) -> Option<Duration> {
        life(&LoginAnswer {
            access_token: Zeroizing::default(),
            issued: issued.map(Into::into),
            expires: expires.map(Into::into),
        })
    }

    #[test]
    fn a_token_lasts_as_long_as_its_dates_say_less_a_margin() {
        let two_days = Some(Duration::from_secs(2 * 24 * 60 * 60) - MARGIN);
        for (issued, expires) in [
            ("2026-06-01T10:00:00Z", "2026-06-03T10:00:00Z"),
            (
                "2026-06-01T10:00:00.1234567Z",
                "2026-06-03T10:00:00.1234567Z",
            ),
            ("2026-06-01T12:00:00+02:00", "2026-06-03T10:00:00Z"),
            ("2026-06-01T10:00:00", "2026-06-03T10:00:00"),
        ] {
            assert_eq!(life_of(Some(issued), Some(expires)), two_days, "{issued}");
        }
    }

    #[test]
    fn unreadable_dates_say_nothing_and_reversed_ones_neither() {
        let date = Some("2026-06-01T10:00:00Z");
        assert_eq!(life_of(None, date), None);
        assert_eq!(life_of(date, None), None);
        assert_eq!(life_of(date, Some("tomorrow")), None);
        assert_eq!(life_of(date, Some("2026-05-01T10:00:00Z")), None);
        // Over before the margin is: used once, and then there is a new login.
        assert_eq!(life_of(date, date), Some(Duration::ZERO));
    }
}
