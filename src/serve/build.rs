//! Module builds as the service keeps them: one JSON text a build in the store.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PackageState, State};
use crate::name::Nsvc;
use crate::plan::names::{Kind, koji_tag};
use crate::store::BuildNumbers;

/// A module build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleBuild {
    /// Its number, above 0.
    pub id: u64,
    /// The number of the first build of its submission.
    pub submission: u64,
    /// The run that builds it, once it has begun.
    pub run: Option<String>,
    /// The module.
    pub name: String,
    /// Its stream.
    pub stream: String,
    /// Its version.
    pub version: u64,
    /// Its context.
    pub context: String,
    /// How it stands.
    pub state: State,
    /// Why, in words.
    pub state_reason: Option<String>,
    /// Who submitted it.
    pub owner: String,
    /// Where its document is from; `None`: it was sent.
    pub scmurl: Option<String>,
    /// Whether it is built to be thrown away.
    pub scratch: bool,
    /// `all`, `changed-and-after` or `only-changed`.
    pub rebuild_strategy: String,
    /// When it was submitted, in seconds since 1970.
    pub submitted: i64,
    /// When it changed last.
    pub modified: i64,
    /// When it ended.
    pub completed: Option<i64>,
    /// The tag of its components.
    pub koji_tag: Option<String>,
    /// Where it is tagged when it is finished.
    pub cg_build_koji_tag: Option<String>,
    /// Every module of its buildroot, by name.
    pub buildrequires: BTreeMap<String, Buildrequire>,
    /// Hash of the streams of its buildroot.
    pub build_context: Option<String>,
    /// The same without base modules.
    pub build_context_no_bms: Option<String>,
    /// Hash of the streams that it requires.
    pub runtime_context: Option<String>,
    /// Other names of its stream, of a base module.
    pub virtual_streams: Vec<String>,
    /// The number of its stream, of a base module.
    pub stream_version: Option<f64>,
    /// The numbers of the base modules that it is built on.
    pub base_modules: Vec<u64>,
    /// The arches that it is built for.
    pub arches: Vec<String>,
    /// Its components.
    pub components: Vec<ComponentBuild>,
    /// How it came to stand as it does, oldest first.
    pub trace: Vec<Step<State>>,
    /// What people should know of it, oldest first.
    pub messages: Vec<Message>,
    /// Its document with the version and context of this build.
    pub modulemd: String,
}

/// A module in the buildroot of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buildrequire {
    /// Its stream.
    pub stream: String,
    /// Its version.
    pub version: u64,
    /// Its context.
    pub context: String,
    /// The tag of its components.
    pub koji_tag: Option<String>,
}

/// A component of a module build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentBuild {
    /// Its number, above 0.
    pub id: u64,
    /// Its key in the document.
    pub component: String,
    /// koji's name for it.
    pub package: String,
    /// Its batch, from 2.
    pub batch: u32,
    /// koji's task.
    pub task_id: Option<i64>,
    /// koji's state; `None`: not begun.
    pub state: Option<PackageState>,
    /// Why, in words.
    pub state_reason: Option<String>,
    /// What was built.
    pub nvr: Option<String>,
    /// How it came to stand as it does, oldest first.
    pub trace: Vec<Step<PackageState>>,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step<S> {
    /// When, in seconds since 1970.
    pub time: i64,
    /// The new state.
    pub state: S,
    /// Why, in words.
    pub reason: Option<String>,
}

/// Something that people should know of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// When, in seconds since 1970.
    pub time: i64,
    /// The component that it is about.
    pub component: Option<String>,
    /// What happened.
    pub text: String,
}

impl ModuleBuild {
    /// Returns the build with its numbers, and with the names that follow from them.
    #[must_use]
    pub fn numbered(&self, numbers: BuildNumbers) -> Self {
        let mut build = self.clone();
        (build.id, build.submission) = (numbers.build, numbers.first_build);
        for (id, component) in (numbers.first_component..).zip(&mut build.components) {
            component.id = id;
        }
        if build.scratch {
            build.koji_tag = Some(koji_tag(&build.identity(), Kind::Scratch { id: build.id }));
        }
        build
    }

    fn identity(&self) -> Nsvc {
        Nsvc {
            name: self.name.as_str().into(),
            stream: self.stream.as_str().into(),
            version: crate::name::Version(self.version),
            context: self.context.as_str().into(),
        }
    }

    /// Returns the text that the store keeps.
    ///
    /// # Panics
    /// Never: a build is JSON.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are JSON")
    }

    /// Reads what the store keeps.
    ///
    /// # Errors
    /// In words, where it is no build.
    pub fn of_text(text: &str) -> Result<Self, String> {
        serde_json::from_str(text)
            .map_err(|error| format!("a module build cannot be read: {error}"))
    }

    /// Returns `name:stream:version:context`.
    #[must_use]
    pub fn nsvc(&self) -> String {
        format!("{}:{}:{}:{}", self.name, self.stream, self.version, self.context)
    }

    /// Returns `name:stream:context`, its id in a plan.
    #[must_use]
    pub fn plan_id(&self) -> String {
        format!("{}:{}:{}", self.name, self.stream, self.context)
    }

    /// Returns whether nothing more happens by itself.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match self.state {
            State::Failed | State::Ready | State::Garbage => true,
            State::Done => self.scratch,
            State::Init | State::Wait | State::Build => false,
        }
    }

    /// Moves it to another state, unless it is there with the same reason.
    pub fn enter(&mut self, state: State, reason: Option<String>, now: i64) {
        if (self.state, &self.state_reason) == (state, &reason) && !self.trace.is_empty() {
            return;
        }
        if self.state != state || self.trace.is_empty() {
            self.trace.push(Step { time: now, state, reason: reason.clone() });
            let why = reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            self.log(now, None, format!("{}{why}", state.as_str()));
        }
        (self.state, self.state_reason, self.modified) = (state, reason, now);
        self.completed = self.is_over().then_some(self.completed.unwrap_or(now));
    }

    /// Notes something that people should know.
    pub fn log(&mut self, now: i64, component: Option<&str>, text: String) {
        self.messages.push(Message { time: now, component: component.map(str::to_owned), text });
    }

    /// Returns the batch that is built: the lowest with something unbuilt, else the last; 0 before.
    #[must_use]
    pub fn batch(&self) -> u32 {
        if matches!(self.state, State::Init | State::Wait) {
            return 0;
        }
        let unbuilt =
            self.components.iter().filter(|one| one.state != Some(PackageState::Complete));
        let first = unbuilt.map(|one| one.batch).min();
        first.or_else(|| self.components.iter().map(|one| one.batch).max()).unwrap_or(0)
    }
}
