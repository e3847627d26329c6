//! Who sent a request.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use crate::koji::Secret;
use crate::live::identity::{IdentityError, Provider};
use crate::serve::User;
use crate::serve::api::{Refusal, Status};
use crate::site::Proxy;

/// How the service knows who sends a request.
pub(super) enum Gatekeeper {
    /// It does not ask.
    Nobody,
    /// A proxy says it.
    Proxy(Proxy),
    /// An identity provider says it.
    Oidc(Box<Provider>),
}

impl Gatekeeper {
    /// Returns the word of `about`.
    pub(super) fn method(&self) -> &'static str {
        match self {
            Self::Nobody => "none",
            Self::Proxy(_) => "kerberos",
            Self::Oidc(_) => "oidc",
        }
    }

    /// Returns whether it asks at all.
    pub(super) fn asks(&self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// Returns who sent a request.
    pub(super) async fn user(&self, headers: &HeaderMap, peer: IpAddr) -> Result<User, Refusal> {
        match self {
            Self::Nobody => {
                Ok(User { name: "anonymous".to_owned(), groups: ["packager".to_owned()].into() })
            }
            Self::Proxy(proxy) => of_proxy(proxy, headers, peer),
            Self::Oidc(provider) => of_token(provider, headers).await,
        }
    }
}

fn unauthorized(message: impl Into<String>) -> Refusal {
    Refusal::new(Status::Unauthorized, message)
}

fn of_proxy(proxy: &Proxy, headers: &HeaderMap, peer: IpAddr) -> Result<User, Refusal> {
    if !proxy.from.contains(&peer.to_canonical()) {
        return Err(unauthorized(
            "Requests that change something come through the proxy of this service",
        ));
    }
    let mut names = headers.get_all(&proxy.header).iter();
    let name = names.next().and_then(|name| name.to_str().ok()).map(str::trim);
    let name = name.filter(|name| !name.is_empty() && names.next().is_none());
    let name = name.ok_or_else(|| unauthorized("The proxy names no user"))?;
    let groups = proxy.groups_header.as_ref().and_then(|header| headers.get(header));
    let groups = groups.and_then(|groups| groups.to_str().ok()).unwrap_or_default();
    let groups = groups.split(',').map(str::trim).filter(|group| !group.is_empty());
    Ok(User { name: name.to_owned(), groups: groups.map(str::to_owned).collect() })
}

async fn of_token(provider: &Provider, headers: &HeaderMap) -> Result<User, Refusal> {
    let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let header = header.ok_or_else(|| unauthorized("No 'authorization' header found."))?;
    let token = header.strip_prefix("Bearer ").map(str::trim).filter(|token| !token.is_empty());
    let token = Secret::new(token.ok_or_else(|| unauthorized("No 'Bearer' token found."))?);
    match provider.identify(&token).await {
        Ok(identity) => Ok(User { name: identity.name, groups: identity.groups }),
        Err(error @ IdentityError::Away(_)) => {
            tracing::warn!("{error}");
            Err(Refusal::new(
                Status::Unavailable,
                "The identity provider does not answer; try again",
            ))
        }
        Err(error) => Err(unauthorized(error.to_string())),
    }
}
