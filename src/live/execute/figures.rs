//! What a run comes to: a fold over its rows, so that a process that comes back counts what the processes
//! before it did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::drive::Folded;
use crate::orchestrate::{
    Answer, BuildId, Call, CallId, Command, ComponentEnd, ComponentIx, Event, Reply, TaskId, Tell,
};
use crate::time::Timestamp;

/// The figures of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// When something last became of a module.
    pub last_change: Timestamp,
    /// Every module that a build was opened of, by `name:stream:context`.
    pub modules: BTreeMap<Arc<str>, ModuleFigures>,
    builds: BTreeMap<BuildId, Arc<str>>,
    submissions: BTreeMap<CallId, BuildId>,
    tasks: BTreeSet<TaskId>,
    mails: BTreeSet<CallId>,
}

/// The figures of one module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleFigures {
    /// How often a build of it was opened.
    pub module_builds: u32,
    /// How many components koji was asked to build.
    pub component_builds: u32,
    /// When the first build of it was opened.
    pub opened: Timestamp,
    /// When it was ready.
    pub ready: Option<Timestamp>,
}

impl Figures {
    /// Takes an event with what follows from it.
    pub fn heard(&mut self, heard: &Folded<'_>) {
        self.event(heard.event);
        for command in heard.commands {
            match command {
                Command::Call { id, call } | Command::Look { id, call } => self.call(*id, call),
                Command::Tell(tell) => self.told(tell, heard),
                Command::Timer { .. } => {}
            }
        }
    }

    fn event(&mut self, event: &Event) {
        if let Event::Answered { call, answer: Answer::Done(Reply::Task(task)) } = event
            && let Some(build) = self.submissions.remove(call)
            && self.tasks.insert(*task)
            && let Some(module) = self.builds.get(&build).and_then(|id| self.modules.get_mut(id))
        {
            module.component_builds += 1;
        }
    }

    fn call(&mut self, id: CallId, call: &Call) {
        if let Call::BuildComponent { build, .. } = call {
            self.submissions.insert(id, *build);
        }
        if let Call::Mail { .. } = call {
            self.mails.insert(id);
        }
    }

    fn told(&mut self, tell: &Tell, heard: &Folded<'_>) {
        let id = |module| Arc::clone(&heard.catalog.module(module).id);
        match *tell {
            Tell::Opened { build, module, .. } => {
                let fresh = ModuleFigures { opened: heard.at, ..ModuleFigures::default() };
                let row = self.modules.entry(id(module)).or_insert(fresh);
                row.module_builds += u32::from(self.builds.insert(build, id(module)).is_none());
            }
            Tell::Ready { module, .. } => {
                if let Some(row) = self.modules.get_mut(&id(module)) {
                    row.ready.get_or_insert(heard.at);
                }
            }
            Tell::Failed { .. }
            | Tell::Resumed { .. }
            | Tell::Caused { .. }
            | Tell::Acknowledged { .. }
            | Tell::Stopped { .. } => {}
        }
        if let Tell::Opened { .. } | Tell::Ready { .. } | Tell::Failed { .. } = tell {
            self.last_change = heard.at;
        }
    }

    /// Returns how many module builds were opened.
    #[must_use]
    pub fn module_builds(&self) -> u64 {
        self.builds.len() as u64
    }

    /// Returns how many components koji was asked to build, the macros packages not counted.
    #[must_use]
    pub fn component_builds(&self) -> u64 {
        self.tasks.len() as u64
    }

    /// Returns how many mails were sent.
    #[must_use]
    pub fn mails(&self) -> u64 {
        self.mails.len() as u64
    }

    /// Says in words what is new with an event that people wait for: a module that begins, is ready or is given
    /// up, and a component that failed. Take the event first.
    #[must_use]
    pub fn news(&self, heard: &Folded<'_>) -> Vec<String> {
        let mut news = Vec::new();
        if let &Event::ComponentEnded { build, component, attempt, end } = heard.event
            && let Some(word) = unhappy(end)
        {
            let part = self.part(build, component, heard);
            news.push(format!("{part}: attempt {attempt} {word}"));
        }
        for command in heard.commands {
            let Command::Tell(tell) = command else { continue };
            let id = |module| &heard.catalog.module(module).id;
            match *tell {
                Tell::Opened { module, .. } => news.push(format!("{}: begins", id(module))),
                Tell::Ready { module, .. } => news.push(format!("{}: ready", id(module))),
                Tell::Failed { module, .. } => news.push(format!("{}: failed", id(module))),
                Tell::Resumed { module, .. } => news.push(format!("{}: continues", id(module))),
                Tell::Stopped { .. } => news.push("no further module build begins".to_owned()),
                Tell::Caused { .. } | Tell::Acknowledged { .. } => {}
            }
        }
        news
    }

    /// Logs every decision that follows from an event.
    pub fn log(&self, heard: &Folded<'_>) {
        for command in heard.commands {
            let (call, verb) = match command {
                Command::Call { call, .. } if !call.is_poll() => (call, "asks for"),
                Command::Look { call, .. } if !call.is_poll() => (call, "looks for"),
                Command::Call { .. }
                | Command::Look { .. }
                | Command::Tell(_)
                | Command::Timer { .. } => continue,
            };
            let kind = call.kind().as_str();
            let about = match call {
                Call::BuildComponent { build, component, attempt, .. }
                | Call::TagComponent { build, component, attempt }
                | Call::CancelComponent { build, component, attempt } => {
                    format!(" {}, attempt {attempt}", self.part(*build, *component, heard))
                }
                Call::CreateTarget { module, .. }
                | Call::MakeRepo { module, .. }
                | Call::Publish { module, .. }
                | Call::Fetch { module, .. } => format!(" {}", heard.catalog.module(*module).id),
                Call::Mail { .. }
                | Call::Poll { .. }
                | Call::BuildModule { .. }
                | Call::WaitRepo { .. }
                | Call::Import { .. }
                | Call::EndTask { .. }
                | Call::AskDependants { .. }
                | Call::RequestTest { .. } => String::new(),
            };
            tracing::info!("{verb} {kind}{about}");
        }
    }

    fn part(&self, build: BuildId, component: ComponentIx, heard: &Folded<'_>) -> String {
        let module = self.builds.get(&build).map_or("a module", |id| &**id);
        format!("{} of {module}", heard.catalog.key(component))
    }
}

fn unhappy(end: ComponentEnd) -> Option<&'static str> {
    match end {
        ComponentEnd::Complete => None,
        ComponentEnd::Failed => Some("failed"),
        ComponentEnd::Canceled => Some("was canceled"),
    }
}
