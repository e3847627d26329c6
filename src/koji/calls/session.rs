//! Sessions, users and permissions.

use super::{Map, calls};
use crate::koji::shapes::{LoggedIn, Secret, SessionInfo, User};
use crate::koji::{Ref, Value};

calls! {
    /// Whether the hub answers.
    GetApiVersion "getAPIVersion" () -> i64,
    /// The hub's version.
    GetKojiVersion "getKojiVersion" () -> String,
    /// Every method with its signature.
    ListApi "_listapi" () -> Vec<Map>,
    /// Logs in by password; with `renew` keeps the session and gives it a new key.
    Login "login" (user: String, password: Secret; opts: Map, renew: bool, exclusive: bool) -> LoggedIn,
    /// Logs in by the TLS client certificate.
    SslLogin "sslLogin" (; proxyuser: String, proxyauthtype: i64, renew: bool, exclusive: bool) -> LoggedIn,
    /// Ends a session; by default the caller's own.
    Logout "logout" (; session_id: i64) -> (),
    /// Ends a session below the caller's.
    LogoutChild "logoutChild" (session_id: i64) -> (),
    /// Begins a session below the caller's.
    Subsession "subsession" () -> LoggedIn,
    /// Locks the user to this session.
    ExclusiveSession "exclusiveSession" (; force: bool) -> (),
    /// The caller's session in words.
    ShowSession "showSession" () -> String,
    /// The caller's session.
    GetSessionInfo "getSessionInfo" (; details: bool, user_id "user_id": i64) -> SessionInfo,
    /// The caller; nil if not logged in.
    GetLoggedInUser "getLoggedInUser" () -> Option<User>,
    /// A user; by default the caller.
    GetUser "getUser" (; user "userInfo": Ref, strict: bool, krb_princs: bool, groups: bool) -> Option<User>,
    /// The caller's permissions.
    GetPerms "getPerms" () -> Vec<String>,
    /// A user's permissions.
    GetUserPerms "getUserPerms" (; user "userID": Ref, with_groups: bool) -> Vec<String>,
    /// Whether the caller has a permission.
    HasPerm "hasPerm" (perm: Ref; strict: bool) -> bool,
    /// Every permission.
    GetAllPerms "getAllPerms" () -> Vec<Map>,
    /// Gives a user a permission.
    GrantPermission "grantPermission" (user "userinfo": Ref, permission: Ref; create: bool, description: String) -> (),
    /// Lets a user import as a content generator.
    GrantCgAccess "grantCGAccess" (user: Ref, cg: Ref; create: bool) -> (),
    /// Whether the hub builds with Maven.
    MavenEnabled "mavenEnabled" () -> bool,
    /// A multicall: each answer is a list of one value, or a struct with a fault.
    MultiCall "multiCall" (calls: Vec<SubCall>) -> Vec<Value>,
}

/// One call of a [`MultiCall`].
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SubCall {
    /// The method.
    #[serde(rename = "methodName")]
    pub method: String,
    /// Its parameters, a struct of named ones last.
    pub params: Vec<Value>,
}
