//! Branches and tags of sources: which of them may be looked up, and what the address is with the commit.

use serde::{Deserialize, Serialize};

/// The longest name of a ref that is looked up.
const NAME_LEN_MAX: usize = 250;
/// The transports that are looked up at: none runs a program here or asks for a password of its own accord.
const SCHEMES: [&str; 3] = ["https", "http", "git"];

/// A branch or tag of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitRef {
    /// The address of the repository as git takes it, without what koji puts around it.
    url: String,
    /// The name: `main`, or in full `refs/heads/main`.
    name: String,
}

/// A ref with the commit that it was at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedRef {
    /// The ref.
    #[serde(rename = "ref")]
    pub of: GitRef,
    /// The full commit.
    pub commit: String,
}

impl GitRef {
    /// Returns a ref of the repository in koji's address of a source, `git+https://HOST/PATH?SUBDIRECTORY#REF`.
    ///
    /// # Errors
    /// Why it is not looked up, in words: another transport, or a name that git would read as something else.
    pub fn new(source: &str, name: &str) -> Result<Self, String> {
        let plain = source.strip_prefix("git+").unwrap_or(source);
        let url = plain.split(['?', '#']).next().unwrap_or_default();
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        if !scheme.is_some_and(|scheme| SCHEMES.contains(&scheme)) {
            let known = SCHEMES.join("://, ");
            return Err(format!("{url}: refs are looked up over {known}:// alone"));
        }
        if let Some(odd) = url.chars().find(|c| c.is_whitespace() || c.is_control()) {
            return Err(format!("the address {url:?} holds {odd:?}"));
        }
        is_plain(name)?;
        Ok(Self { url: url.to_owned(), name: name.to_owned() })
    }

    /// Returns the address of the repository.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the name as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the host of the repository, with its port.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(&*self.url, |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// Returns the full names that it may stand for: a branch or a tag.
    #[must_use]
    pub fn full_names(&self) -> Vec<String> {
        match self.name.starts_with("refs/") {
            true => vec![self.name.clone()],
            false => ["heads", "tags"].map(|kind| format!("refs/{kind}/{}", self.name)).into(),
        }
    }
}

impl std::fmt::Display for GitRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.name, self.url)
    }
}

/// Refuses a name that is not that of a branch or tag: git's own rules, and no pattern or option.
fn is_plain(name: &str) -> Result<(), String> {
    let refused =
        |why: &str| Err(format!("`{}` is not the name of a branch or tag: {why}", shown(name)));
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[]\\{}#".contains(c);
    if name.is_empty() || name.len() > NAME_LEN_MAX {
        return refused("it is empty or too long");
    }
    if name.starts_with('-') {
        return refused("it begins with a dash");
    }
    if name.chars().any(is_odd) {
        return refused("it holds blanks or a character that git keeps for itself");
    }
    let is_step = |step: &str| {
        !step.is_empty()
            && !step.starts_with('.')
            && !step.ends_with(".lock")
            && !step.ends_with('.')
    };
    if name.contains("..") || !name.split('/').all(is_step) {
        return refused("a part of it is empty, or begins or ends in a way that git refuses");
    }
    Ok(())
}

/// Returns the beginning of a text without characters that change a terminal.
fn shown(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { '?' } else { c });
    plain.take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_is_of_the_repository_in_koji_s_address() {
        let source = "git+https://src.example.org/rpms/perl?sub#main";
        let of = GitRef::new(source, "main").expect("it is fine");
        assert_eq!((of.url(), of.host()), ("https://src.example.org/rpms/perl", "src.example.org"));
        assert_eq!(of.full_names(), ["refs/heads/main", "refs/tags/main"]);
        let full = GitRef::new("https://h/r", "refs/tags/v1.0").expect("it is fine");
        assert_eq!(full.full_names(), ["refs/tags/v1.0"]);
    }

    #[test]
    fn what_would_run_or_read_something_here_is_refused() {
        for url in
            ["file:///etc", "ext::sh -c id", "ssh://h/r", "/srv/git/r", "git+file:///r", "fd::3"]
        {
            let why = GitRef::new(url, "main").expect_err(url);
            assert!(
                why.ends_with("refs are looked up over https://, http://, git:// alone"),
                "{why}"
            );
        }
        assert!(GitRef::new("https://h/r\n", "main").expect_err("a newline").contains("'\\n'"));
    }

    #[test]
    fn a_name_that_git_would_read_as_something_else_is_refused() {
        let odd = [
            "--upload-pack=touch x",
            "-f",
            "a b",
            "a..b",
            "a:b",
            "main^{}",
            "@{-1}",
            "*",
            "a//b",
            "/a",
            "a/",
            ".a",
            "a.lock",
            "a.",
            "",
            "a#b",
            "a\nb",
            "a\\b",
            "a~1",
            "[a]",
            "?",
        ];
        for name in odd {
            let why = GitRef::new("https://h/r", name).expect_err(name);
            assert!(why.contains("is not the name of a branch or tag"), "{why}");
            assert!(!why.contains('\n'), "{why:?}");
        }
        for name in ["main", "f34", "stream-el8.6.0", "private/kim/fix_1", "v1.2+3", "user@2"] {
            GitRef::new("https://h/r", name).expect(name);
        }
    }
}
