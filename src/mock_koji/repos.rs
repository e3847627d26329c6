//! Repos and requests for them.

use super::plans::new_task;
use super::state::{Caller, Repo, RepoWish, Task};
use super::{Mock, index};
use crate::hub::Work;
use crate::hub::{EventId, Request, RequestId, TaskId};
use crate::koji::calls::*;
use crate::koji::shapes::{Repo as RepoShape, RepoAnswer, RepoRequest};
use crate::koji::{Fault, FaultKind, RepoState, TaskState, Value};
use crate::time::Millis;

impl Mock {
    pub(super) fn repo_shape(&self, id: i64) -> RepoShape {
        let repo = &self.repos[index(id)];
        let flag = |name: &str| (name.to_owned(), Value::Bool(false));
        let opts = ["src", "maven", "debuginfo", "separate_src"].map(flag);
        RepoShape {
            id,
            tag_id: repo.tag,
            tag_name: self.tag(repo.tag).name.clone(),
            state: repo.state,
            state_time: Some(self.text(repo.changed)),
            state_ts: Some(self.seconds(repo.changed)),
            create_event: repo.event,
            create_ts: self.seconds(self.event_moment(repo.event)),
            creation_time: self.text(repo.created),
            creation_ts: self.seconds(repo.created),
            begin_event: Some(repo.event),
            begin_ts: Some(self.seconds(self.event_moment(repo.event))),
            end_event: None,
            end_ts: None,
            dist: repo.is_dist,
            opts: Some(opts.into()),
            custom_opts: Some(Map::new()),
            task_id: repo.task,
            task_state: repo.task.map(|task| self.state_of(task) as i64),
        }
    }

    /// Returns the newest repo of a tag that is ready and not older than an event.
    pub(super) fn ready_repo(&self, tag: i64, least: i64) -> Option<i64> {
        let fits = |repo: &Repo| {
            repo.tag == tag
                && repo.state == RepoState::Ready
                && !repo.is_dist
                && repo.event >= least
        };
        let repos = self.repos.iter().zip(1..).filter(|(repo, _)| fits(repo));
        repos.max_by_key(|(repo, _)| repo.event).map(|(_, id)| id)
    }

    /// Returns the minimum event of a repo: as requested, or the last change of its tag.
    fn least_event(&self, tag: i64, wanted: Option<&Value>) -> Result<Option<i64>, Fault> {
        let last = || i64::from(self.sim.last_change_of(self.tag(tag).sim).0);
        match wanted {
            None | Some(Value::Nil) => Ok(None),
            Some(Value::Int(event)) => Ok(Some(*event)),
            Some(Value::Text(word)) if word == "last" => Ok(Some(last())),
            Some(other) => {
                Err(Fault::of(FaultKind::Parameter, format!("Invalid event: {other:?}")))
            }
        }
    }

    fn wish_shape(&self, id: i64) -> RepoRequest {
        let wish = &self.wishes[index(id)];
        let info = self.sim.repo_request(wish.sim);
        RepoRequest {
            id,
            tag_id: wish.tag,
            tag_name: self.tag(wish.tag).name.clone(),
            active: wish.is_active,
            priority: i64::from(self.settings.hub.priority),
            owner: wish.owner,
            owner_name: self.user_name(wish.owner),
            min_event: Some(wish.event),
            at_event: None,
            opts: Map::new(),
            repo_id: wish.repo,
            task_id: wish.task,
            task_state: wish.task.map(|task| self.state_of(task) as i64),
            tries: Some(i64::from(info.tries)),
            create_time: self.text(wish.created),
            create_ts: self.seconds(wish.created),
            update_time: self.text(wish.updated),
            update_ts: self.seconds(wish.updated),
        }
    }

