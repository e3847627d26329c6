//! The one request that Kerberos signs, made by `curl --negotiate`, which Fedora and Debian build
//! with GSS-API. The result is a session like any other.
//!
//! With a keytab, the ticket is kept in the memory of that one process, so that a ticket of another
//! principal in the default cache is not used. A principal is chosen by a `.k5identity` file,
//! because curl has no option for it.

mod home;

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Output, Stdio};

use reqwest::Url;

use super::error::{HubError, Outcome};
use super::session::Header;
use super::veil::{Veil, without_keys};
use super::wire::{self, Post};

use self::home::Home;

/// The number of bytes read of curl's error output.
const COMPLAINT_BYTES_MAX: u64 = 4096;
/// The maximum number of bytes after the answer: the status, and the target of a redirect.
const TRAILER_BYTES_MAX: usize = 8192;

/// The parties of a request.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) url: Url,
    /// How many bytes the answer may have.
    pub(super) bytes_max: usize,
    /// The file with the authority of the hub's certificate.
    pub(super) server_ca: Option<String>,
    pub(super) is_blind: bool,
    pub(super) principal: Option<String>,
    pub(super) keytab: Option<String>,
}

/// Makes the request. Headers, which include the session key, and the body go through standard
/// input, because every user of this machine can read the arguments of a process.
pub(super) async fn post(ticket: Ticket, post: &Post, headers: &[Header], veil: &Veil) -> Outcome {
    let (config, seconds) = (config(&ticket, post, headers), post.silence_max.as_secs().max(1));
    let (owned, veil) = (post.clone(), veil.clone());
    let run = tokio::task::spawn_blocking(move || {
        let outcome = curl(&ticket, &config, seconds, &owned, &veil);
        outcome.with_texts(&|text| without_keys(&veil.hide(&text)))
    });
    run.await.unwrap_or_else(|_| Outcome::Broken("curl could not be waited for".to_owned()))
}

