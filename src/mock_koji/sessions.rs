//! Sessions, call numbers, users and permissions.

use super::state::{Caller, Session};
use super::{Mock, index};
use crate::koji::calls::{
    ExclusiveSession, GetLoggedInUser, GetPerms, GetSessionInfo, GetUser, GetUserPerms,
    GrantPermission, HasPerm, Login, Logout, LogoutChild, Map, SslLogin, Subsession,
};
use crate::koji::shapes::{LoggedIn, Secret, SessionInfo, User};
use crate::koji::{Fault, FaultKind, Ref, Value};

/// The session data of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Credentials {
    /// The session.
    pub id: Option<i64>,
    /// Its key.
    pub key: Option<String>,
    /// The number of the call.
    pub number: Option<u64>,
}

/// The lifetime of a session, after which it has to be renewed.
const SESSION_MS_MAX: i64 = 1440 * 60_000;

/// Methods that the hub repeats although their number was used.
const REPEATED: [&str; 8] = [
    "host.taskWait",
    "host.taskUnwait",
    "host.taskSetWait",
    "host.updateHost",
    "host.setBuildRootState",
    "repoExpire",
    "repoDelete",
    "repoProblem",
];

fn auth(text: impl Into<String>) -> Fault {
    Fault::of(FaultKind::Auth, text)
}

impl Mock {
    /// Returns the caller, after koji's checks of session and call number.
    pub(super) fn identify(
        &mut self,
        credentials: &Credentials,
        method: &str,
    ) -> Result<Caller, Fault> {
        let (Some(id), Some(key)) = (credentials.id, &credentials.key) else {
            return Ok(Caller::default());
        };
        let now = self.moment();
        let invalid = || auth("Invalid session or bad credentials");
        let is_trusted = self.is_repeating;
        let session = self.sessions.get_mut(&id);
        let session = session.filter(|session| is_trusted || session.key == *key);
        let session = session.ok_or_else(invalid)?;
        let is_renewal = method == "login";
        if (session.is_expired || now - session.began > SESSION_MS_MAX) && !is_renewal {
            session.is_expired = true;
            let text = format!("session \"{id}\" has expired");
            return Err(Fault::of(FaultKind::AuthExpired, text));
        }
        if let (Some(last), Some(sent)) = (session.number, credentials.number) {
            if last > sent {
                let text = format!("{last} > {sent} (session {id})");
                return Err(Fault::of(FaultKind::Sequence, text));
            }
            if last == sent && !REPEATED.contains(&method) {
                let text =
                    format!("unable to retry call {sent} (method {method}) for session {id}");
                return Err(Fault::of(FaultKind::Retry, text));
            }
        }
        session.used = now;
        let (user, own) = (session.user, session.is_exclusive || session.master.is_some());
        let locks = |(other, session): (&i64, &Session)| {
            *other != id && session.user == user && session.is_exclusive
        };
        let is_spared = own || matches!(method, "login" | "logout" | "exclusiveSession");
        if !is_spared && self.sessions.iter().any(locks) {
            return Err(Fault::of(FaultKind::AuthLock, "User locked by another session"));
        }
        Ok(Caller { user: Some(user), session: Some(id) })
    }

    /// Keeps the number of a call that changed something.
    pub(super) fn keep_number(&mut self, caller: Caller, number: Option<u64>) {
        if let Some(session) = caller.session.and_then(|id| self.sessions.get_mut(&id)) {
            session.number = number.or(session.number);
        }
    }

    pub(super) fn login(&mut self, caller: Caller, call: Login) -> Result<LoggedIn, Fault> {
        let user = self.find_user(&Ref::Name(call.user.clone()));
        let is_right = |id: &i64| {
            let password = self.users[index(*id)].password.as_ref();
            password.is_some() && (self.is_repeating || password == Some(&call.password))
        };
        let user = user.filter(is_right);
        let user = user.ok_or_else(|| auth("invalid username or password"))?;
        if call.renew == Some(true) {
            let id = caller.session.ok_or_else(|| auth("No session to renew"))?;
            let (key, now) = (self.new_key(user), self.moment());
            let session = self.sessions.get_mut(&id).expect("it was just identified");
            session.key.clone_from(&key);
            session.began = now;
            session.is_expired = false;
            return Ok(LoggedIn { id, key: Secret::new(key), header_auth: Some(true) });
        }
        Ok(self.new_session(user, None))
    }

    /// Certificates and Kerberos need TLS, which the mock does not speak: koji's fault for a
    /// connection whose client it cannot verify.
    pub(super) fn ssl_login(&mut self, caller: Caller, _: SslLogin) -> Result<LoggedIn, Fault> {
        if caller.session.is_some() {
            return Err(auth("Already logged in"));
        }
        Err(auth("could not verify client: None"))
    }

    fn new_session(&mut self, user: i64, master: Option<i64>) -> LoggedIn {
        self.session_count += 1;
        let (id, key, now) = (self.session_count, self.new_key(user), self.moment());
        let session = Session {
            user,
            key: key.clone(),
            master,
            number: None,
            is_exclusive: false,
            is_expired: false,
            began: now,
            used: now,
        };
        self.sessions.insert(id, session);
        LoggedIn { id, key: Secret::new(key), header_auth: Some(true) }
    }

    /// Makes a key, which need not be secret because a mock has nothing to protect.
    fn new_key(&mut self, user: i64) -> String {
        self.key_count += 1;
        format!("{user}-{:019}", self.key_count)
    }