    pub(super) fn repo_request(
        &mut self,
        caller: Caller,
        call: RepoRequestCall,
    ) -> Result<RepoAnswer, Fault> {
        let owner = self.logged_in(caller)?;
        let tag = self.tag_id(&call.tag)?;
        let last = i64::from(self.sim.last_change_of(self.tag(tag).sim).0);
        let least = self.least_event(tag, call.min_event.as_ref())?.unwrap_or(last);
        if let Some(repo) = self.ready_repo(tag, least).filter(|_| call.force != Some(true)) {
            let repo = Some(self.repo_shape(repo));
            return Ok(RepoAnswer { repo, request: None, duplicate: Some(false), task: None });
        }
        let event = EventId(u32::try_from(least).unwrap_or_default());
        let sim = self.sim.request_repo_since(self.tag(tag).sim, event);
        let known = self.wishes.iter().zip(1..).find(|(wish, _)| wish.sim == sim && wish.is_active);
        let duplicate = known.is_some();
        let id = match known {
            Some((_, id)) => id,
            None => {
                let now = self.moment();
                self.wishes.push(RepoWish {
                    tag,
                    owner,
                    event: least,
                    sim,
                    task: None,
                    repo: None,
                    is_active: true,
                    created: now,
                    updated: now,
                });
                i64::try_from(self.wishes.len()).expect("few requests")
            }
        };
        let request = Some(self.wish_shape(id));
        Ok(RepoAnswer { repo: None, request, duplicate: Some(duplicate), task: None })
    }

    pub(super) fn check_request(
        &mut self,
        _: Caller,
        call: RepoCheckRequest,
    ) -> Result<RepoAnswer, Fault> {
        let id = call.request;
        let known = super::place(id).filter(|at| *at < self.wishes.len());
        if known.is_none() {
            return Err(Fault::generic(format!("No such request: {id}")));
        }
        self.follow_wish(id);
        let request = self.wish_shape(id);
        let repo = request.repo_id.map(|repo| self.repo_shape(repo));
        let task = request.task_id.map(|task| self.task_shape(task, false));
        Ok(RepoAnswer { repo, request: Some(request), duplicate: None, task })
    }

    /// Notes which task a request is served by.
    fn follow_wish(&mut self, id: i64) {
        let info = self.sim.repo_request(self.wishes[index(id)].sim);
        let task = info.task.map(|task| self.task_of_sim[&task]);
        let now = self.moment();
        let wish = &mut self.wishes[index(id)];
        if task.is_some() && wish.task != task {
            wish.task = task;
            wish.updated = now;
        }
    }

    /// A request was met or given up.
    pub(super) fn wish_ended(&mut self, sim: RequestId, is_met: bool) {
        let now = self.moment();
        for id in 1..=i64::try_from(self.wishes.len()).expect("few requests") {
            let wish = &self.wishes[index(id)];
            if wish.sim != sim || !wish.is_active {
                continue;
            }
            let repo = self.ready_repo(wish.tag, wish.event).filter(|_| is_met);
            let wish = &mut self.wishes[index(id)];
            wish.is_active = false;
            wish.repo = repo;
            wish.updated = now;
        }
    }

    pub(super) fn repo_get(
        &mut self,
        _: Caller,
        call: RepoGet,
    ) -> Result<Option<RepoShape>, Fault> {
        let tag = self.tag_id(&call.tag)?;
        let least = self.least_event(tag, call.min_event.as_ref())?.unwrap_or(0);
        Ok(self.ready_repo(tag, least).map(|id| self.repo_shape(id)))
    }

    pub(super) fn get_repo(
        &mut self,
        _: Caller,
        call: GetRepo,
    ) -> Result<Option<RepoShape>, Fault> {
        let tag = self.tag_id(&call.tag)?;
        let is_dist = call.dist == Some(true);
        let state = call.state.unwrap_or(i64::from(RepoState::Ready));
        let fits = |repo: &Repo| {
            repo.tag == tag
                && repo.is_dist == is_dist
                && i64::from(repo.state) == state
                && call.event.is_none_or(|event| repo.event <= event)
                && call.min_event.is_none_or(|event| repo.event >= event)
        };
        let found = self.repos.iter().zip(1..).filter(|(repo, _)| fits(repo)).last();
        Ok(found.map(|(_, id)| self.repo_shape(id)))
    }

