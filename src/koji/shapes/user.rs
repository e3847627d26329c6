//! Users and sessions.

use super::shapes;

shapes! {
    /// A user; the members after `krb_principals` are returned for the caller only.
    User {
        id: i64,
        name: String,
        status: i64,
        usertype: i64;
        krb_principals: Vec<String>,
        authtype: i64,
        krb_principal: Option<String>,
        groups: Vec<crate::koji::Value>,
    }
    /// A new session. The key is a secret.
    LoggedIn {
        id "session-id": i64,
        key "session-key": Secret;
        header_auth "header-auth": bool,
    }
    /// A session.
    SessionInfo {
        authtype: i64,
        callnum: Option<i64>,
        exclusive: Option<bool>,
        expired: bool,
        master: Option<i64>,
        renew_time: Option<String>,
        renew_ts: Option<f64>,
        start_time: String,
        start_ts: f64,
        update_time: String,
        update_ts: f64,
        user_id: i64,
    }
}

/// A text that no log, error or `Debug` may show.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being shown.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}
