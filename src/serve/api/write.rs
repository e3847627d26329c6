//! Requests that change something: who may send them, and what is valid in them.

mod fields;

use serde_json::{Map, Value};

use self::fields::{flag, needs, refs, text};
use super::{Refusal, Rules};
use crate::serve::{ModuleBuild, Source, State, Submission, User};

/// What a submission may say.
const KEYS: &[&str] = &[
    "scmurl",
    "branch",
    "modulemd",
    "module_name",
    "module_stream",
    "owner",
    "rebuild_strategy",
    "reuse_components_from",
    "buildrequire_overrides",
    "require_overrides",
    "rpm_component_ref_overrides",
    "scratch",
    "srpms",
    "side_tag",
];

/// Reads the body of a request, whatever its type is said to be.
fn body(bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) | Err(_) => Err(Refusal::bad("Invalid JSON submitted")),
    }
}

/// Reads a submission.
///
/// # Errors
/// 400 for what is wrong in it, 403 for an address that is not allowed or a user who may not submit.
pub fn submission(bytes: &[u8], user: &User, rules: &Rules) -> Result<Submission, Refusal> {
    let fields = body(bytes)?;
    if !rules.rights.may_submit(user) {
        return Err(Refusal::forbidden(format!(
            "{} is not in any of {:?}, only {:?}",
            user.name, rules.rights.submitters, user.groups
        )));
    }
    let scratch = flag(&fields, "scratch")?;
    let source = match text(&fields, "modulemd")? {
        Some(document) => {
            if !scratch && !rules.takes_yaml {
                return Err(Refusal::forbidden("YAML submission is not enabled"));
            }
            sent(document, &fields, rules)?
        }
        None => scm(&fields, rules)?,
    };
    check_options(&fields, rules)?;
    let owner = text(&fields, "owner")?.filter(|_| rules.rights.names_owner);
    Ok(Submission {
        source,
        owner: owner.unwrap_or_else(|| user.name.clone()),
        scratch,
        buildrequires: needs(&fields, "buildrequire_overrides")?,
        requires: needs(&fields, "require_overrides")?,
        refs: refs(&fields, "rpm_component_ref_overrides")?,
    })
}

/// Refuses what the service does not know, and what it knows and does not do.
fn check_options(fields: &Map<String, Value>, rules: &Rules) -> Result<(), Refusal> {
    let unknown: Vec<&str> =
        fields.keys().map(String::as_str).filter(|key| !KEYS.contains(key)).collect();
    if !unknown.is_empty() {
        let message = format!("The request contains invalid parameters: {}", unknown.join(", "));
        return Err(Refusal::bad(message));
    }
    let is_given = |key: &str| fields.get(key).is_some_and(|value| !value.is_null());
    if is_given("owner") && !rules.rights.names_owner {
        return Err(Refusal::bad("The request contains invalid parameters: owner"));
    }
    if text(fields, "rebuild_strategy")?.is_some_and(|strategy| strategy != "all") {
        return Err(Refusal::bad(
            "The request contains the \"rebuild_strategy\" parameter but overriding the default isn't allowed",
        ));
    }
    if is_given("reuse_components_from") {
        return Err(Refusal::bad(
            "You cannot specify the parameter \"reuse_components_from\" when the \"rebuild_strategy\" \
             parameter is set to \"all\"",
        ));
    }
    let has_srpms = fields.get("srpms").is_some_and(|srpms| {
        srpms.as_array().is_none_or(|list| !list.is_empty()) && !srpms.is_null()
    });
    if has_srpms {
        return Err(Refusal::bad("This service builds components from git: leave \"srpms\" out"));
    }
    if is_given("side_tag") {
        return Err(Refusal::bad("This service has no side tags: leave \"side_tag\" out"));
    }
    Ok(())
}

fn sent(document: String, fields: &Map<String, Value>, rules: &Rules) -> Result<Source, Refusal> {
    let scmurl = text(fields, "scmurl")?;
    if let Some(scmurl) = scmurl.as_ref().filter(|scmurl| !rules.scm.allows(scmurl)) {
        return Err(not_allowed(scmurl));
    }
    let (name, stream) = (text(fields, "module_name")?, text(fields, "module_stream")?);
    for part in [&name, &stream].into_iter().flatten() {
        if part.is_empty() || part.contains([':', '/']) || part.chars().any(char::is_control) {
            return Err(Refusal::bad(format!("`{part}` is not the name of a module or a stream")));
        }
    }
    let stream = stream.or(text(fields, "branch")?);
    Ok(Source::Text { document, name, stream, scmurl })
}

fn not_allowed(scmurl: &str) -> Refusal {
    Refusal::forbidden(format!("The submitted scmurl {scmurl} is not allowed"))
}

