//! Users and sessions.

use super::{Secret, shapes};

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
