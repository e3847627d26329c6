//! Repos made by builders that log in, and calls of the repo manager.

use super::imports::path_of;
use super::state::{Caller, Repo};
use super::{Mock, index, place};
use crate::koji::calls::*;
use crate::koji::{Fault, RepoState, Value};

/// The file that lists the contents of a dist repo.
const MANIFEST: &str = "repo_manifest";

impl Mock {
    pub(super) fn repo_init(
        &mut self,
        caller: Caller,
        call: HostRepoInit,
    ) -> Result<(i64, i64), Fault> {
        self.own_host(caller)?;
        let tag = self.tag_id(&call.tag)?;
        let (event, created) = (i64::from(self.sim.mark().0), self.moment());
        let event = call.event.unwrap_or(event);
        self.repos.push(Repo {
            tag,
            task: call.task_id,
            state: RepoState::Init,
            event,
            created,
            changed: created,
            is_dist: false,
        });
        Ok((i64::try_from(self.repos.len()).expect("few repos"), event))
    }

    fn repo_in_work(&self, id: i64) -> Result<&Repo, Fault> {
        let repo = place(id).and_then(|at| self.repos.get(at));
        let repo = repo.ok_or_else(|| Fault::generic(format!("No such repo: {id}")))?;
        if repo.state != RepoState::Init {
            return Err(Fault::generic(format!("Repo {id} not in INIT state")));
        }
        Ok(repo)
    }

    /// Ends a repo: it is ready, and older ones of its tag are out of date.
    pub(super) fn repo_done(&mut self, caller: Caller, call: HostRepoDone) -> Result<(), Fault> {
        self.own_host(caller)?;
        let id = call.repo_id;
        let repo = self.repo_in_work(id)?;
        let (tag, is_dist, now) = (repo.tag, repo.is_dist, self.moment());
        let state = if call.expire == Some(true) { RepoState::Expired } else { RepoState::Ready };
        for (other, repo) in (1..).zip(&mut self.repos) {
            let is_older = other < id && repo.tag == tag && repo.is_dist == is_dist;
            if is_older && state == RepoState::Ready && repo.state == RepoState::Ready {
                repo.state = RepoState::Expired;
                repo.changed = now;
            }
        }
        let repo = &mut self.repos[index(id)];
        repo.state = state;
        repo.changed = now;
        Ok(())
    }

    /// Imports the files of a dist repo, which were uploaded with their list.
    pub(super) fn dist_repo_move(
        &mut self,
        caller: Caller,
        call: HostDistRepoMove,
    ) -> Result<(), Fault> {
        self.own_host(caller)?;
        let id = call.repo_id;
        let repo = place(id).and_then(|at| self.repos.get(at));
        let repo = repo.ok_or_else(|| Fault::generic(format!("No such repo: {id}")))?;
        if !repo.is_dist {
            return Err(Fault::generic(format!("Not a dist repo: {id}")));
        }
        if self.uploads.remove(&path_of(&[&call.path, MANIFEST])).is_none() {
            return Err(Fault::generic("Missing repo manifest"));
        }
        Ok(())
    }

    /// Checks the queue now. The simulated repo manager does so anyway, without being asked.
    pub(super) fn check_queue(&mut self, caller: Caller, _: RepoCheckQueue) -> Result<(), Fault> {
        self.permitted(caller, "repo")?;
        Ok(())
    }

    /// Requests due repos: those of tags that should always have one and whose newest repo is older
    /// than their last change.
    pub(super) fn auto_requests(
        &mut self,
        caller: Caller,
        _: RepoAutoRequests,
    ) -> Result<(), Fault> {
        self.permitted(caller, "repo")?;
        let tags = (1..).zip(&self.tags).filter(|(_, tag)| {
            !tag.is_deleted && tag.extra.get("repo.auto") == Some(&Value::Bool(true))
        });
        let due: Vec<i64> = tags
            .filter(|(id, tag)| {
                let last = i64::from(self.sim.last_change_of(tag.sim).0);
                self.ready_repo(*id, last).is_none()
            })
            .map(|(id, _)| id)
            .collect();
        for tag in due {
            let tag = self.tag(tag).name.as_str().into();
            self.repo_request(caller, RepoRequestCall { tag, ..RepoRequestCall::default() })?;
        }
        Ok(())
    }

    /// Marks outdated repos; here that is derived from the events each time.
    pub(super) fn update_end_events(
        &mut self,
        caller: Caller,
        _: RepoUpdateEndEvents,
    ) -> Result<(), Fault> {
        self.permitted(caller, "repo")?;
        Ok(())
    }

    /// Returns repos that meet all clauses, such as `["state", "!=", 3]`, as rows of the requested
    /// fields.
    pub(super) fn repo_query(&mut self, _: Caller, call: RepoQuery) -> Result<Vec<Map>, Fault> {
        let clauses = call.clauses.as_list().unwrap_or_default();
        let fields = call.fields.as_ref().and_then(Value::as_list).map(|names| {
            let names = names.iter().filter_map(Value::as_str);
            names.map(str::to_owned).collect::<Vec<_>>()
        });
        let mut rows = Vec::new();
        for id in (1..).take(self.repos.len()) {
            let Value::Struct(row) = Value::of(&self.repo_shape(id)) else { continue };
            let mut meets = true;
            for clause in clauses {
                meets = meets && holds(clause, &row)?;
            }
            if !meets {
                continue;
            }
            rows.push(match &fields {
                Some(names) => {
                    let cell =
                        |name: &String| (name.clone(), row.get(name).cloned().unwrap_or_default());
                    names.iter().map(cell).collect()
                }
                None => row,
            });
        }
        Ok(rows)
    }
}

/// Returns whether a row meets a clause of a field, an operator and a value.
fn holds(clause: &Value, row: &Map) -> Result<bool, Fault> {
    let bad = || Fault::generic(format!("Invalid clause: {clause:?}"));
    let Some([field, operator, wanted]) = clause.as_list() else { return Err(bad()) };
    let own = row.get(field.as_str().unwrap_or_default()).ok_or_else(bad)?;
    let order = |fits: fn(i64, i64) -> bool| match (own.as_int(), wanted.as_int()) {
        (Some(own), Some(wanted)) => fits(own, wanted),
        _ => false,
    };
    Ok(match operator.as_str().unwrap_or_default() {
        "=" => own == wanted,
        "!=" => own != wanted,
        "<" => order(|own, wanted| own < wanted),
        "<=" => order(|own, wanted| own <= wanted),
        ">" => order(|own, wanted| own > wanted),
        ">=" => order(|own, wanted| own >= wanted),
        "IN" | "in" => wanted.as_list().is_some_and(|list| list.contains(own)),
        _ => return Err(bad()),
    })
}