    pub(super) fn logout(&mut self, caller: Caller, call: Logout) -> Result<(), Fault> {
        let own = caller.session.ok_or_else(|| auth("Not logged in"))?;
        let id = call.session_id.unwrap_or(own);
        self.sessions.retain(|at, session| *at != id && session.master != Some(id));
        Ok(())
    }

    pub(super) fn logout_child(&mut self, caller: Caller, call: LogoutChild) -> Result<(), Fault> {
        self.logged_in(caller)?;
        self.sessions.retain(|at, s| *at != call.session_id || s.master != caller.session);
        Ok(())
    }

    pub(super) fn subsession(&mut self, caller: Caller, _: Subsession) -> Result<LoggedIn, Fault> {
        let user = self.logged_in(caller)?;
        let own = caller.session.expect("who is logged in has a session");
        let master = self.sessions[&own].master.unwrap_or(own);
        Ok(self.new_session(user, Some(master)))
    }

    pub(super) fn exclusive_session(
        &mut self,
        caller: Caller,
        call: ExclusiveSession,
    ) -> Result<(), Fault> {
        let user = self.logged_in(caller)?;
        let own = caller.session.expect("who is logged in has a session");
        if self.sessions[&own].is_exclusive {
            return Err(Fault::generic("session is already exclusive"));
        }
        let is_other = |id: &i64, s: &Session| *id != own && s.user == user && s.is_exclusive;
        if self.sessions.iter().any(|(id, session)| is_other(id, session)) {
            if call.force != Some(true) {
                return Err(Fault::of(FaultKind::AuthLock, "Cannot get exclusive session"));
            }
            self.sessions.retain(|id, session| !is_other(id, session));
        }
        self.sessions.get_mut(&own).expect("it is there").is_exclusive = true;
        Ok(())
    }

    pub(super) fn session_info(
        &mut self,
        caller: Caller,
        _: GetSessionInfo,
    ) -> Result<SessionInfo, Fault> {
        self.logged_in(caller)?;
        let session = &self.sessions[&caller.session.expect("who is logged in has a session")];
        Ok(SessionInfo {
            callnum: session.number.and_then(|number| i64::try_from(number).ok()),
            exclusive: session.is_exclusive.then_some(true),
            expired: session.is_expired,
            master: session.master,
            start_time: self.text(session.began),
            start_ts: self.seconds(session.began),
            update_time: self.text(session.used),
            update_ts: self.seconds(session.used),
            user_id: session.user,
            ..SessionInfo::default()
        })
    }

    fn user_shape(&self, id: i64) -> User {
        let user = &self.users[index(id)];
        User {
            id,
            name: user.name.clone(),
            status: 0,
            usertype: i64::from(user.is_host),
            krb_principals: Some(Vec::new()),
            ..User::default()
        }
    }

    pub(super) fn logged_in_user(
        &mut self,
        caller: Caller,
        _: GetLoggedInUser,
    ) -> Result<Option<User>, Fault> {
        let shape =
            |id| User { authtype: Some(0), krb_principal: Some(None), ..self.user_shape(id) };
        Ok(caller.user.map(shape))
    }

    pub(super) fn get_user(
        &mut self,
        caller: Caller,
        call: GetUser,
    ) -> Result<Option<User>, Fault> {
        let found = match &call.user {
            Some(user) if call.strict == Some(true) => Some(self.user_id(user)?),
            Some(user) => self.find_user(user),
            None => caller.user,
        };
        Ok(found.map(|id| self.user_shape(id)))
    }

    pub(super) fn get_perms(&mut self, caller: Caller, _: GetPerms) -> Result<Vec<String>, Fault> {
        let user = self.logged_in(caller)?;
        Ok(self.users[index(user)].permissions.iter().cloned().collect())
    }

    pub(super) fn user_perms(
        &mut self,
        caller: Caller,
        call: GetUserPerms,
    ) -> Result<Vec<String>, Fault> {
        let user = match &call.user {
            Some(user) => self.user_id(user)?,
            None => self.logged_in(caller)?,
        };
        Ok(self.users[index(user)].permissions.iter().cloned().collect())
    }

    pub(super) fn has_perm(&mut self, caller: Caller, call: HasPerm) -> Result<bool, Fault> {
        let permission = call.perm.to_string();
        Ok(caller.user.is_some_and(|user| self.has_permission(user, &permission)))
    }

    pub(super) fn all_perms(
        &mut self,
        _: Caller,
        _: crate::koji::calls::GetAllPerms,
    ) -> Result<Vec<Map>, Fault> {
        let row = |(id, name): (i64, &&str)| {
            Map::from([
                ("id".to_owned(), Value::Int(id)),
                ("name".to_owned(), Value::from(*name)),
                ("description".to_owned(), Value::Nil),
            ])
        };
        Ok((1..).zip(&super::PERMISSIONS).map(row).collect())
    }

    pub(super) fn grant_permission(
        &mut self,
        caller: Caller,
        call: GrantPermission,
    ) -> Result<(), Fault> {
        self.permitted(caller, "admin")?;
        let user = self.user_id(&call.user)?;
        let permission = call.permission.to_string();
        if !super::PERMISSIONS.contains(&permission.as_str()) && call.create != Some(true) {
            return Err(Fault::generic(format!(
                "No such entry in table permissions: {permission}"
            )));
        }
        if !self.users[index(user)].permissions.insert(permission.clone()) {
            let name = self.user_name(user);
            return Err(Fault::generic(format!(
                "user {name} already has permission: {permission}"
            )));
        }
        Ok(())
    }
}
