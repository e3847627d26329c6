//! One request to the hub and its answer, over HTTP.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Certificate, Client, Identity, Url, redirect, tls};

use super::error::{HubError, Outcome, is_certificate_trouble};
use super::session::Header;
use super::veil::{Veil, without_keys};
use crate::koji::codec;

/// The maximum size of an answer; twenty thousand tasks have some twenty million bytes.
pub(super) const BYTES_MAX: usize = 256 << 20;
/// The maximum size of an error answer that is read.
const ERROR_BYTES_MAX: usize = 64 << 10;
const CONNECT_SECONDS_MAX: u64 = 20;

/// How the hub is reached.
#[derive(Debug)]
pub(super) struct Wire {
    client: Client,
    url: Url,
    bytes_max: usize,
}

/// The settings of the connection.
#[derive(Clone, Default)]
pub(super) struct Tls {
    /// The authority of the hub's certificate, in PEM.
    pub(super) server_ca: Option<Vec<u8>>,
    /// The certificate and the key of the user, in PEM.
    pub(super) identity: Option<Vec<u8>>,
    /// Whether the hub's certificate is not verified.
    pub(super) is_blind: bool,
}

/// A request: a call, or the bytes of a file. Its body may contain a password.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) method: String,
    /// Appended to the hub's path, such as `ssllogin`.
    pub(super) path: &'static str,
    /// The query of an upload.
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    /// How long nothing may come.
    pub(super) silence_max: Duration,
    /// Whether the answer contains a secret, so that nothing of it is shown.
    pub(super) is_answer_secret: bool,
}

