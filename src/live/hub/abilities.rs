//! The abilities of a hub: older hubs lack newer calls.

use std::collections::BTreeSet;

use super::{Hub, HubError};
use crate::koji::calls::{
    GetKojiVersion, GetRepo, GetTaskInfo, ListApi, NewRepo, RepoCheckRequest, RepoRequestCall,
};
use crate::koji::shapes::Repo;
use crate::koji::{Call, FaultKind, OneOrMany, Ref, TaskState, Value};

/// The abilities of a hub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Its version; `None` if unknown.
    pub version: Option<String>,
    methods: BTreeSet<String>,
}

/// A repo that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum RepoAsk {
    /// It is there.
    Ready(Box<Repo>),
    /// The hub has a request for it.
    Requested(i64),
    /// A task makes it, at hubs without requests.
    Task(i64),
    /// The hub gave it up, or its task failed.
    GivenUp,
}

impl Abilities {
    /// Returns whether the hub has a method.
    #[must_use]
    pub fn has(&self, method: &str) -> bool {
        self.methods.contains(method)
    }

    /// Derives abilities from the names of methods.
    #[must_use]
    pub fn of(version: Option<&str>, methods: impl IntoIterator<Item = String>) -> Self {
        Self { version: version.map(str::to_owned), methods: methods.into_iter().collect() }
    }
}

impl Hub {
    /// Queries the abilities of the hub.
    pub async fn probe(&mut self) -> Result<Abilities, HubError> {
        let rows = self.call(&ListApi::default()).await?;
        let name = |row: &crate::koji::calls::Map| {
            row.get("name").and_then(Value::as_str).map(str::to_owned)
        };
        let methods: BTreeSet<String> = rows.iter().filter_map(name).collect();
        let version = match self.call(&GetKojiVersion::default()).await {
            Ok(version) => Some(version),
            // Hubs before 1.23 do not have the call.
            Err(HubError::Fault { fault, .. }) if fault.kind == FaultKind::Generic => None,
            Err(error) => return Err(error),
        };
        Ok(Abilities { version, methods })
    }

    /// Requests a repo with the content of a tag at an event: with a repo request if the hub
    /// supports that (1.34), otherwise with a task.
    pub async fn ask_repo(
        &mut self,
        abilities: &Abilities,
        tag: &str,
        event: i64,
    ) -> Result<RepoAsk, HubError> {
        let tag = Ref::from(tag);
        if abilities.has(RepoRequestCall::METHOD) {
            let min_event = Some(Value::Int(event));
            let call = RepoRequestCall { tag, min_event, ..RepoRequestCall::default() };
            let answer = self.call(&call).await?;
            return match (answer.repo, answer.request) {
                (Some(repo), _) => Ok(RepoAsk::Ready(Box::new(repo))),
                (None, Some(request)) => Ok(RepoAsk::Requested(request.id)),
                (None, None) => Err(HubError::Shape {
                    method: RepoRequestCall::METHOD.to_owned(),
                    reason: "neither a repo nor a request".to_owned(),
                }),
            };
        }
        if let Some(repo) = self.ready_repo(tag.clone(), event).await? {
            return Ok(RepoAsk::Ready(Box::new(repo)));
        }
        self.call(&NewRepo { tag, ..NewRepo::default() }).await.map(RepoAsk::Task)
    }

    /// Looks up the state of a requested repo.
    pub async fn check_repo(
        &mut self,
        ask: &RepoAsk,
        tag: &str,
        event: i64,
    ) -> Result<RepoAsk, HubError> {
        match ask {
            RepoAsk::Ready(_) | RepoAsk::GivenUp => Ok(ask.clone()),
            RepoAsk::Requested(request) => {
                let answer = self.call(&RepoCheckRequest { request: *request }).await?;
                let is_active = answer.request.is_some_and(|request| request.active);
                Ok(match answer.repo {
                    Some(repo) => RepoAsk::Ready(Box::new(repo)),
                    None if is_active => ask.clone(),
                    None => RepoAsk::GivenUp,
                })
            }
            RepoAsk::Task(task) => {
                if let Some(repo) = self.ready_repo(Ref::from(tag), event).await? {
                    return Ok(RepoAsk::Ready(Box::new(repo)));
                }
                let task_id = OneOrMany::One(*task);
                let call = GetTaskInfo { task_id, ..GetTaskInfo::default() };
                let OneOrMany::One(Some(info)) = self.call(&call).await? else {
                    return Ok(RepoAsk::GivenUp);
                };
                let is_lost = matches!(info.state, TaskState::Failed | TaskState::Canceled);
                Ok(if is_lost { RepoAsk::GivenUp } else { ask.clone() })
            }
        }
    }

    async fn ready_repo(&mut self, tag: Ref, event: i64) -> Result<Option<Repo>, HubError> {
        // Older hubs do not know `min_event`.
        let repo = self.call(&GetRepo { tag, ..GetRepo::default() }).await?;
        Ok(repo.filter(|repo| repo.create_event >= event))
    }
}
