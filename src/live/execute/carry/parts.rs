//! Components of one module build, together: submitted, found and tagged in as few requests as possible.

use super::{Inner, unknown};
use crate::live::execute::memory::Part;
use crate::live::execute::stop::Stop;
use crate::live::execute::submit::{Each, Try};
use crate::live::execute::work::ModuleWork;
use crate::orchestrate::{Answer, BuildId, CallId, Reply, TaskId};

/// The kind of the calls that tag.
const TAG: &str = "tag-component";

/// The newest repo that a module's components are built in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repo {
    /// Whether it has everything that is tagged.
    is_fresh: bool,
    /// Counts what was tagged.
    tagged: u64,
}

impl Inner {
    fn tries<'p>(&self, parts: impl IntoIterator<Item = &'p Part>) -> Vec<Try> {
        let catalog = self.catalog.borrow();
        let one = |part: &Part| Try {
            component: catalog.key(part.component).clone(),
            attempt: part.attempt,
        };
        parts.into_iter().map(one).collect()
    }

    /// Submits components: together, or each in its turn where submissions are to be apart.
    pub(super) async fn submit(&self, build: BuildId, parts: Vec<(CallId, Part)>) {
        let is_apart = self.hub.work.limits.submit_interval_ms > 0;
        let together = if is_apart { 1 } else { parts.len() };
        for parts in parts.chunks(together.max(1)) {
            let answers = self.submit_together(build, parts).await.map(|each| {
                let task = |task| Answer::Done(Reply::Task(task));
                each.into_iter().map(|answer| answer.map(task)).collect()
            });
            self.answer_all(parts, "build-component", answers);
        }
    }

    async fn submit_together(
        &self,
        build: BuildId,
        parts: &[(CallId, Part)],
    ) -> Result<Each<TaskId>, Stop> {
        let module = self.module_of(build)?;
        self.repo(build, module).await?;
        self.hub.paced().await?;
        self.hub.submit(module, &self.tries(parts.iter().map(|(_, part)| part))).await
    }

    pub(super) async fn find(&self, build: BuildId, parts: Vec<(CallId, Part)>) {
        let answers = async {
            let module = self.module_of(build)?;
            self.hub.find(module, &self.tries(parts.iter().map(|(_, part)| part))).await
        };
        let answers = answers.await.map(|each| {
            let found = |task: Option<TaskId>| match task {
                Some(task) => Answer::Done(Reply::Task(task)),
                None => Answer::Absent,
            };
            each.into_iter().map(|answer| answer.map(found)).collect()
        });
        self.answer_all(&parts, "build-component", answers);
    }

    pub(super) async fn tag(&self, build: BuildId, calls: Vec<(CallId, Part)>) {
        let parts: Vec<Part> = calls.iter().map(|(_, part)| *part).collect();
        let tagged = self.tag_each(build, &parts).await;
        let answers = tagged.into_iter().map(|one| one.map(|()| Answer::Done(Reply::Nothing)));
        self.answer_all(&calls, TAG, Ok(answers.collect()));
    }

    /// Tags what was built, together; one that cannot be tagged does not keep the others out.
    pub(super) async fn tag_each(&self, build: BuildId, parts: &[Part]) -> Vec<Result<(), Stop>> {
        let all = self.tag_together(build, parts).await;
        if parts.len() == 1 || !matches!(&all, Err(Stop { answer: Answer::Failed(_), .. })) {
            return vec![all; parts.len()];
        }
        let mut each = Vec::with_capacity(parts.len());
        for part in parts {
            each.push(self.tag_together(build, std::slice::from_ref(part)).await);
        }
        each
    }

    async fn tag_together(&self, build: BuildId, parts: &[Part]) -> Result<(), Stop> {
        let module = self.module_of(build)?;
        let mut tasks = Vec::with_capacity(parts.len());
        for (part, one) in parts.iter().zip(self.tries(parts)) {
            let task = self.memory.borrow().task(*part);
            let task = task.ok_or_else(|| unknown(&format!("the task of {}", one.component)))?;
            tasks.push((one.component, task));
        }
        self.hub.tag_parts(module, &tasks).await?;
        let mut repos = self.repos.borrow_mut();
        let repo = repos.entry(build).or_default();
        *repo = Repo { is_fresh: false, tagged: repo.tagged + 1 };
        Ok(())
    }

    /// Waits for a repo with everything that is tagged, unless there is one.
    async fn repo(&self, build: BuildId, module: &ModuleWork) -> Result<(), Stop> {
        let known = self.repos.borrow().get(&build).copied().unwrap_or_default();
        if !known.is_fresh {
            self.hub.wait_repo(module).await?;
            self.has_repo(build, known.tagged);
        }
        Ok(())
    }

    /// Takes note of a repo, unless something was tagged since it was asked for.
    pub(super) fn has_repo(&self, build: BuildId, tagged: u64) {
        let mut repos = self.repos.borrow_mut();
        let repo = repos.entry(build).or_default();
        repo.is_fresh = repo.tagged == tagged;
    }

    fn answer_all(
        &self,
        parts: &[(CallId, Part)],
        kind: &'static str,
        answers: Result<Vec<Result<Answer, Stop>>, Stop>,
    ) {
        let answers = answers.unwrap_or_else(|stop| vec![Err(stop); parts.len()]);
        for ((id, _), answer) in parts.iter().zip(answers) {
            let answer = answer.unwrap_or_else(|stop| {
                tracing::warn!(call = kind, "{}", stop.why);
                stop.answer
            });
            // As for calls that are carried out alone; a tag is not held.
            if answer == Answer::Refused && kind != TAG && self.drain.is_on() {
                self.drain.answered(*id, &answer);
            } else {
                self.answer(*id, answer);
            }
        }
    }
}
