//! Values of a configuration: each reader says what is valid, and none repeats what may be a secret.

use crate::name::Arch;
use crate::settings;

/// The longest prefix of tags: what follows must fit koji's columns.
const PREFIX_LEN_MAX: usize = 40;

/// Reads the name of something at koji: a tag, a target, a permission.
pub(super) fn koji_name(text: &str) -> Result<String, String> {
    let is_fine = |c: char| !c.is_whitespace() && !c.is_control() && c != '/';
    if text.is_empty() || text.len() > 256 || !text.chars().all(is_fine) {
        return Err(format!("must be a name without blanks and slashes, not `{text}`"));
    }
    Ok(text.to_owned())
}

/// Reads what tags of modules begin with.
pub(super) fn tag_prefix(text: &str) -> Result<String, String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    let has_body = text.len() > 1 && text.len() <= PREFIX_LEN_MAX;
    if !has_body || !text.ends_with('-') || !text.chars().all(is_fine) {
        return Err(format!(
            "must be letters, digits and `-_.+` with a dash at the end, such as `module-`, not `{text}`"
        ));
    }
    Ok(text.to_owned())
}

/// Reads the arch of builders.
pub(super) fn arch(text: &str) -> Result<Arch, String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.is_empty() || !text.chars().all(is_fine) {
        return Err(format!("must be an arch such as x86_64, not `{text}`"));
    }
    if matches!(text, "noarch" | "src") {
        return Err(format!("must be the arch of builders, not `{text}`"));
    }
    Ok(text.into())
}

/// Reads an address. One with a password in it is refused without a word of it.
pub(super) fn address(text: &str) -> Result<String, String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("must be an address such as https://host/".to_owned());
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) {
        return Err("must not hold a password: name a file that holds it".to_owned());
    }
    if scheme.is_empty() || authority.is_empty() {
        return Err("must be an address such as https://host/".to_owned());
    }
    Ok(text.to_owned())
}

/// Reads where runs are kept: `sqlite:FILE` or a PostgreSQL address.
pub(super) fn store(text: &str) -> Result<String, String> {
    if let Some(file) = text.strip_prefix("sqlite:") {
        return settings::text(file).map(|_| text.to_owned());
    }
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err("must be sqlite:FILE or postgres://USER@HOST/DATABASE".to_owned());
    }
    address(text)
}

/// Reads the source of components.
pub(super) fn source_template(text: &str) -> Result<String, String> {
    let text = address(text)?;
    if !text.contains("{package}") || !text.contains("{commit}") {
        return Err("must hold {package} and {commit}".to_owned());
    }
    if text.find('#').is_none_or(|at| &text[at..] != "#{commit}") {
        return Err("must end with #{commit}".to_owned());
    }
    Ok(text)
}

/// Reads the number of a signing key.
pub(super) fn signing_key(text: &str) -> Result<String, String> {
    let is_fine = text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_fine {
        return Err(format!("must be eight or more hexadecimal digits, not `{text}`"));
    }
    Ok(text.to_ascii_lowercase())
}

/// Reads a path that means the same wherever modplan is started.
pub(super) fn absolute_path(text: &str) -> Result<String, String> {
    let is_fine = text.starts_with('/') && !text.split('/').any(|step| step == "..");
    if !is_fine {
        return Err(format!("must be an absolute path without `..`, not `{text}`"));
    }
    Ok(text.to_owned())
}

/// Reads yes or no.
pub(super) fn yes_no(text: &str) -> Result<bool, String> {
    settings::word(text, &[("true", true), ("false", false)])
}

/// Reads any text, the empty one too.
pub(super) fn any_text(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}
