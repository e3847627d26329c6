//! How to log in, from a profile and the configuration.

use std::fs;

use modplan::koji::profile::{AuthType, Profile};
use modplan::koji::shapes::Secret;
use modplan::live::hub::Login;
use modplan::site::KojiAccess;

use super::super::status::Refusal;

/// Returns how to log in: as the profile says, else by what there is.
pub(super) fn login(profile: &Profile, access: &KojiAccess) -> anyhow::Result<Login> {
    let usual = match (&access.user, &profile.cert) {
        (Some(_), _) => AuthType::Password,
        (None, Some(_)) => AuthType::Ssl,
        (None, None) if profile.server.starts_with("https:") => AuthType::Kerberos,
        (None, None) => AuthType::NoAuth,
    };
    match profile.authtype.unwrap_or(usual) {
        AuthType::NoAuth => Ok(Login::Anonymous),
        AuthType::Password => password(profile, access),
        AuthType::Ssl => certificate(profile),
        AuthType::Kerberos => Ok(Login::Kerberos {
            principal: profile.principal.clone(),
            keytab: profile.keytab.clone(),
        }),
    }
}

fn password(profile: &Profile, access: &KojiAccess) -> anyhow::Result<Login> {
    let (Some(user), Some(path)) = (&access.user, &access.password_file) else {
        let message =
            format!("the profile {} logs in by password, and there is none", profile.name);
        let hint = "name user and password_file in the section koji of the configuration";
        return Err(Refusal::usage(message).hint(hint).into());
    };
    let text = read(path)?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        return Err(
            Refusal::usage(format!("{path} begins with an empty line, not a password")).into()
        );
    }
    Ok(Login::Password { user: user.clone(), password: Secret::new(password) })
}

fn certificate(profile: &Profile) -> anyhow::Result<Login> {
    let Some(path) = &profile.cert else {
        let message =
            format!("the profile {} logs in by certificate, and names none", profile.name);
        return Err(Refusal::usage(message).hint("name one with the key `cert`").into());
    };
    Ok(Login::Certificate { pem: Secret::new(read(path)?), path: path.clone() })
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path)
        .map_err(|error| anyhow::Error::from(error).context(format!("cannot read `{path}`")))
}