fn scm(fields: &Map<String, Value>, rules: &Rules) -> Result<Source, Refusal> {
    let scmurl = text(fields, "scmurl")?.ok_or_else(|| Refusal::bad("Missing scmurl"))?;
    if !rules.scm.allows(&scmurl) {
        return Err(not_allowed(&scmurl));
    }
    let wrong = || {
        Refusal::bad(format!(
            "The submitted scmurl {scmurl} is not valid.  Expected format is \
             '{}?[module-path]#[revision]'",
            scmurl.split(['?', '#']).next().unwrap_or_default()
        ))
    };
    let (repository, rest) = scmurl.split_once('?').ok_or_else(wrong)?;
    let (path, revision) = rest.split_once('#').ok_or_else(wrong)?;
    if !path.is_empty() || !is_plain(revision) || !has_scheme(repository) {
        return Err(wrong());
    }
    let branch = text(fields, "branch")?.ok_or_else(|| Refusal::bad("Missing branch"))?;
    if !is_plain(&branch) {
        return Err(Refusal::bad(format!("The submitted branch {branch} is not valid")));
    }
    let (repository, revision) = (repository.to_owned(), revision.to_owned());
    Ok(Source::Scm { repository, revision, branch, scmurl })
}

/// Returns whether a text may be a revision or a branch: git must not read an option or a range in it.
fn is_plain(text: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-/+".contains(c);
    !text.is_empty()
        && text.len() <= 250
        && !text.starts_with(['-', '/', '.'])
        && !text.contains("..")
        && text.chars().all(is_fine)
}

/// Returns whether a repository is at a server, reached by a protocol that runs nothing here.
fn has_scheme(repository: &str) -> bool {
    let plain = repository.strip_prefix("git+").unwrap_or(repository);
    ["https://", "http://", "git://", "ssh://"].iter().any(|scheme| plain.starts_with(scheme))
}

/// Checks that somebody may cancel a build, and that this is what they ask.
///
/// # Errors
/// 403 where it is not theirs or is over, 400 where another state is asked for.
pub fn cancel(
    bytes: &[u8],
    build: &ModuleBuild,
    user: &User,
    rules: &Rules,
) -> Result<(), Refusal> {
    if build.owner != user.name && !rules.rights.is_admin(user) {
        return Err(Refusal::forbidden(
            "You are not owner of this build and therefore cannot modify it.",
        ));
    }
    let fields = body(bytes)?;
    let asked = match fields.get("state") {
        Some(Value::String(text)) => State::read(text),
        Some(Value::Number(number)) => State::read(&number.to_string()),
        Some(_) | None => return Err(Refusal::bad("Invalid JSON submitted")),
    };
    if asked != Some(State::Failed) {
        return Err(Refusal::bad(
            "An invalid state was submitted: a build can only be canceled, by `failed`",
        ));
    }
    match build.state {
        State::Init | State::Wait | State::Build => Ok(()),
        State::Failed => Err(Refusal::forbidden("You can't cancel a failed module")),
        State::Done | State::Ready | State::Garbage => {
            Err(Refusal::forbidden("You can't cancel a completed module"))
        }
    }
}

/// Reads where a module is to be imported from.
///
/// # Errors
/// 403 where the user may not import or the address is not allowed, 400 for what is wrong in it.
pub fn import(bytes: &[u8], user: &User, rules: &Rules) -> Result<Source, Refusal> {
    if !rules.rights.is_admin(user) {
        return Err(Refusal::forbidden(format!(
            "{} is not in any of {:?}, only {:?}",
            user.name, rules.rights.admins, user.groups
        )));
    }
    let mut fields = body(bytes)?;
    let unknown = fields.keys().find(|key| *key != "scmurl");
    if let Some(unknown) = unknown {
        return Err(Refusal::bad(format!("The request contains invalid parameters: {unknown}")));
    }
    fields.insert("branch".to_owned(), Value::from("import"));
    scm(&fields, rules)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::serve::api::Status;
    use crate::site::Scm;

    fn rules() -> Rules {
        let allow = vec!["https://src.example.org/".to_owned()];
        Rules { scm: Scm { allow, ..Scm::default() }, ..Rules::default() }
    }

    fn read(scmurl: &str) -> Result<Submission, Refusal> {
        let fields = BTreeMap::from([("scmurl", scmurl), ("branch", "f28")]);
        submission(&serde_json::to_vec(&fields).unwrap(), &User::default(), &rules())
    }

    #[test]
    fn nothing_but_a_commit_at_an_allowed_server_is_fetched() {
        let wanted = read("https://src.example.org/modules/perl.git?#0123abc").unwrap();
        assert_eq!(wanted.source.repository_name(), Some("perl"));
        let tricks = [
            "file:///etc/passwd?#1",
            "ext::sh -c id?#1",
            "https://src.example.org.evil.net/x?#1",
            "https://src.example.org/../x?#1",
            "https://src.example.org/%2e%2e/x?#1",
            "https://kim@src.example.org/x?#1",
            "https://src.example.org/x?--upload-pack=id#1",
            "https://src.example.org/x?#--upload-pack=id",
            "https://src.example.org/x?#a..b",
            "https://src.example.org/x?#",
            "https://src.example.org/x#1",
            "-oProxyCommand=id?#1",
        ];
        for trick in tricks {
            let refusal = read(trick).expect_err(trick);
            assert!(
                matches!(refusal.status, Status::BadRequest | Status::Forbidden),
                "{refusal:?}"
            );
        }
    }
}