impl Wire {
    pub(super) fn new(server: &str, tls: &Tls, bytes_max: usize) -> Result<Self, HubError> {
        let bad = |why: &dyn std::fmt::Display| {
            // The part before an @ may be a password.
            let shown = if server.contains('@') { "it".to_owned() } else { format!("`{server}`") };
            HubError::Setup(format!("{shown} is not the address of a hub: {why}"))
        };
        let url = Url::parse(server).map_err(|error| bad(&error))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(bad(&"write http://HOST/kojihub or https://HOST/kojihub"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let why = "it must not contain a user or a password";
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

    /// Returns the address without possible secrets, for messages.
    pub(super) fn shown(&self) -> String {
        format!("{}{}", self.url.origin().ascii_serialization(), self.url.path())
    }

    /// Makes a request once; the outcome shows no secret.
    pub(super) async fn post(&self, post: &Post, headers: &[Header], veil: &Veil) -> Outcome {
        let answer = self.answer(post, headers, veil);
        let outcome = match tokio::time::timeout(post.silence_max, answer).await {
            Ok(Ok(body)) => read_answer(&body, post, veil),
            Ok(Err(outcome)) => outcome,
            Err(_) => {
                let seconds = post.silence_max.as_secs_f64();
                Outcome::Broken(format!("no complete answer in {seconds} s"))
            }
        };
        let hidden = |text: String| {
            let text = veil.hide(&text);
            if post.is_answer_secret { without_keys(&text) } else { text }
        };
        outcome.with_texts(&hidden)
    }

    async fn answer(
        &self,
        post: &Post,
        headers: &[Header],
        veil: &Veil,
    ) -> Result<Vec<u8>, Outcome> {
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
        let mut response = request.send().await.map_err(|error| match error.is_connect() {
            true => unreached(&super::chain(&error.without_url())),
            false => broken(error),
        })?;
        let status = response.status();
        if status.is_redirection() {
            let target = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let target = target_of(&self.url, target);
            return Err(Outcome::Final(HubError::Redirected {
                method: post.method.clone(),
                target,
            }));
        }
        let bytes_max = if status.is_success() { self.bytes_max } else { ERROR_BYTES_MAX };
        let is_too_long = |bytes: u64| status.is_success() && bytes > bytes_max as u64;
        let too_large =
            || Outcome::Final(HubError::TooLarge { method: post.method.clone(), bytes_max });
        // The server announces it, so nothing of it is read.
        if response.content_length().is_some_and(is_too_long) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if is_too_long((body.len() + chunk.len()) as u64) {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
            if body.len() > bytes_max {
                break;
            }
        }
        if status.is_success() {
            return Ok(body);
        }
        let reason = format!("HTTP status {}{}", status.as_u16(), said(&body, post, veil));
        if status.is_server_error() || matches!(status.as_u16(), 408 | 429) {
            return Err(Outcome::Broken(reason));
        }
        Err(Outcome::Final(HubError::Setup(format!("{}: {reason}", post.method))))
    }
}

/// Reads the body of an answer; an unreadable body is only shown if it contains no secret.
pub(super) fn read_answer(body: &[u8], post: &Post, veil: &Veil) -> Outcome {
    let Ok(text) = std::str::from_utf8(body) else {
        return Outcome::Broken("the answer is not UTF-8".to_owned());
    };
    match codec::read_answer(text) {
        Ok(answer) => Outcome::Answered(answer),
        Err(mut malformed) => {
            if post.is_answer_secret || veil.is_in(body) {
                malformed.start = None;
            }
            Outcome::Broken(format!("the answer is {malformed}"))
        }
    }
}

/// Reports why there is no connection. A refused certificate will always be refused, so it is not
/// retried.
fn unreached(reason: &str) -> Outcome {
    if is_certificate_trouble(reason) {
        return Outcome::Final(HubError::Setup(format!(
            "no secure connection to the hub: {reason}"
        )));
    }
    Outcome::Broken(reason.to_owned())
}

/// Returns the beginning of an error page, unless that may be a secret.
fn said(body: &[u8], post: &Post, veil: &Veil) -> String {
    if post.is_answer_secret || veil.is_in(body) {
        return String::new();
    }
    let said: String = String::from_utf8_lossy(body).chars().take(120).collect();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if said.is_empty() { said } else { format!(": {said}") }
}

/// Names the target server of a redirect; the rest of the address may repeat the request.
pub(super) fn target_of(base: &Url, target: Option<&str>) -> String {
    match target.map(|target| base.join(target)) {
        None => "nowhere".to_owned(),
        Some(Err(_)) => "a bad address".to_owned(),
        Some(Ok(url)) if url.origin() == base.origin() => "another address on it".to_owned(),
        Some(Ok(url)) => url.origin().ascii_serialization(),
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
        // A hub requests the certificate for one path only, so after the connection was made.
        // OpenSSL answers that in TLS 1.2 by renegotiation; in 1.3 the client must have offered to
        // show one after the handshake, which native-tls cannot do. tests/live/certificates.rs has
        // both.
        builder = builder.identity(identity(pem)?).tls_version_max(tls::Version::TLS_1_2);
    }
    Ok(builder)
}

/// Reads the certificate and the key from one PEM file, as used by koji.
fn identity(pem: &[u8]) -> Result<Identity, HubError> {
    let text = String::from_utf8_lossy(pem);
    if ["RSA", "EC", "DSA"].iter().any(|kind| text.contains(&format!("BEGIN {kind} PRIVATE KEY"))) {
        return Err(HubError::Setup(
            "the key of the client certificate is in an old format (`BEGIN RSA PRIVATE KEY`): \
             convert it to PKCS#8 with `openssl pkcs8 -topk8 -nocrypt -in OLD -out KEY` and put \
             KEY and the certificate into one file"
                .to_owned(),
        ));
    }
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        let why = "the key of the client certificate is encrypted: remove its passphrase with \
                   `openssl pkcs8 -topk8 -nocrypt`";
        return Err(HubError::Setup(why.to_owned()));
    }
    // The key is extracted, because in koji's files the certificate precedes it.
    const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
    let key = text.find(BEGIN).map_or("", |at| &text[at..]);
    Identity::from_pkcs8_pem(pem, key.as_bytes()).map_err(|error| {
        HubError::Setup(format!("the client certificate cannot be used: {}", super::chain(&error)))
    })
}
