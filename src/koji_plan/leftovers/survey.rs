//! The questions about what a run left, and what their answers say of it.

use std::collections::BTreeSet;

use super::open_tasks::{self, Named};
use super::{Leftover, LeftoverKind, name_of};
use crate::koji::calls::{GetBuild, GetBuildTarget, GetBuildTargets, GetFullInheritance, GetTag};
use crate::koji::shapes::{Build, TagInfo, Target, Task};
use crate::koji::{BuildState, Call, Fault, RowsOrCount, Value};
use crate::koji_plan::{Knowledge, PlannedBuild};
use crate::module_build::publish::{Standing, standing};

/// What is known of a hub, and what of the run is deleted already.
pub(super) struct Survey<'a> {
    run: &'a str,
    known: &'a mut Knowledge,
    targets: BTreeSet<i64>,
    tags: BTreeSet<i64>,
}

/// What keeps something.
type Kept = Result<(), String>;

impl<'a> Survey<'a> {
    pub(super) fn new(run: &'a str, known: &'a mut Knowledge) -> Self {
        Self { run, known, targets: BTreeSet::new(), tags: BTreeSet::new() }
    }

    /// Takes note that something is deleted: it keeps nothing else.
    pub(super) fn deleted(&mut self, leftover: &Leftover) {
        let Some(id) = leftover.id else { return };
        match leftover.kind {
            LeftoverKind::Target => self.targets.insert(id),
            LeftoverKind::BuildTag | LeftoverKind::ModuleTag | LeftoverKind::Lock => {
                self.tags.insert(id)
            }
        };
    }

    /// Looks for a thing of a module build; none where it is not there, or not known yet.
    pub(super) fn look(&mut self, kind: LeftoverKind, build: &PlannedBuild) -> Option<Leftover> {
        let (id, kept) = match kind {
            LeftoverKind::Target => match self.target(build)? {
                Ok(target) => (Some(target.id), self.keeps_target(&target, build)),
                Err(fault) => (None, Err(unanswered(&fault))),
            },
            LeftoverKind::BuildTag | LeftoverKind::ModuleTag | LeftoverKind::Lock => {
                match self.tag(name_of(kind, build))? {
                    Ok(tag) => (Some(tag.id), self.keeps_tag(kind, &tag, build)),
                    Err(fault) => (None, Err(unanswered(&fault))),
                }
            }
        };
        let (name, module) = (name_of(kind, build).to_owned(), build.id.clone());
        Some(Leftover { kind, name, id, module, keep: kept.err() })
    }

    fn target(&mut self, build: &PlannedBuild) -> Option<Result<Target, Fault>> {
        let target = build.tags.target.as_str().into();
        self.known.ask(&GetBuildTarget { target, ..GetBuildTarget::default() })?.transpose()
    }

    fn tag(&mut self, name: &str) -> Option<Result<TagInfo, Fault>> {
        self.known.ask(&GetTag { tag: name.into(), ..GetTag::default() })?.transpose()
    }

    /// A target has no marker of its own: it is the run's if both tags that it joins are.
    fn keeps_target(&mut self, target: &Target, build: &PlannedBuild) -> Kept {
        let (tag, build_tag) = (&build.tags.tag, &build.tags.build_tag);
        if target.dest_tag_name != *tag || target.build_tag_name != *build_tag {
            let (from, to) = (&target.build_tag_name, &target.dest_tag_name);
            return Err(format!("it joins {from} and {to}, which is not how this run made it"));
        }
        for name in [build_tag, tag] {
            match self.tag(name) {
                Some(Ok(tag)) => self.is_ours(&tag).map_err(|why| format!("{name}: {why}"))?,
                Some(Err(fault)) => return Err(unanswered(&fault)),
                None => return Err(format!("whose it is cannot be told: {name} is not there")),
            }
        }
        self.is_unused(&[
            Named { name: &target.name, tag: None },
            Named { name: build_tag, tag: Some(target.build_tag) },
            Named { name: tag, tag: Some(target.dest_tag) },
        ])
    }

