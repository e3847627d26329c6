//! Profiles: the address of a hub and how to log in, from the official client's INI files.
//!
//! Files are given in the order in which koji reads them; later ones take precedence. Each has a
//! section per profile. Keys unknown to the official client are ignored, as in that client; an
//! invalid value is a problem with its line.

mod ini;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ini::Entry;

/// How to log in, in the words of the key `authtype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthType {
    /// Not at all.
    NoAuth,
    /// By user and password.
    Password,
    /// By a TLS client certificate.
    Ssl,
    /// By Kerberos.
    Kerberos,
}

/// The address of a hub and how to connect to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The hub.
    pub server: String,
    /// The web pages beside it.
    pub weburl: String,
    /// The top of the hub's files, where packages are fetched: an address, or a path.
    pub topurl: Option<String>,
    /// How to log in; by default, with the available credentials.
    pub authtype: Option<AuthType>,
    /// The certificate and key of the user, one file in PEM.
    pub cert: Option<String>,
    /// The authority of the hub's certificate; by default, those of the system.
    pub server_ca: Option<String>,
    /// Whether the hub's certificate is not verified.
    pub no_ssl_verify: bool,
    /// The Kerberos principal.
    pub principal: Option<String>,
    /// The file with its key.
    pub keytab: Option<String>,
    /// How often a call is tried again.
    pub max_retries: u32,
    /// How long is waited between two tries.
    pub retry_interval: Duration,
    /// Whether calls without a session are retried.
    pub anon_retry: bool,
    /// Whether calls to an offline hub are retried.
    pub offline_retry: bool,
    /// The pause between calls to an offline hub.
    pub offline_retry_interval: Duration,
    /// How long a call may take.
    pub timeout: Duration,
    /// How long a log-in may take.
    pub auth_timeout: Duration,
    /// How often tasks are looked at.
    pub poll_interval: Duration,
    /// How many bytes are uploaded at once.
    pub upload_blocksize: usize,
}

/// A problem in profile files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file; empty if the problem is in no single file.
    pub path: String,
    /// The line, from 1; 0 if the problem is in no single line.
    pub line: usize,
    /// The problem.
    pub message: String,
}

/// Profile files that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ProfileError(pub Vec<Problem>);

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            let Problem { path, line, message } = problem;
            match (path.is_empty(), line) {
                (true, _) => write!(f, "{separator}{message}")?,
                (false, 0) => write!(f, "{separator}{path}: {message}")?,
                (false, line) => write!(f, "{separator}{path}:{line}: {message}")?,
            }
        }
        Ok(())
    }
}

/// A file with profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFile {
    /// Its path, for messages.
    pub path: String,
    /// Its content.
    pub text: String,
}

const BOOLEANS: &[&str] = &[
    "anon_retry",
    "offline_retry",
    "use_fast_upload",
    "debug",
    "debug_xmlrpc",
    "force_auth",
    "no_ssl_verify",
];
const INTEGERS: &[&str] = &[
    "max_retries",
    "retry_interval",
    "offline_retry_interval",
    "poll_interval",
    "timeout",
    "auth_timeout",
    "upload_blocksize",
    "pyver",
];

