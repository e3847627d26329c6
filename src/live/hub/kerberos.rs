//! The one request that Kerberos signs: made by `curl --negotiate`, which Fedora and Debian build with
//! GSS-API. What comes back is a session like any other.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::error::{HubError, Outcome};
use super::session::Header;
use super::wire::Post;
use crate::koji::codec;

/// Who asks whom.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) url: String,
    /// The file with the authority of the hub's certificate.
    pub(super) server_ca: Option<String>,
    pub(super) is_blind: bool,
    pub(super) principal: Option<String>,
    pub(super) keytab: Option<String>,
}

/// Makes the request; headers, which hold the session key, and the body go through standard input, as
/// everybody on this machine may read the arguments of a process.
pub(super) async fn post(ticket: Ticket, post: &Post, headers: &[Header]) -> Outcome {
    let (config, seconds) = (config(&ticket, post, headers), post.silence_max.as_secs().max(1));
    let run = tokio::task::spawn_blocking(move || curl(&ticket, &config, seconds)).await;
    run.unwrap_or_else(|_| Outcome::Broken("curl could not be waited for".to_owned()))
}

/// Writes curl's own configuration.
fn config(ticket: &Ticket, post: &Post, headers: &[Header]) -> String {
    let quoted = |text: &str| {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
    };
    let mut lines = vec![
        format!("url = {}", quoted(&ticket.url)),
        format!("data-binary = {}", quoted(&String::from_utf8_lossy(&post.body))),
        format!("header = {}", quoted(&format!("Content-Type: {}", post.content_type))),
    ];
    let headers = headers.iter().map(|(name, value)| quoted(&format!("{name}: {value}")));
    lines.extend(headers.map(|header| format!("header = {header}")));
    if let Some(path) = &ticket.server_ca {
        lines.push(format!("cacert = {}", quoted(path)));
    }
    if ticket.is_blind {
        lines.push("insecure".to_owned());
    }
    lines.join("\n") + "\n"
}

fn curl(ticket: &Ticket, config: &str, seconds: u64) -> Outcome {
    // A user of its own makes curl ask for the ticket of that principal.
    let user = ticket.principal.as_deref().unwrap_or_default();
    let mut command = Command::new("curl");
    command
        .args(["--silent", "--show-error", "--negotiate", "--user", &format!("{user}:")])
        .args(["--max-redirs", "0", "--max-time", &seconds.to_string(), "--config", "-"])
        .args(["--write-out", "\n%{http_code}"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(keytab) = &ticket.keytab {
        command.env("KRB5_CLIENT_KTNAME", keytab);
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            return Outcome::Final(HubError::Setup(format!(
                "logging in by Kerberos needs the program curl: {error}"
            )));
        }
    };
    let mut input = child.stdin.take().expect("it is piped");
    let written = input.write_all(config.as_bytes());
    drop(input);
    match (written, child.wait_with_output()) {
        (Ok(()), Ok(output)) if output.status.success() => read(&output.stdout),
        (Ok(()), Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Outcome::Broken(said.trim().chars().take(200).collect())
        }
        (Err(error), _) | (_, Err(error)) => Outcome::Broken(format!("curl: {error}")),
    }
}

/// Reads the body and the HTTP status after it.
fn read(output: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(output);
    let (body, status) = text.rsplit_once('\n').unwrap_or(("", &text));
    match status {
        "200" => codec::read_answer(body).map_or_else(Outcome::from, Outcome::Answered),
        "401" => Outcome::Final(HubError::Login {
            who: "the owner of the Kerberos ticket".to_owned(),
            reason:
                "the hub does not accept the ticket, or there is none: see `klist`, and get one \
                     with `kinit`"
                    .to_owned(),
        }),
        other => Outcome::Broken(format!("HTTP status {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_curl_is_told_is_quoted() {
        let ticket = Ticket {
            url: "https://koji.example.org/kojihub/ssllogin".to_owned(),
            server_ca: Some("/etc/a \"b\".crt".to_owned()),
            is_blind: false,
            principal: None,
            keytab: None,
        };
        let body = b"<?xml version='1.0'?>\n<a b=\"c\\d\"/>".to_vec();
        let post = Post {
            method: "sslLogin".to_owned(),
            path: "ssllogin",
            query: Vec::new(),
            content_type: "text/xml",
            body,
            silence_max: Duration::from_secs(60),
        };
        let config = config(&ticket, &post, &[("Koji-Session-Id", "4".to_owned())]);
        assert_eq!(
            config,
            "url = \"https://koji.example.org/kojihub/ssllogin\"\n\
             data-binary = \"<?xml version='1.0'?>\\n<a b=\\\"c\\\\d\\\"/>\"\n\
             header = \"Content-Type: text/xml\"\nheader = \"Koji-Session-Id: 4\"\n\
             cacert = \"/etc/a \\\"b\\\".crt\"\n"
        );
    }

    #[test]
    fn an_answer_without_a_ticket_says_what_to_do() {
        let Outcome::Final(error) = read(b"<html>\n401") else { panic!("it is final") };
        assert!(error.to_string().contains("kinit"), "{error}");
        assert_eq!(read(b"x\n503"), Outcome::Broken("HTTP status 503".to_owned()));
    }
}
