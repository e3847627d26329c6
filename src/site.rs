//! The configuration of a site: what it decides once for every run against its koji.
//!
//! One YAML file, read like farm and scenario files: an unknown key is a finding with line, column and
//! the key that was probably meant. Secrets are names of files, never values: an address that holds a
//! password is refused, and no message repeats it.
//!
//! Sections that the commands of today use are turned into plain data. `bus`, `serve`, `listen`
//! and `worker` belong to services; their keys are checked and nothing else.

mod check;
mod keys;
mod platforms;
mod read;
mod services;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{Arch, StreamName};
use crate::time::Millis;

pub use keys::keys;

/// What a site decides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Site {
    /// How its hub is reached.
    pub koji: KojiAccess,
    /// The address of the store that runs are kept in; `None`: `sqlite:modplan.db`.
    pub store: Option<String>,
    /// What modules are built on and shipped into, by the stream of the base module or its line.
    pub platforms: BTreeMap<String, Platform>,
    /// Names that modplan gives.
    pub names: NameRules,
    /// Where sources may come from.
    pub scm: Scm,
    /// What judges a finished module or component.
    pub gate: Gate,
    /// Signatures that the final repository waits for; `None`: none.
    pub signing: Option<Signing>,
    /// Where final repositories are made; `None`: none are.
    pub final_repo: Option<FinalRepo>,
    /// Where mails go; `None`: nowhere.
    pub mail: Option<Mail>,
    /// Where dependants are looked up; `None`: in the plan.
    pub dependants: Option<Dependants>,
    /// What a run may ask of the hub.
    pub limits: Limits,
}

/// How a hub is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KojiAccess {
    /// The profile in koji's own files.
    pub profile: Option<String>,
    /// The user, where the profile logs in by password.
    pub user: Option<String>,
    /// The file whose first line is the password.
    pub password_file: Option<String>,
}

/// A platform: what modules are built on and shipped into.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Platform {
    /// The tag that every build tag inherits.
    pub tag: String,
    /// The arches that modules are built for.
    pub arches: BTreeSet<Arch>,
    /// Per arch, the other arches whose RPMs its repositories hold too.
    pub multilib: BTreeMap<Arch, BTreeSet<Arch>>,
    /// What stands for the platform in dist tags; `None`: its stream.
    pub marking: Option<String>,
    /// The number before the time in versions; `None`: the number of its stream.
    pub version_prefix: Option<u32>,
    /// The packages of koji's groups `build` and `srpm-build`, for build tags whose modules fill none.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// External repositories of every build tag.
    pub external_repos: Vec<ExternalRepo>,
    /// The tag that finished modules are tagged into.
    pub publish_to: String,
}

/// An external repository of build tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalRepo {
    /// koji's name of it.
    pub name: String,
    /// Its priority among external repositories.
    pub priority: u32,
    /// How koji merges it.
    pub merge_mode: MergeMode,
}

/// How koji merges an external repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeMode {
    /// As it is, with all versions: what modules need.
    #[default]
    Bare,
    /// By koji's own rules.
    Koji,
    /// All packages, the first of each.
    Simple,
}

impl MergeMode {
    /// Returns koji's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Koji => "koji",
            Self::Simple => "simple",
        }
    }
}

/// Names that modplan gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRules {
    /// What tags and targets of modules begin with; it ends with a dash.
    pub tag_prefix: String,
    /// The content generator that imports finished modules.
    pub content_generator: String,
    /// The lowest index that dist tags may get.
    pub first_index: Option<u32>,
    /// The permission that is needed to tag into a module's tags; `None`: koji's policy alone.
    pub tag_permission: Option<String>,
}

impl Default for NameRules {
    fn default() -> Self {
        Self {
            tag_prefix: "module-".to_owned(),
            content_generator: "module-build-service".to_owned(),
            first_index: None,
            tag_permission: None,
        }
    }
}

/// Where sources may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scm {
    /// The beginnings of addresses that koji may fetch sources from.
    pub allow: Vec<String>,
    /// The source of a component that no other file names, with `{package}` and `{commit}`.
    pub component: Option<String>,
    /// How long fetching may take.
    pub clone_timeout: Millis,
}

