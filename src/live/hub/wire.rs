//! One request to the hub and what comes back, over HTTP.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Certificate, Client, Identity, Url, redirect, tls};

use super::error::{HubError, Outcome};
use super::session::Header;
use crate::koji::codec;

/// An answer may have so many bytes: twenty thousand tasks have some twenty million.
pub(super) const BYTES_MAX: usize = 256 << 20;
const CONNECT_SECONDS_MAX: u64 = 20;

/// How the hub is reached.
#[derive(Debug)]
pub(super) struct Wire {
    client: Client,
    url: Url,
    bytes_max: usize,
}

/// What the connection is made with.
#[derive(Clone, Default)]
pub(super) struct Tls {
    /// The authority of the hub's certificate, in PEM.
    pub(super) server_ca: Option<Vec<u8>>,
    /// The certificate and the key of the user, in PEM.
    pub(super) identity: Option<Vec<u8>>,
    /// Whether the hub's certificate is not looked at.
    pub(super) is_blind: bool,
}

/// A request: a call, or the bytes of a file.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) method: String,
    /// What is added to the hub's path, such as `ssllogin`.
    pub(super) path: &'static str,
    /// The query of an upload.
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    /// How long nothing may come.
    pub(super) silence_max: Duration,
}

impl Wire {
    pub(super) fn new(server: &str, tls: &Tls, bytes_max: usize) -> Result<Self, HubError> {
        let bad = |why: &dyn std::fmt::Display| {
            HubError::Setup(format!("`{server}` is not the address of a hub: {why}"))
        };
        let url = Url::parse(server).map_err(|error| bad(&error))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(bad(&"write http://HOST/kojihub or https://HOST/kojihub"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let why = "it must not hold a user or a password";
            return Err(HubError::Setup(format!("the address of the hub cannot be used: {why}")));
        }
        let builder = Client::builder()
            .user_agent("koji/1")
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX));
        let client = with_tls(builder, tls)?.build();
        let client = client.map_err(|error| HubError::Setup(super::chain(&error)))?;
        Ok(Self { client, url, bytes_max })
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Returns the address of a path below the hub's.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        if !path.is_empty() {
            url.set_path(&format!("{}/{path}", self.url.path().trim_end_matches('/')));
        }
        url
    }

    /// Makes a request once.
    pub(super) async fn post(&self, post: &Post, headers: &[Header]) -> Outcome {
        let body = match tokio::time::timeout(post.silence_max, self.answer(post, headers)).await {
            Ok(Ok(body)) => body,
            Ok(Err(outcome)) => return outcome,
            Err(_) => {
                let seconds = post.silence_max.as_secs_f64();
                return Outcome::Broken(format!("no whole answer in {seconds} s"));
            }
        };
        match String::from_utf8(body) {
            Ok(text) => codec::read_answer(&text).map_or_else(Outcome::from, Outcome::Answered),
            Err(_) => Outcome::Broken("the answer is not UTF-8".to_owned()),
        }
    }

    async fn answer(&self, post: &Post, headers: &[Header]) -> Result<Vec<u8>, Outcome> {
        let broken = |error: reqwest::Error| Outcome::Broken(super::chain(&error.without_url()));
        let mut url = self.url(post.path);
        if !post.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&post.query);
        }
        let mut request =
            self.client.post(url).header(CONTENT_TYPE, post.content_type).body(post.body.clone());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut response = request.send().await.map_err(broken)?;
        let status = response.status();
        if status.is_redirection() {
            let target = response.headers().get(LOCATION);
            let target = target.map_or("nowhere", |url| url.to_str().unwrap_or("a bad address"));
            let (method, target) = (post.method.clone(), target.to_owned());
            return Err(Outcome::Final(HubError::Redirected { method, target }));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > self.bytes_max {
                let (method, bytes_max) = (post.method.clone(), self.bytes_max);
                return Err(Outcome::Final(HubError::TooLarge { method, bytes_max }));
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(body);
        }
        let said: String = String::from_utf8_lossy(&body).chars().take(120).collect();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let reason = format!("HTTP status {}: {said}", status.as_u16());
        if status.is_server_error() || matches!(status.as_u16(), 408 | 429) {
            return Err(Outcome::Broken(reason));
        }
        Err(Outcome::Final(HubError::Setup(format!("{}: {reason}", post.method))))
    }
}

fn with_tls(
    mut builder: reqwest::ClientBuilder,
    tls: &Tls,
) -> Result<reqwest::ClientBuilder, HubError> {
    if let Some(pem) = &tls.server_ca {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|error| {
            HubError::Setup(format!(
                "the certificate of the hub's authority: {}",
                super::chain(&error)
            ))
        })?;
        builder = builder.tls_certs_only(certificates);
    }
    if tls.is_blind {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if let Some(pem) = &tls.identity {
        // A hub asks for the certificate at one path only, so after the connection was made. OpenSSL
        // answers that in TLS 1.2; in 1.3 the client would have to offer it beforehand, which
        // native-tls cannot say.
        builder = builder.identity(identity(pem)?).tls_version_max(tls::Version::TLS_1_2);
    }
    Ok(builder)
}

/// Takes the certificate and the key out of one file in PEM, as koji's users have it.
fn identity(pem: &[u8]) -> Result<Identity, HubError> {
    let text = String::from_utf8_lossy(pem);
    if ["RSA", "EC", "DSA"].iter().any(|kind| text.contains(&format!("BEGIN {kind} PRIVATE KEY"))) {
        return Err(HubError::Setup(
            "the key of the client certificate is in an old form (`BEGIN RSA PRIVATE KEY`): turn it \
             into PKCS#8 with `openssl pkcs8 -topk8 -nocrypt -in OLD -out KEY` and put KEY and the \
             certificate into one file"
                .to_owned(),
        ));
    }
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        let why = "the key of the client certificate is encrypted: take its passphrase away with \
                   `openssl pkcs8 -topk8 -nocrypt`";
        return Err(HubError::Setup(why.to_owned()));
    }
    // The key is taken by itself: in koji's files the certificate stands before it.
    const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
    let key = text.find(BEGIN).map_or("", |at| &text[at..]);
    Identity::from_pkcs8_pem(pem, key.as_bytes()).map_err(|error| {
        HubError::Setup(format!("the client certificate cannot be used: {}", super::chain(&error)))
    })
}