impl Profile {
    /// Returns the official client's defaults.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            server: "http://localhost/kojihub".to_owned(),
            weburl: "http://localhost/koji".to_owned(),
            topurl: None,
            authtype: None,
            cert: None,
            server_ca: None,
            no_ssl_verify: false,
            principal: None,
            keytab: None,
            max_retries: 30,
            retry_interval: Duration::from_secs(20),
            anon_retry: true,
            offline_retry: false,
            offline_retry_interval: Duration::from_secs(20),
            timeout: Duration::from_secs(12 * 3600),
            auth_timeout: Duration::from_secs(60),
            poll_interval: Duration::from_secs(6),
            upload_blocksize: 1 << 20,
        }
    }

    /// Reads a profile from files; `home` replaces `~`.
    pub fn read(files: &[ProfileFile], name: &str, home: &str) -> Result<Self, ProfileError> {
        let mut problems = Vec::new();
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        let mut names: Vec<String> = Vec::new();
        let mut is_there = false;
        for file in files {
            let sections = ini::read(file, &mut problems);
            names.extend(sections.keys().filter(|name| *name != "DEFAULT").cloned());
            if let Some(section) = sections.get(name) {
                is_there = true;
                entries.extend(sections.get("DEFAULT").cloned().unwrap_or_default());
                entries.extend(section.clone());
            }
        }
        if !is_there {
            problems.push(missing(name, names, files));
        }
        let mut reading = Reading { entries, problems, home: home.to_owned() };
        let profile = Self::of(name, &mut reading);
        if reading.problems.is_empty() { Ok(profile) } else { Err(ProfileError(reading.problems)) }
    }

    fn of(name: &str, reading: &mut Reading) -> Self {
        reading.check_all();
        let old = Self::new(name);
        Self {
            server: reading.text("server").unwrap_or(old.server),
            weburl: reading.text("weburl").unwrap_or(old.weburl),
            topurl: reading.text("topurl"),
            authtype: reading.authtype(),
            cert: reading.path("cert"),
            server_ca: reading.path("serverca"),
            no_ssl_verify: reading.boolean("no_ssl_verify", old.no_ssl_verify),
            principal: reading.text("principal"),
            keytab: reading.path("keytab"),
            max_retries: reading.integer("max_retries", old.max_retries),
            retry_interval: reading.seconds("retry_interval", old.retry_interval),
            anon_retry: reading.boolean("anon_retry", old.anon_retry),
            offline_retry: reading.boolean("offline_retry", old.offline_retry),
            offline_retry_interval: reading
                .seconds("offline_retry_interval", old.offline_retry_interval),
            timeout: reading.seconds("timeout", old.timeout),
            auth_timeout: reading.seconds("auth_timeout", old.auth_timeout),
            poll_interval: reading.seconds("poll_interval", old.poll_interval),
            upload_blocksize: reading.integer("upload_blocksize", 1 << 20) as usize,
            name: old.name,
        }
    }
}

/// Reports that no file has a profile, and lists the existing ones.
fn missing(name: &str, mut names: Vec<String>, files: &[ProfileFile]) -> Problem {
    names.sort_unstable();
    names.dedup();
    let message = match (files.is_empty(), names.as_slice()) {
        (true, _) => format!(
            "no koji profile `{name}`: none of /etc/koji.conf.d, /etc/koji.conf, ~/.koji/config.d and \
             ~/.koji/config exists"
        ),
        (false, []) => format!("no koji profile `{name}`: the files have no section"),
        (false, names) => format!("no koji profile `{name}`; there are: {}", names.join(", ")),
    };
    Problem { path: String::new(), line: 0, message }
}

/// The entries of a profile while they are interpreted.
struct Reading {
    entries: BTreeMap<String, Entry>,
    problems: Vec<Problem>,
    home: String,
}

impl Reading {
    fn complain(&mut self, key: &str, message: String) {
        let entry = &self.entries[key];
        self.problems.push(Problem { path: entry.path.clone(), line: entry.line, message });
    }

    /// Reports every invalid value, used here or not.
    fn check_all(&mut self) {
        for key in BOOLEANS {
            if let Some(text) = self.text(key).filter(|text| boolean(text).is_none()) {
                self.complain(key, format!("`{key}` is `{text}`: write true or false"));
            }
        }
        for key in INTEGERS {
            if let Some(text) = self.text(key).filter(|text| text.parse::<u32>().is_err()) {
                self.complain(key, format!("`{key}` is `{text}`: write a whole number"));
            }
        }
    }

    fn text(&self, key: &str) -> Option<String> {
        self.entries.get(key).map(|entry| entry.value.clone()).filter(|text| !text.is_empty())
    }

    fn path(&self, key: &str) -> Option<String> {
        let path = self.text(key)?;
        Some(match path.strip_prefix("~/") {
            Some(rest) => format!("{}/{rest}", self.home),
            None => path,
        })
    }

    fn boolean(&self, key: &str, default: bool) -> bool {
        self.text(key).and_then(|text| boolean(&text)).unwrap_or(default)
    }