    pub(super) fn repo_info(
        &mut self,
        _: Caller,
        call: RepoInfo,
    ) -> Result<Option<RepoShape>, Fault> {
        let known = super::place(call.repo).filter(|at| *at < self.repos.len());
        if known.is_none() && call.strict == Some(true) {
            return Err(Fault::generic("query returned no rows"));
        }
        Ok(known.map(|_| self.repo_shape(call.repo)))
    }

    pub(super) fn query_queue(
        &mut self,
        _: Caller,
        call: RepoQueryQueue,
    ) -> Result<Vec<RepoRequest>, Fault> {
        let opts = call.opts.unwrap_or_default();
        let mut ids: Vec<i64> = (1..).take(self.wishes.len()).collect();
        if opts.get("order").and_then(Value::as_str).is_some_and(|order| order.starts_with('-')) {
            ids.reverse();
        }
        let limit = opts.get("limit").and_then(Value::as_int).and_then(|n| usize::try_from(n).ok());
        ids.truncate(limit.unwrap_or(usize::MAX));
        Ok(ids.into_iter().map(|id| self.wish_shape(id)).collect())
    }

    pub(super) fn new_repo(&mut self, caller: Caller, call: NewRepo) -> Result<i64, Fault> {
        let user = self.logged_in(caller)?;
        if !self.has_permission(user, "repo") {
            self.permitted(caller, "regen-repo")?;
        }
        let tag = self.tag_id(&call.tag)?;
        let sim = self.sim.regenerate(self.tag(tag).sim);
        self.adopt();
        let id = self.task_of_sim[&sim];
        self.tasks[index(id)].owner = user;
        Ok(id)
    }

    pub(super) fn dist_repo(&mut self, caller: Caller, call: DistRepo) -> Result<i64, Fault> {
        let user = self.permitted(caller, "dist-repo")?;
        let tag = self.tag_id(&call.tag)?;
        let arches = call.settings.get("arch").and_then(Value::as_list).map_or(1, <[Value]>::len);
        let arches = vec![Work::ok(Millis::from_secs(60)); arches];
        let (event, created) = (i64::from(self.sim.mark().0), self.moment());
        let name = self.tag(tag).name.clone();
        let mut settings = call.settings;
        settings.insert("event".to_owned(), Value::Int(event));
        let request = vec![
            name.as_str().into(),
            Value::Int(i64::try_from(self.repos.len()).expect("few repos") + 1),
            Value::of(&call.keys),
            Value::Struct(settings),
        ];
        let priority = i64::from(self.settings.repo.priority);
        let task = Task { channel: 2, ..new_task("distRepo", user, priority, request) };
        let id = self.submit(Request::DistRepo { arches }, task);
        self.repos.push(Repo {
            tag,
            task: Some(id),
            state: RepoState::Init,
            event,
            created,
            changed: created,
            is_dist: true,
        });
        Ok(id)
    }

    /// A regeneration has begun: its repo has a number and an event.
    pub(super) fn begin_repo(&mut self, sim: TaskId) {
        let Some((tag, event)) = self.sim.regeneration_of(sim) else { return };
        let (tag, task, now) = (self.tag_of_sim[&tag], self.task_of_sim[&sim], self.moment());
        self.repos.push(Repo {
            tag,
            task: Some(task),
            state: RepoState::Init,
            event: i64::from(event.0),
            created: now,
            changed: now,
            is_dist: false,
        });
    }

    pub(super) fn repo_ended(&mut self, sim: TaskId, state: TaskState) {
        let (task, now) = (self.task_of_sim[&sim], self.moment());
        if let Some(repo) = self.repos.iter_mut().find(|repo| repo.task == Some(task)) {
            let is_ready = state == TaskState::Closed;
            repo.state = if is_ready { RepoState::Ready } else { RepoState::Problem };
            repo.changed = now;
        }
    }
}
