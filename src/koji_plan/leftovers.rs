//! What a run left at a hub: what may be deleted, and what stays and why.
//!
//! Only what carries the marker of the run may be deleted, and of that only what nobody needs. koji deletes
//! more with a tag than the tag: every target that joins it, and its place among the parents of other tags.
//! So a tag stays while something else at the hub builds in it, is tagged into it or inherits it. A module's
//! tag also stays for good once the module was imported from it, since its component builds live only there.
//!
//! A question that the hub does not answer keeps what it was asked about.

mod open_tasks;
mod survey;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Knowledge, PlannedBuild};
use crate::koji::Call as _;
use crate::koji::calls::{DeleteBuildTarget, DeleteTag};
use crate::module_build::hub_call::{HubCall, Permission};
use survey::Survey;

/// A run that is over.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// Its name, as its markers have it.
    pub run: &'a str,
    /// Its module builds.
    pub builds: &'a [PlannedBuild],
}

/// What kind of thing a run left, in the order in which things are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftoverKind {
    /// A build target.
    Target,
    /// The tag that buildroots were made from.
    BuildTag,
    /// The tag that has the component builds of a module.
    ModuleTag,
    /// The tag that keeps a stream to one run.
    Lock,
}

impl LeftoverKind {
    const ALL: [Self; 4] = [Self::Target, Self::BuildTag, Self::ModuleTag, Self::Lock];

    /// Returns what people call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::BuildTag => "build tag",
            Self::ModuleTag => "module tag",
            Self::Lock => "lock",
        }
    }
}

impl fmt::Display for LeftoverKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something at the hub that has the name of something that the run made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// What kind of thing it is.
    pub kind: LeftoverKind,
    /// Its name at the hub.
    pub name: String,
    /// koji's number of it; none where the hub does not show it.
    pub id: Option<i64>,
    /// The module that it is of, `name:stream:context`; of a lock, the first one of its stream.
    pub module: String,
    /// Why it stays; none: it may be deleted.
    pub keep: Option<String>,
}

impl Leftover {
    /// Returns the call that deletes it, by its number: a thing of the same name that somebody makes
    /// meanwhile is another one.
    #[must_use]
    pub fn deletion(&self) -> Option<HubCall> {
        let id = self.id?;
        Some(match self.kind {
            LeftoverKind::Target => {
                HubCall::of(&DeleteBuildTarget { target: id.into() }, Permission::Target)
            }
            LeftoverKind::BuildTag | LeftoverKind::ModuleTag | LeftoverKind::Lock => {
                HubCall::of(&DeleteTag { tag: id.into() }, Permission::TagAdmin)
            }
        })
    }

    /// Returns koji's name of the method that deletes it.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self.kind {
            LeftoverKind::Target => DeleteBuildTarget::METHOD,
            LeftoverKind::BuildTag | LeftoverKind::ModuleTag | LeftoverKind::Lock => {
                DeleteTag::METHOD
            }
        }
    }
}

/// Lists what a run left, as far as the hub is known: targets, then build tags, the tags of modules, and locks.
/// Whatever is deleted before a thing in this order does not keep it.
#[must_use]
pub fn leftovers(past: Past<'_>, known: &mut Knowledge) -> Vec<Leftover> {
    let mut survey = Survey::new(past.run, known);
    let mut all = Vec::new();
    for kind in LeftoverKind::ALL {
        let mut seen = BTreeSet::new();
        for build in past.builds {
            if !seen.insert(name_of(kind, build)) {
                continue;
            }
            if let Some(found) = survey.look(kind, build) {
                if found.keep.is_none() {
                    survey.deleted(&found);
                }
                all.push(found);
            }
        }
    }
    all
}

/// How a thing stands that was listed to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Now {
    /// It is as it was listed.
    Same,
    /// It is not there any more.
    Gone,
    /// It must stay, for this reason.
    Kept(String),
}

/// Looks again at a thing that was listed to be deleted, when everything before it in the list was deleted.
#[must_use]
pub fn again(past: Past<'_>, listed: &Leftover, known: &mut Knowledge) -> Now {
    let is_it = |build: &&PlannedBuild| name_of(listed.kind, build) == listed.name;
    let Some(build) = past.builds.iter().find(is_it) else { return Now::Gone };
    match Survey::new(past.run, known).look(listed.kind, build) {
        None => Now::Gone,
        Some(Leftover { keep: Some(why), .. }) => Now::Kept(why),
        Some(found) if found.id != listed.id => {
            Now::Kept("another one has its name by now".to_owned())
        }
        Some(_) => Now::Same,
    }
}

fn name_of(kind: LeftoverKind, build: &PlannedBuild) -> &str {
    match kind {
        LeftoverKind::Target => &build.tags.target,
        LeftoverKind::BuildTag => &build.tags.build_tag,
        LeftoverKind::ModuleTag => &build.tags.tag,
        LeftoverKind::Lock => &build.lock,
    }
}

/// Returns the checksum of what is to be deleted of a run, by whom and where; none where that is nothing.
///
/// # Panics
/// Never: texts and numbers are JSON.
#[must_use]
pub fn leftovers_checksum(
    run: &str,
    hub: &str,
    user: &str,
    leftovers: &[Leftover],
) -> Option<String> {
    let deleted: Vec<_> = leftovers
        .iter()
        .filter(|leftover| leftover.keep.is_none())
        .map(|leftover| (leftover.method(), leftover.kind, &leftover.name, leftover.id))
        .collect();
    if deleted.is_empty() {
        return None;
    }
    let text = serde_json::to_string(&(1, run, hub, user, deleted)).expect("texts and numbers");
    Some(format!("sha256:{}", crate::load::sha256(text.as_bytes())))
}