/// Writes curl's own configuration.
fn config(ticket: &Ticket, post: &Post, headers: &[Header]) -> String {
    let quoted = |text: &str| {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
    };
    let mut lines = vec![
        format!("url = {}", quoted(ticket.url.as_str())),
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

/// Returns the command, without secrets in its arguments.
fn command(ticket: &Ticket, seconds: u64, home: Option<&Home>) -> Command {
    let mut command = Command::new("curl");
    command
        // The user's .curlrc may enable redirects or a log.
        .args(["--disable", "--silent", "--show-error", "--negotiate", "--user", ":"])
        .args(["--max-redirs", "0", "--max-time", &seconds.to_string(), "--config", "-"])
        .args(["--write-out", "\n%{http_code} %{redirect_url}"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(keytab) = &ticket.keytab {
        command.env("KRB5_CLIENT_KTNAME", keytab).env("KRB5CCNAME", "MEMORY:modplan");
    }
    if let Some(home) = home {
        command.env("HOME", home.path());
    }
    command
}

fn curl(ticket: &Ticket, config: &str, seconds: u64, post: &Post, veil: &Veil) -> Outcome {
    let setup = |text: String| Outcome::Final(HubError::Setup(text));
    let home = match ticket.principal.as_deref().map(Home::of).transpose() {
        Ok(home) => home,
        Err(error) => return setup(format!("cannot choose the Kerberos principal: {error}")),
    };
    let mut child = match command(ticket, seconds, home.as_ref()).spawn() {
        Ok(child) => child,
        Err(error) => {
            return setup(format!("logging in by Kerberos needs the program curl: {error}"));
        }
    };
    match talk(&mut child, config, ticket.bytes_max.saturating_add(TRAILER_BYTES_MAX)) {
        Ok(Some(output)) if output.status.success() => read(&output.stdout, ticket, post, veil),
        Ok(Some(output)) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Outcome::Broken(said.trim().chars().take(200).collect())
        }
        Ok(None) => Outcome::Final(too_large(ticket, post)),
        Err(error) => Outcome::Broken(format!("curl: {error}")),
    }
}

/// Passes input to the child and reads its output, up to a maximum size.
fn talk(child: &mut Child, config: &str, bytes_max: usize) -> std::io::Result<Option<Output>> {
    let mut input = child.stdin.take().expect("it is piped");
    let written = input.write_all(config.as_bytes());
    drop(input);
    let mut stdout = Vec::new();
    let limit = (bytes_max as u64).saturating_add(1);
    let read = child.stdout.take().expect("it is piped").take(limit).read_to_end(&mut stdout);
    let is_too_long = stdout.len() > bytes_max;
    if is_too_long || read.is_err() || written.is_err() {
        // One that has ended already is fine.
        drop(child.kill());
    }
    let mut stderr = Vec::new();
    let complaint = child.stderr.take().expect("it is piped").take(COMPLAINT_BYTES_MAX);
    let complained = { complaint }.read_to_end(&mut stderr);
    let status = child.wait()?;
    written.and(read).and(complained)?;
    Ok((!is_too_long).then_some(Output { status, stdout, stderr }))
}

fn too_large(ticket: &Ticket, post: &Post) -> HubError {
    HubError::TooLarge { method: post.method.clone(), bytes_max: ticket.bytes_max }
}

/// Reads the body, and after it the HTTP status and the target of a redirect.
fn read(output: &[u8], ticket: &Ticket, post: &Post, veil: &Veil) -> Outcome {
    let end = memchr::memrchr(b'\n', output).unwrap_or(0);
    let (body, trailer) = output.split_at(end);
    let trailer = String::from_utf8_lossy(trailer);
    let (status, target) = trailer.trim_start().split_once(' ').unwrap_or((&trailer, ""));
    match status {
        "200" if body.len() > ticket.bytes_max => Outcome::Final(too_large(ticket, post)),
        "200" => wire::read_answer(body, post, veil),
        "401" => Outcome::Final(HubError::Login {
            who: ticket.who(),
            reason: "the hub does not accept the ticket, or there is none, or it has expired: see \
                     `klist`, and get one with `kinit`, or give a keytab"
                .to_owned(),
        }),
        status if status.starts_with('3') => {
            let target = Some(target).filter(|target| !target.is_empty());
            let target = wire::target_of(&ticket.url, target);
            Outcome::Final(HubError::Redirected { method: post.method.clone(), target })
        }
        other => Outcome::Broken(format!("HTTP status {other}")),
    }
}

impl Ticket {
    /// Returns whose ticket it is, for messages.
    fn who(&self) -> String {
        match (&self.principal, &self.keytab) {
            (Some(principal), _) => principal.clone(),
            (None, Some(keytab)) => format!("the first principal of {keytab}"),
            (None, None) => "the owner of the Kerberos ticket".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn ticket() -> Ticket {
        Ticket {
            url: Url::parse("https://koji.example.org/kojihub/ssllogin").expect("it is one"),
            bytes_max: 100,
            server_ca: Some("/etc/a \"b\".crt".to_owned()),
            is_blind: false,
            principal: None,
            keytab: None,
        }
    }

    fn request(body: &[u8]) -> Post {
        Post {
            method: "sslLogin".to_owned(),
            path: "ssllogin",
            query: Vec::new(),
            content_type: "text/xml",
            body: body.to_vec(),
            silence_max: Duration::from_secs(60),
            is_answer_secret: true,
        }
    }

    #[test]
    fn curls_configuration_is_quoted() {
        let post = request(b"<?xml version='1.0'?>\n<a b=\"c\\d\"/>");
        let config = config(&ticket(), &post, &[("Koji-Session-Id", "4".to_owned())]);
        assert_eq!(
            config,
            "url = \"https://koji.example.org/kojihub/ssllogin\"\n\
             data-binary = \"<?xml version='1.0'?>\\n<a b=\\\"c\\\\d\\\"/>\"\n\
             header = \"Content-Type: text/xml\"\nheader = \"Koji-Session-Id: 4\"\n\
             cacert = \"/etc/a \\\"b\\\".crt\"\n"
        );
    }

    #[test]
    fn an_answer_that_is_no_session_is_reported_in_words() {
        let read = |output: &str| match read(
            output.as_bytes(),
            &ticket(),
            &request(b""),
            &Veil::default(),
        ) {
            Outcome::Final(error) => error.to_string(),
            Outcome::Broken(reason) => reason,
            Outcome::Answered(answer) => format!("{answer:?}"),
        };
        assert!(read("<html>\n401 ").contains("kinit"));
        assert_eq!(read("x\n503 "), "HTTP status 503");
        let redirect = read("\n302 https://other.example.org/login?key=1");
        assert!(redirect.contains("redirects to https://other.example.org;"), "{redirect}");
        assert!(read(&format!("{}\n200 ", "x".repeat(101))).contains("more than 100 bytes"));
        assert_eq!(read("{\"session-key\": \"1-k\"}\n200 "), "the answer is no XML-RPC");
    }

    #[test]
    #[cfg(unix)]
    fn an_output_without_an_end_is_cut_and_its_program_ended() {
        let mut command = Command::new("yes");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("yes runs");
        let output = talk(&mut child, "", 1 << 16).expect("it is read");
        assert!(output.is_none());
        assert!(child.try_wait().expect("it is known").is_some(), "it runs on");
    }

    #[test]
    fn a_keytab_has_a_cache_of_its_own_and_a_principal_a_home() {
        let value = |command: &Command, name: &str| {
            let mut all = command.get_envs().filter(|(known, _)| *known == name);
            all.next().and_then(|(_, value)| Some(value?.to_str()?.to_owned()))
        };
        let with = Ticket { keytab: Some("/etc/koji.keytab".to_owned()), ..ticket() };
        let with = command(&with, 1, None);
        assert_eq!(value(&with, "KRB5CCNAME").as_deref(), Some("MEMORY:modplan"));
        assert_eq!(value(&with, "KRB5_CLIENT_KTNAME").as_deref(), Some("/etc/koji.keytab"));
        assert_eq!(value(&command(&ticket(), 1, None), "KRB5CCNAME"), None);
        let home = Home::of("alice@EXAMPLE.ORG").expect("it is made");
        let chosen = command(&ticket(), 1, Some(&home));
        assert_eq!(value(&chosen, "HOME").as_deref(), home.path().to_str());
    }
}
