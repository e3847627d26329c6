//! Tags and their parents.

use super::state::{Caller, Parent, Tag};
use super::{Mock, index};
use crate::hub::{ArchSet, TaskArch};
use crate::koji::calls::*;
use crate::koji::shapes::{AncestorRow, Event, InheritanceRow, TagConfig, TagInfo};
use crate::koji::{Fault, FaultKind, Ref, Value};
use crate::name::Arch;

/// The maximum depth of ancestors, because a tag that is its own ancestor would never end.
const DEPTH_MAX: usize = 50;

impl Mock {
    /// Makes a tag; its number.
    pub(super) fn make_tag(&mut self, name: &str, arches: Option<String>, extra: Map) -> i64 {
        let set = self.arch_set(arches.as_deref().unwrap_or_default());
        let work = self.repo_work();
        let sim = self.sim.add_tag(set, work);
        self.tags.push(Tag {
            name: name.to_owned(),
            arches,
            is_locked: false,
            permission: None,
            extra,
            parents: Vec::new(),
            packages: Default::default(),
            groups: Default::default(),
            external: Vec::new(),
            builds: Vec::new(),
            is_deleted: false,
            sim,
        });
        let id = i64::try_from(self.tags.len()).expect("few tags");
        self.tag_of_sim.insert(sim, id);
        self.tag_names.insert(name.to_owned(), id);
        id
    }

    fn arch_set(&self, arches: &str) -> ArchSet {
        arches.split_whitespace().fold(ArchSet::default(), |set, arch| {
            match self.settings.arch(&Arch::from(arch)) {
                Some(TaskArch::Arch(at)) => set.with(at),
                _ => set,
            }
        })
    }

    pub(super) fn create_tag(&mut self, caller: Caller, call: CreateTag) -> Result<i64, Fault> {
        self.permitted(caller, "tag")?;
        if call.name.is_empty() || call.name.len() > 256 || call.name.contains(['/', ' ']) {
            let text = format!("Tag name {} is not valid", call.name);
            return Err(Fault::of(FaultKind::NameValidation, text));
        }
        if self.tag_names.contains_key(&call.name) {
            let name = &call.name;
            return Err(Fault::generic(format!("A tag with the name '{name}' already exists")));
        }
        let parent = call.parent.as_ref().map(|parent| self.tag_id(parent)).transpose()?;
        let permission = call.perm.map(|permission| permission.to_string());
        let id = self.make_tag(&call.name, call.arches, call.extra.unwrap_or_default());
        let tag = &mut self.tags[index(id)];
        tag.is_locked = call.locked.unwrap_or_default();
        tag.permission = permission;
        if let Some(parent) = parent {
            self.set_parents(
                id,
                vec![Parent {
                    tag: parent,
                    priority: 0,
                    depth_max: None,
                    is_intransitive: false,
                    has_no_config: false,
                    filter: String::new(),
                }],
            );
        }
        Ok(id)
    }

    pub(super) fn edit_tag(&mut self, caller: Caller, call: EditTag2) -> Result<(), Fault> {
        self.permitted(caller, "tag")?;
        let id = self.tag_id(&call.tag)?;
        if let Some(name) = call.settings.get("name").and_then(Value::as_str)
            && name != self.tag(id).name
        {
            if self.tag_names.contains_key(name) {
                return Err(Fault::generic(format!("Name {name} already taken by tag")));
            }
            let old = std::mem::replace(&mut self.tags[index(id)].name, name.to_owned());
            self.tag_names.remove(&old);
            self.tag_names.insert(name.to_owned(), id);
        }
        let tag = &mut self.tags[index(id)];
        if let Some(Value::Struct(extra)) = call.settings.get("extra") {
            tag.extra.extend(extra.clone());
        }
        for key in call.settings.get("remove_extra").and_then(Value::as_list).unwrap_or_default() {
            tag.extra.remove(key.as_str().unwrap_or_default());
        }
        if let Some(&Value::Bool(is_locked)) = call.settings.get("locked") {
            tag.is_locked = is_locked;
        }
        if let Some(permission) = call.settings.get("perm") {
            tag.permission = permission.as_str().map(str::to_owned);
        }
        if let Some(arches) = call.settings.get("arches") {
            let arches = arches.as_str().map(str::to_owned);
            tag.arches.clone_from(&arches);
            let (sim, set) = (tag.sim, self.arch_set(arches.as_deref().unwrap_or_default()));
            self.sim.set_tag_arches(sim, set);
        }
        self.change_tag(id);
        Ok(())
    }

    pub(super) fn delete_tag(&mut self, caller: Caller, call: DeleteTag) -> Result<(), Fault> {
        self.permitted(caller, "tag")?;
        let id = self.tag_id(&call.tag)?;
        let tag = &mut self.tags[index(id)];
        tag.is_deleted = true;
        let name = tag.name.clone();
        self.tag_names.remove(&name);
        self.targets.retain(|_, target| target.build_tag != id && target.dest_tag != id);
        self.sim.mark();
        Ok(())
    }

