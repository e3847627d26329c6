//! Fetching files of the hub, from a web server or a directory.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Certificate, Client, StatusCode, Url, redirect};

use super::FinalRepos;
use super::error::FinalRepoError;
use crate::live::http::chain;

const CONNECT_SECONDS_MAX: u64 = 20;
const READ_SECONDS_MAX: u64 = 120;
/// No RPM is so large: the size of its payload is a number of 32 bits in most.
const BYTES_MAX: u64 = 16 << 30;

/// The top of the hub's files.
#[derive(Debug)]
pub(super) enum Top {
    Directory(PathBuf),
    Address { client: Client, url: Url },
}

impl Top {
    /// Reads where the files are. Nothing is fetched yet.
    pub(super) fn new(repos: &FinalRepos) -> Result<Self, FinalRepoError> {
        let text = repos.topurl.as_str();
        let bad = |why: &str| FinalRepoError::Setup(format!("`topurl` {text}: {why}"));
        let path = text.strip_prefix("file://").unwrap_or(text);
        if path.starts_with('/') {
            if repos.directory.starts_with(path) {
                let directory = repos.directory.display();
                return Err(bad(&format!(
                    "`final_repo.directory` {directory} is among the hub's own files"
                )));
            }
            return Ok(Self::Directory(PathBuf::from(path)));
        }
        let url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(bad("write http://HOST/PATH, https://HOST/PATH or an absolute path"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let why = "`topurl` of the profile must not contain a user or a password".to_owned();
            return Err(FinalRepoError::Setup(why));
        }
        let client = client(repos)?;
        Ok(Self::Address { client, url })
    }

    /// Fetches a file; nothing is at `to` unless it came whole. Returns its address or path.
    pub(super) async fn fetch(
        &self,
        steps: &[String],
        to: &Path,
    ) -> Result<String, FinalRepoError> {
        match self {
            Self::Directory(top) => {
                let from: PathBuf =
                    std::iter::once(top.as_path()).chain(steps.iter().map(Path::new)).collect();
                copy(from, to.to_owned()).await
            }
            Self::Address { client, url } => {
                let mut url = url.clone();
                if let Ok(mut path) = url.path_segments_mut() {
                    path.pop_if_empty().extend(steps);
                }
                download(client, &url, to).await?;
                Ok(url.to_string())
            }
        }
    }
}

fn client(repos: &FinalRepos) -> Result<Client, FinalRepoError> {
    let setup = |error: String| FinalRepoError::Setup(error);
    let mut builder = Client::builder()
        .user_agent(concat!("modplan/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
        .read_timeout(Duration::from_secs(READ_SECONDS_MAX))
        .tls_danger_accept_invalid_certs(repos.is_blind);
    if let Some(path) = &repos.server_ca {
        let named = |error: String| setup(format!("cannot read {}: {error}", path.display()));
        let pem = fs::read(path).map_err(|error| named(error.to_string()))?;
        let certificates = Certificate::from_pem_bundle(&pem);
        let certificates = certificates.map_err(|error| named(chain(&error)))?;
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|error| setup(chain(&error)))
}

async fn copy(from: PathBuf, to: PathBuf) -> Result<String, FinalRepoError> {
    let path = from.display().to_string();
    let copied = tokio::task::spawn_blocking(move || fs::copy(from, to)).await;
    match copied.expect("copying does not panic") {
        Ok(_) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(FinalRepoError::Missing { path })
        }
        Err(error) => Err(FinalRepoError::Away { path, reason: error.to_string() }),
    }
}

async fn download(client: &Client, url: &Url, to: &Path) -> Result<(), FinalRepoError> {
    let path = url.to_string();
    let away = |reason: String| FinalRepoError::Away { path: path.clone(), reason };
    let sent = client.get(url.clone()).send().await;
    let mut response = sent.map_err(|error| away(chain(&error)))?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(FinalRepoError::Missing { path }),
        status if status.is_redirection() => {
            return Err(away("the server redirects: put its target into `topurl`".to_owned()));
        }
        status => return Err(away(format!("HTTP status {}", status.as_u16()))),
    }
    let mut file = fs::File::create(to).map_err(FinalRepoError::file(to))?;
    let mut bytes = 0;
    while let Some(chunk) = response.chunk().await.map_err(|error| away(chain(&error)))? {
        bytes += chunk.len() as u64;
        if bytes > BYTES_MAX {
            return Err(away(format!("it is longer than {BYTES_MAX} bytes")));
        }
        file.write_all(&chunk).map_err(FinalRepoError::file(to))?;
    }
    Ok(())
}