    fn integer(&self, key: &str, default: u32) -> u32 {
        self.text(key).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    fn seconds(&self, key: &str, default: Duration) -> Duration {
        let number: Option<u64> = self.text(key).and_then(|text| text.parse().ok());
        number.map_or(default, Duration::from_secs)
    }

    fn authtype(&mut self) -> Option<AuthType> {
        let word = self.text("authtype")?;
        let authtype = match word.as_str() {
            "noauth" => AuthType::NoAuth,
            "password" => AuthType::Password,
            "ssl" => AuthType::Ssl,
            "kerberos" | "gssapi" => AuthType::Kerberos,
            _ => {
                let message = format!(
                    "`authtype` is `{word}`: write noauth, password, ssl, kerberos or gssapi"
                );
                self.complain("authtype", message);
                return None;
            }
        };
        Some(authtype)
    }
}

/// Reads a boolean as Python's configparser does.
fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "yes" | "true" | "on" => Some(true),
        "0" | "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> ProfileFile {
        ProfileFile { path: path.to_owned(), text: text.to_owned() }
    }

    fn read(texts: &[&str], name: &str) -> Result<Profile, String> {
        let files: Vec<ProfileFile> = texts.iter().map(|text| file("koji.conf", text)).collect();
        Profile::read(&files, name, "/users/dev").map_err(|error| error.to_string())
    }

    #[test]
    fn later_files_win_key_by_key() {
        let site = "# a comment\n[koji]\nserver = https://koji.example.org/kojihub\ntimeout: 60\n\
                    cert = ~/.koji/client.crt\nanon_retry = off\nsome_plugin = 1\n";
        let own = "[stage]\nserver = https://stage.example.org/kojihub\n[koji]\ntimeout = 30\n";
        let profile = read(&[site, own], "koji").expect("both are fine");
        assert_eq!(profile.server, "https://koji.example.org/kojihub");
        assert_eq!(profile.timeout, Duration::from_secs(30));
        assert_eq!(profile.cert.as_deref(), Some("/users/dev/.koji/client.crt"));
        assert!(!profile.anon_retry);
        let stage = read(&[site, own], "stage").expect("both are fine");
        assert_eq!((stage.timeout, stage.max_retries), (Duration::from_secs(43_200), 30));
    }

    #[test]
    fn interpolation_and_continuation_are_pythons() {
        let text = "[DEFAULT]\nhost = koji.example.org\n[koji]\nserver = https://%(host)s/kojihub\n\
                    weburl = https://%(host)s/\n    koji%%20web\nauthtype = gssapi\n";
        let profile = read(&[text], "koji").expect("it is fine");
        assert_eq!(profile.server, "https://koji.example.org/kojihub");
        assert_eq!(profile.weburl, "https://koji.example.org/\nkoji%20web");
        assert_eq!(profile.authtype, Some(AuthType::Kerberos));
    }

    #[test]
    fn everything_wrong_is_told_with_its_line() {
        let text = "server = x\n[koji]\nserver\ntimeout = soon\nanon_retry = maybe\n\
                    authtype = magic\nweburl = %(nowhere)s\n[koji\n";
        assert_eq!(
            read(&[text], "koji").expect_err("it is wrong"),
            "koji.conf:1: an entry before the first [section]\n\
             koji.conf:3: not `key = value`\n\
             koji.conf:8: not a [section]\n\
             koji.conf:7: `weburl` refers by `%(…)s` to a key that is not set\n\
             koji.conf:5: `anon_retry` is `maybe`: write true or false\n\
             koji.conf:4: `timeout` is `soon`: write a whole number\n\
             koji.conf:6: `authtype` is `magic`: write noauth, password, ssl, kerberos or gssapi"
        );
    }

    #[test]
    fn a_profile_without_a_section_is_named_with_those_that_are_there() {
        assert_eq!(
            read(&["[koji]\n[stage]\n"], "kojj"),
            Err("no koji profile `kojj`; there are: koji, stage".to_owned())
        );
        assert!(read(&[], "koji").expect_err("no file").contains("~/.koji/config"));
    }
}