    fn tag_shape(&self, id: i64) -> TagInfo {
        let tag = self.tag(id);
        TagInfo {
            id,
            name: tag.name.clone(),
            arches: tag.arches.clone(),
            locked: tag.is_locked,
            perm: tag.permission.clone(),
            perm_id: tag.permission.as_deref().and_then(super::permission_id),
            ..TagInfo::default()
        }
    }

    pub(super) fn get_tag(&mut self, _: Caller, call: GetTag) -> Result<Option<TagInfo>, Fault> {
        let found = match call.strict {
            Some(true) => Some(self.tag_id(&call.tag)?),
            _ => self.find_tag(&call.tag),
        };
        let with_extra =
            |id| TagInfo { extra: Some(self.tag(id).extra.clone()), ..self.tag_shape(id) };
        Ok(found.map(with_extra))
    }

    pub(super) fn build_config(
        &mut self,
        _: Caller,
        call: GetBuildConfig,
    ) -> Result<TagConfig, Fault> {
        let id = self.tag_id(&call.tag)?;
        let mut extra = self.tag(id).extra.clone();
        let mut arches = self.tag(id).arches.clone();
        for row in self.ancestors(id).into_iter().filter(|row| !row.noconfig) {
            let tag = self.tag(row.parent_id);
            arches = arches.or_else(|| tag.arches.clone());
            for (key, value) in &tag.extra {
                extra.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        let shape = self.tag_shape(id);
        let inheritance = [("extra", Value::Struct(Map::new())), ("arches", Value::Nil)];
        Ok(TagConfig {
            id,
            name: shape.name,
            arches,
            locked: shape.locked,
            perm: shape.perm,
            perm_id: shape.perm_id,
            extra,
            config_inheritance: inheritance.map(|(name, v)| (name.to_owned(), v)).into(),
            ..TagConfig::default()
        })
    }

    pub(super) fn list_tags(&mut self, _: Caller, call: ListTags) -> Result<Vec<TagInfo>, Fault> {
        let build = call.build.as_ref().map(|build| self.build_id(build)).transpose()?;
        let package = call.package.as_ref().map(|p| self.package_name(p)).transpose()?;
        let is_asked = |(_, tag): &(i64, &Tag)| {
            !tag.is_deleted
                && build.is_none_or(|build| tag.builds.iter().any(|t| t.build == build))
                && package.as_ref().is_none_or(|name| tag.packages.contains_key(name))
                && call.pattern.as_ref().is_none_or(|pattern| super::glob(pattern, &tag.name))
        };
        let tags = (1..).zip(&self.tags).filter(is_asked);
        Ok(tags.map(|(id, _)| self.tag_shape(id)).collect())
    }

    fn parent_row(&self, child: i64, parent: &Parent) -> InheritanceRow {
        InheritanceRow {
            parent_id: parent.tag,
            name: self.tag(parent.tag).name.clone(),
            priority: parent.priority,
            maxdepth: parent.depth_max,
            intransitive: parent.is_intransitive,
            noconfig: parent.has_no_config,
            pkg_filter: parent.filter.clone(),
            child_id: child,
        }
    }

    pub(super) fn inheritance(
        &mut self,
        _: Caller,
        call: GetInheritanceData,
    ) -> Result<Vec<InheritanceRow>, Fault> {
        let id = self.tag_id(&call.tag)?;
        Ok(self.tag(id).parents.iter().map(|parent| self.parent_row(id, parent)).collect())
    }

    pub(super) fn set_inheritance(
        &mut self,
        caller: Caller,
        call: SetInheritanceData,
    ) -> Result<(), Fault> {
        self.permitted(caller, "tag")?;
        let id = self.tag_id(&call.tag)?;
        let mut parents =
            if call.clear == Some(true) { Vec::new() } else { self.tag(id).parents.clone() };
        for row in &call.data {
            let number = |name: &str| row.get(name).and_then(Value::as_int);
            let flag = |name: &str| row.get(name) == Some(&Value::Bool(true));
            let parent =
                number("parent_id").ok_or_else(|| Fault::generic("No parent_id in row"))?;
            let parent = self.tag_id(&Ref::Id(parent))?;
            parents.retain(|known| known.tag != parent);
            if flag("delete link") {
                continue;
            }
            parents.push(Parent {
                tag: parent,
                priority: number("priority").unwrap_or_default(),
                depth_max: number("maxdepth"),
                is_intransitive: flag("intransitive"),
                has_no_config: flag("noconfig"),
                filter: row
                    .get("pkg_filter")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            });
        }
        parents.sort_by_key(|parent| parent.priority);
        if let Some([one, other]) =
            parents.array_windows().find(|[one, other]| one.priority == other.priority)
        {
            let (tags, priority) = ([one.tag, other.tag], one.priority);
            return Err(Fault::generic(format!(
                "Multiple parent tags ({tags:?}) cannot have the same priority value ({priority}) on \
                 child tag {id}"
            )));
        }
        self.set_parents(id, parents);
        Ok(())
    }

    pub(super) fn set_parents(&mut self, id: i64, parents: Vec<Parent>) {
        self.tags[index(id)].parents = parents;
        self.change_tag(id);
    }

    /// Returns the ancestors of a tag, nearest first, each once.
    pub(super) fn ancestors(&self, id: i64) -> Vec<AncestorRow> {
        let mut rows: Vec<AncestorRow> = Vec::new();
        self.add_ancestors(id, 1, &mut rows);
        rows
    }

    fn add_ancestors(&self, id: i64, depth: usize, rows: &mut Vec<AncestorRow>) {
        if depth > DEPTH_MAX {
            return;
        }
        for parent in &self.tag(id).parents {
            let is_known = rows.iter().any(|row| row.parent_id == parent.tag);
            let is_hidden = depth > 1 && parent.is_intransitive;
            if is_known || is_hidden || self.tag(parent.tag).is_deleted {
                continue;
            }
            let row = self.parent_row(id, parent);
            rows.push(AncestorRow {
                parent_id: row.parent_id,
                name: row.name,
                priority: row.priority,
                maxdepth: row.maxdepth,
                intransitive: row.intransitive,
                noconfig: row.noconfig,
                pkg_filter: row.pkg_filter,
                child_id: Some(id),
                tag_id: None,
                nextdepth: row.maxdepth.map(|depth| depth.saturating_sub(1)),
                currdepth: i64::try_from(depth).expect("depths are small"),
                filter: Vec::new(),
            });
            if parent.depth_max != Some(0) {
                self.add_ancestors(parent.tag, depth + 1, rows);
            }
        }
    }

    pub(super) fn full_inheritance(
        &mut self,
        _: Caller,
        call: GetFullInheritance,
    ) -> Result<Vec<AncestorRow>, Fault> {
        let id = self.tag_id(&call.tag)?;
        if call.reverse == Some(true) {
            let is_below = |row: &AncestorRow| row.parent_id == id;
            let below = (1..).zip(&self.tags).filter(|(_, tag)| !tag.is_deleted);
            let rows = below.flat_map(|(child, _)| self.ancestors(child)).filter(is_below);
            return Ok(rows.map(|row| self.reversed(row)).collect());
        }
        Ok(self.ancestors(id))
    }

    /// koji writes the other end of a row in reverse: the name and the number of the tag that inherits.
    fn reversed(&self, row: AncestorRow) -> AncestorRow {
        let name = row.child_id.map_or_else(String::new, |child| self.tag(child).name.clone());
        AncestorRow { name, child_id: None, tag_id: row.child_id, nextdepth: None, ..row }
    }

    /// Records a change of a tag and its children; returns the event.
    pub(super) fn change_tag(&mut self, id: i64) -> i64 {
        let event = self.sim.change_tag(self.tag(id).sim);
        let below: Vec<i64> = (1..)
            .zip(&self.tags)
            .filter(|(other, tag)| *other != id && !tag.is_deleted && !tag.parents.is_empty())
            .map(|(other, _)| other)
            .filter(|&other| self.ancestors(other).iter().any(|row| row.parent_id == id))
            .collect();
        for other in below {
            self.sim.change_tag(self.tag(other).sim);
        }
        i64::from(event.0)
    }

    pub(super) fn last_change(
        &mut self,
        _: Caller,
        call: TagLastChangeEvent,
    ) -> Result<Option<i64>, Fault> {
        let id = self.tag_id(&call.tag)?;
        Ok(Some(i64::from(self.sim.last_change_of(self.tag(id).sim).0)))
    }

    pub(super) fn last_event(
        &mut self,
        _: Caller,
        _: GetLastEvent,
    ) -> Result<Option<Event>, Fault> {
        let id = i64::from(self.sim.last_event().0);
        Ok(Some(Event { id, ts: self.seconds(self.event_moment(id)) }))
    }

    pub(super) fn get_event(&mut self, _: Caller, call: GetEvent) -> Result<Option<Event>, Fault> {
        let is_past = (1..=i64::from(self.sim.last_event().0)).contains(&call.id);
        if !is_past && call.strict != Some(false) {
            return Err(Fault::generic("query returned no rows"));
        }
        let event = || Event { id: call.id, ts: self.seconds(self.event_moment(call.id)) };
        Ok(is_past.then(event))
    }
}
