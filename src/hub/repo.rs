//! What a client asks of repos: tags, and repos of what is tagged into them.

use super::repo_queue::RequestState;
use super::settings::ArchSet;
use super::{EventId, Happened, Hub, RepoWork, RequestId, TagId};

impl Hub {
    /// Adds a tag that no repo was made for yet.
    pub fn add_tag(&mut self, arches: ArchSet, createrepo: RepoWork) -> TagId {
        let tag = self.tags.add(arches, createrepo, self.agenda.now());
        self.call_autoregen(tag);
        tag
    }

    /// Gives a tag a repo that was made before the start.
    pub fn add_repo(&mut self, tag: TagId) {
        self.tags.add_repo(tag, self.agenda.now());
    }

    /// Asks for a repo with all that is tagged by now; the answer is a notice, at once where there is
    /// one already.
    pub fn request_repo(&mut self, tag: TagId) -> RequestId {
        self.request_repo_since(tag, self.tags.last_change(tag))
    }

    /// Asks for a repo with all that was tagged up to an event.
    pub fn request_repo_since(&mut self, tag: TagId, least: EventId) -> RequestId {
        let request = self.ask(tag, least, self.settings.hub.priority);
        if self.repos.get(request).state == RequestState::Met {
            let done = Happened::RepoDone { request: RequestId(request) };
            self.log.say(self.agenda.now(), done);
        }
        RequestId(request)
    }

    /// Returns the request that stands for this one: a repo that is there, one under way that will
    /// do, or a new one.
    pub(super) fn ask(&mut self, tag: TagId, least: EventId, priority: i32) -> u32 {
        if self.tags.has_ready(tag, least) {
            return self.repos.add_met(tag, least, priority);
        }
        if let Some(request) = self.repos.join(tag, least, priority) {
            return request;
        }
        let request = self.repos.add_queued(tag, least, priority);
        self.call_manager();
        request
    }

    /// Returns how many repos were made so far.
    #[must_use]
    pub fn regenerations(&self) -> u64 {
        self.repos.made()
    }

    /// The result of a task is tagged.
    pub(super) fn tagged(&mut self, tag: TagId, task: u32) {
        let event = self.tags.add_build(tag, self.agenda.now());
        self.tasks[task].tagged = Some(event);
        self.call_autoregen(tag);
    }
}