impl Default for Scm {
    fn default() -> Self {
        Self { allow: Vec::new(), component: None, clone_timeout: Millis::from_secs(60) }
    }
}

/// What judges a finished module or component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Gate {
    /// Nothing: what is built has passed.
    #[default]
    None,
    /// A command of the site.
    Script {
        /// The program and its arguments.
        command: Vec<String>,
        /// How long it may take.
        timeout: Millis,
    },
    /// Results in `ResultsDB`.
    ResultsDb {
        /// Its address.
        url: String,
        /// The test cases that must have passed.
        required: Vec<String>,
    },
    /// A decision of Greenwave.
    Greenwave {
        /// Its address.
        url: String,
        /// The decision context.
        context: String,
        /// The product version.
        product_version: String,
    },
}

/// Signatures that the final repository waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// The keys, by their hexadecimal digits.
    pub keys: Vec<String>,
    /// How long they are waited for.
    pub timeout: Millis,
}

/// Where final repositories are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalRepo {
    /// The directory that holds one for each module build, by an absolute path.
    pub directory: String,
}

/// Where mails go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// Into files of a directory.
    Spool {
        /// The directory.
        directory: String,
    },
    /// To a mail server.
    Smtp {
        /// Its address.
        server: String,
        /// The sender.
        from: String,
        /// Who gets what has no owner.
        default_to: Vec<String>,
        /// The file with the owners of modules.
        owners: Option<String>,
    },
}

/// Where dependants are looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dependants {
    /// At a Product Definition Center.
    Pdc {
        /// Its address.
        url: String,
    },
    /// In files of modules.
    Inputs {
        /// Their paths.
        paths: Vec<String>,
    },
}

/// What a run may ask of the hub.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The most module builds of a run.
    pub max_builds: u32,
    /// The most tasks of a run that are open at a time.
    pub tasks_in_flight: u32,
    /// The most repos asked for at a time.
    pub repos_in_flight: u32,
    /// The least time between two submissions.
    pub submit_interval: Millis,
    /// The time between two looks at the hub.
    pub poll: Millis,
    /// What is added to koji's priority of tasks: higher runs later.
    pub priority: u32,
    /// The share of failures that stops a run.
    pub failures_share: FailuresShare,
    /// No task is submitted while the farm's load is above this share of its capacity.
    pub farm_load_max: f64,
}

/// The share of failures that stops a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FailuresShare {
    /// The share.
    pub share: f64,
    /// It is not looked at before so many builds ended.
    pub from: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_builds: 200,
            tasks_in_flight: 100,
            repos_in_flight: 4,
            submit_interval: Millis::ZERO,
            poll: Millis::from_secs(60),
            priority: 5,
            failures_share: FailuresShare { share: 0.2, from: 10 },
            farm_load_max: 0.7,
        }
    }
}

impl Site {
    /// Returns the platform of a base module's stream: its own entry, else that of its line, which is the
    /// stream up to its first dot.
    #[must_use]
    pub fn platform(&self, stream: &StreamName) -> Option<&Platform> {
        let line = stream.as_str().split('.').next().unwrap_or_default();
        self.platforms.get(stream.as_str()).or_else(|| self.platforms.get(line))
    }
}

impl Scm {
    /// Returns whether koji may fetch a source from an address.
    ///
    /// An allowed beginning ends where a part of the address ends, so that `https://src.example.org` does
    /// not allow `https://src.example.org.example.net/`. Steps upwards and user names are never allowed:
    /// they lead elsewhere.
    #[must_use]
    pub fn allows(&self, url: &str) -> bool {
        let plain = url.strip_prefix("git+").unwrap_or(url);
        let path = plain.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        let is_odd = |step: &str| step == ".." || step.contains("%2e") || step.contains('\\');
        if path.split('/').any(is_odd) || path.contains('@') {
            return false;
        }
        let begins = |allowed: &String| {
            let allowed = allowed.strip_prefix("git+").unwrap_or(allowed);
            plain.strip_prefix(allowed).is_some_and(|rest| {
                allowed.ends_with('/') || rest.is_empty() || rest.starts_with(['/', '?', '#'])
            })
        };
        self.allow.iter().any(begins)
    }
}
