//! Who somebody is, by the token that they send: asked of an identity provider, and never kept.
//!
//! Two requests (RFC 7662 and OpenID Connect's userinfo): whether the token is valid and has the scope that
//! the site wants, and who it is of. Redirects are not followed, and no error repeats the token.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::koji::shapes::Secret;
use crate::site::Oidc;

const SECONDS_MAX: u64 = 20;

/// An identity provider.
pub struct Provider {
    client: Client,
    settings: Oidc,
    secret: Secret,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Somebody that the provider knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Their name.
    pub name: String,
    /// The groups that they are in.
    pub groups: BTreeSet<String>,
}

/// Why nobody knows who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The token is not valid, or not any more.
    #[error("OIDC token invalid or expired.")]
    Invalid,
    /// The token is not meant for this service.
    #[error("Required OIDC scope {0} not present.")]
    Scope(String),
    /// The provider does not say.
    #[error("the identity provider does not answer: {0}")]
    Away(String),
}

impl Provider {
    /// Prepares to ask a provider; `secret` is the one of this service there.
    ///
    /// # Panics
    /// Never: the settings make a client.
    #[must_use]
    pub fn new(settings: Oidc, secret: Secret) -> Self {
        let client = Client::builder()
            .user_agent(concat!("modplan/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .timeout(Duration::from_secs(SECONDS_MAX))
            .build()
            .expect("these settings make a client");
        Self { client, settings, secret }
    }

    /// Asks who a token is of.
    ///
    /// # Errors
    /// The token is not valid or lacks the scope, or the provider is away.
    pub async fn identify(&self, token: &Secret) -> Result<Identity, IdentityError> {
        let Oidc { introspection, userinfo, client_id, required_scope, .. } = &self.settings;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token.reveal())
            .append_pair("token_type_hint", "Bearer")
            .append_pair("client_id", client_id)
            .append_pair("client_secret", self.secret.reveal())
            .finish();
        let asked = self
            .client
            .post(introspection)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form);
        let said = answer(asked).await?;
        if said.get("active").and_then(Value::as_bool) != Some(true) {
            return Err(IdentityError::Invalid);
        }
        let scopes = said.get("scope").and_then(Value::as_str).unwrap_or_default();
        if let Some(scope) = required_scope.as_ref()
            && !scopes.split_ascii_whitespace().any(|given| given == scope)
        {
            return Err(IdentityError::Scope(scope.clone()));
        }
        let user = answer(self.client.get(userinfo).bearer_auth(token.reveal())).await?;
        let text =
            |from: &Value, key: &str| from.get(key).and_then(Value::as_str).map(str::to_owned);
        let name = ["nickname", "preferred_username"].iter().find_map(|key| text(&user, key));
        let name = name.or_else(|| text(&said, "username")).ok_or(IdentityError::Invalid)?;
        let groups = user.get("groups").and_then(Value::as_array).into_iter().flatten();
        let groups = groups.filter_map(|group| group.as_str().map(str::to_owned)).collect();
        Ok(Identity { name, groups })
    }
}

async fn answer(asked: RequestBuilder) -> Result<Value, IdentityError> {
    // An error of the client names the address of the provider, which holds no secret.
    let away = |error: reqwest::Error| IdentityError::Away(error.without_url().to_string());
    let answer = asked.send().await.map_err(away)?;
    match answer.status() {
        StatusCode::OK => {
            let bytes = answer.bytes().await.map_err(away)?;
            serde_json::from_slice(&bytes)
                .map_err(|_| IdentityError::Away("its answer is not JSON".to_owned()))
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
            Err(IdentityError::Invalid)
        }
        other => Err(IdentityError::Away(format!("it answers {other}"))),
    }
}