    fn keeps_tag(&mut self, kind: LeftoverKind, tag: &TagInfo, build: &PlannedBuild) -> Kept {
        self.is_ours(tag)?;
        if tag.locked {
            return Err("it is locked".to_owned());
        }
        if kind == LeftoverKind::ModuleTag {
            self.is_not_imported(build)?;
        }
        self.is_unused(&[Named { name: &tag.name, tag: Some(tag.id) }])?;
        self.is_joined_by_no_target(tag)?;
        self.is_inherited_by_nobody(tag)
    }

    fn is_ours(&self, tag: &TagInfo) -> Kept {
        let mark = tag.extra.as_ref().and_then(|extra| extra.get("modplan"));
        match mark.and_then(|mark| mark.get("run")).and_then(Value::as_str) {
            Some(run) if run == self.run => Ok(()),
            Some(run) => Err(format!("it is marked as one of the run {run}")),
            None => Err("it has no marker of modplan".to_owned()),
        }
    }

    /// The component builds of a module that was imported live in its tag only.
    fn is_not_imported(&mut self, build: &PlannedBuild) -> Kept {
        let name = build.id.split(':').next().unwrap_or_default();
        let own = &build.names.content_nvr;
        let rest = own.strip_prefix(name).unwrap_or(own);
        for nvr in [own.clone(), format!("{name}-devel{rest}")] {
            let call = GetBuild { build: nvr.as_str().into(), strict: None };
            let Some(found) = self.answered(&call)? else { continue };
            match (standing(found.as_ref(), &build.tags.tag), state(found.as_ref())) {
                (Standing::Imported { .. }, _) => {
                    return Err(format!("the module {nvr} was imported from it"));
                }
                (_, Some(BuildState::Building)) => {
                    return Err(format!("the module {nvr} is being imported"));
                }
                (Standing::Missing | Standing::Taken { .. }, _) => {}
            }
        }
        Ok(())
    }

    fn is_unused(&mut self, things: &[Named<'_>]) -> Kept {
        let tasks: Vec<Task> = match self.answered(&open_tasks::look())? {
            Some(RowsOrCount::Rows(tasks)) => tasks,
            Some(RowsOrCount::Count(_)) => return Err("the hub does not list its tasks".to_owned()),
            None => return Ok(()),
        };
        open_tasks::user_of(&tasks, things).map_or(Ok(()), Err)
    }

    /// koji deletes the targets that join a tag together with it.
    fn is_joined_by_no_target(&mut self, tag: &TagInfo) -> Kept {
        let id = Some(tag.id.into());
        let built_in = GetBuildTargets { build_tag: id.clone(), ..GetBuildTargets::default() };
        let tagged_into = GetBuildTargets { dest_tag: id, ..GetBuildTargets::default() };
        for (call, does) in [(built_in, "builds in"), (tagged_into, "tags into")] {
            let targets = self.answered(&call)?.unwrap_or_default();
            if let Some(other) = targets.iter().find(|target| !self.targets.contains(&target.id)) {
                return Err(format!("the target {} {does} it", other.name));
            }
        }
        Ok(())
    }

    /// koji takes a tag that is deleted out of the parents of every other tag.
    fn is_inherited_by_nobody(&mut self, tag: &TagInfo) -> Kept {
        let reverse = Some(true);
        let call =
            GetFullInheritance { tag: tag.id.into(), reverse, ..GetFullInheritance::default() };
        let rows = self.answered(&call)?.unwrap_or_default();
        let is_other = |child: &i64| !self.tags.contains(child);
        let children = rows.iter().filter(|row| row.parent_id == tag.id);
        let mut others = children.filter(|row| row.child().as_ref().is_none_or(is_other));
        others.next().map_or(Ok(()), |child| Err(format!("the tag {} inherits it", child.name)))
    }

    /// Returns an answer, none where it is not known yet. A fault keeps what was asked about.
    fn answered<C: Call>(&mut self, call: &C) -> Result<Option<C::Answer>, String> {
        self.known.ask(call).transpose().map_err(|fault| unanswered(&fault))
    }
}

fn state(build: Option<&Build>) -> Option<BuildState> {
    build.map(|build| build.state)
}

fn unanswered(fault: &Fault) -> String {
    format!("the hub does not say whether it is needed: {fault}")
}
