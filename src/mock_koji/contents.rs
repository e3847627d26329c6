//! The contents of a tag's buildroots besides its builds: groups and external repositories.

use super::state::{Caller, External};
use super::{Mock, index};
use crate::koji::calls::*;
use crate::koji::shapes::{ExternalRepo, Group, GroupPackage, TagRepo};
use crate::koji::{Fault, Ref};

impl Mock {
    pub(super) fn group_add(&mut self, caller: Caller, call: GroupListAdd) -> Result<(), Fault> {
        self.permitted(caller, "tag")?;
        let id = self.tag_id(&call.tag)?;
        self.tags[index(id)].groups.entry(call.group.to_string()).or_default();
        self.change_tag(id);
        Ok(())
    }

    pub(super) fn group_package_add(
        &mut self,
        caller: Caller,
        call: GroupPackageListAdd,
    ) -> Result<(), Fault> {
        self.permitted(caller, "tag")?;
        let id = self.tag_id(&call.tag)?;
        let name = call.group.to_string();
        let group = self.tags[index(id)].groups.get_mut(&name);
        let none = || Fault::generic(format!("No such group: {name}"));
        let packages = group.ok_or_else(none)?;
        if !packages.contains(&call.package) {
            packages.push(call.package);
        }
        self.change_tag(id);
        Ok(())
    }

    pub(super) fn tag_groups(
        &mut self,
        _: Caller,
        call: GetTagGroups,
    ) -> Result<Vec<Group>, Fault> {
        let id = self.tag_id(&call.tag)?;
        let ancestors = self.ancestors(id).into_iter().map(|row| row.parent_id);
        let tags = std::iter::once(id).chain(ancestors.filter(|_| call.inherit != Some(false)));
        let mut groups: Vec<Group> = Vec::new();
        for tag in tags {
            for (name, packages) in &self.tag(tag).groups {
                if groups.iter().any(|known| known.name == *name) {
                    continue;
                }
                let group_id = i64::try_from(groups.len()).expect("few groups") + 1;
                let package = |package: &String| GroupPackage {
                    package: package.clone(),
                    group_id,
                    tag_id: tag,
                    r#type: "mandatory".to_owned(),
                    ..GroupPackage::default()
                };
                groups.push(Group {
                    group_id,
                    name: name.clone(),
                    tag_id: tag,
                    display_name: name.clone(),
                    exported: true,
                    uservisible: true,
                    packagelist: packages.iter().map(package).collect(),
                    ..Group::default()
                });
            }
        }
        Ok(groups)
    }

    pub(super) fn create_external(
        &mut self,
        caller: Caller,
        call: CreateExternalRepo,
    ) -> Result<ExternalRepo, Fault> {
        self.permitted(caller, "admin")?;
        if self.external.iter().any(|(name, _)| *name == call.name) {
            let name = &call.name;
            return Err(Fault::generic(format!(
                "An external repo named \"{name}\" already exists"
            )));
        }
        self.external.push((call.name.clone(), call.url.clone()));
        let id = i64::try_from(self.external.len()).expect("few repositories");
        Ok(ExternalRepo { id, name: call.name, url: call.url })
    }

    pub(super) fn list_external(
        &mut self,
        _: Caller,
        call: ListExternalRepos,
    ) -> Result<Vec<ExternalRepo>, Fault> {
        let all = (1..).zip(&self.external).map(|(id, (name, url))| ExternalRepo {
            id,
            name: name.clone(),
            url: url.clone(),
        });
        let is_asked = |repo: &ExternalRepo| {
            call.url.as_ref().is_none_or(|url| *url == repo.url)
                && call.info.as_ref().is_none_or(|info| match info {
                    Ref::Id(id) => *id == repo.id,
                    Ref::Name(name) => *name == repo.name,
                })
        };
        Ok(all.filter(is_asked).collect())
    }

    fn external_id(&self, repo: &Ref) -> Result<i64, Fault> {
        let found = (1..).zip(&self.external).find_map(|(id, (name, _))| {
            let is_it = match repo {
                Ref::Id(number) => id == *number,
                Ref::Name(wanted) => name == wanted,
            };
            is_it.then_some(id)
        });
        found.ok_or_else(|| Fault::generic(format!("No such repo: {repo}")))
    }

    pub(super) fn add_external(
        &mut self,
        caller: Caller,
        call: AddExternalRepoToTag,
    ) -> Result<(), Fault> {
        self.permitted(caller, "tag")?;
        let (id, repo) = (self.tag_id(&call.tag)?, self.external_id(&call.repo)?);
        let merge_mode = call.merge_mode.unwrap_or_else(|| "koji".to_owned());
        let external = External { repo, priority: call.priority, merge_mode, arches: call.arches };
        self.tags[index(id)].external.push(external);
        self.change_tag(id);
        Ok(())
    }

    pub(super) fn remove_external(
        &mut self,
        caller: Caller,
        call: RemoveExternalRepoFromTag,
    ) -> Result<(), Fault> {
        self.permitted(caller, "tag")?;
        let (id, repo) = (self.tag_id(&call.tag)?, self.external_id(&call.repo)?);
        self.tags[index(id)].external.retain(|known| known.repo != repo);
        self.change_tag(id);
        Ok(())
    }

    fn external_rows(&self, id: i64) -> Vec<TagRepo> {
        let row = |known: &External| {
            let (name, url) = self.external[index(known.repo)].clone();
            TagRepo {
                external_repo_id: known.repo,
                external_repo_name: name,
                url,
                tag_id: id,
                tag_name: self.tag(id).name.clone(),
                priority: known.priority,
                merge_mode: known.merge_mode.clone(),
                arches: known.arches.clone(),
            }
        };
        self.tag(id).external.iter().map(row).collect()
    }

    pub(super) fn tag_external(
        &mut self,
        _: Caller,
        call: GetTagExternalRepos,
    ) -> Result<Vec<TagRepo>, Fault> {
        match &call.tag {
            Some(tag) => Ok(self.external_rows(self.tag_id(tag)?)),
            None => Ok((1..).zip(&self.tags).flat_map(|(id, _)| self.external_rows(id)).collect()),
        }
    }

    pub(super) fn external_list(
        &mut self,
        _: Caller,
        call: GetExternalRepoList,
    ) -> Result<Vec<TagRepo>, Fault> {
        let id = self.tag_id(&call.tag)?;
        let tags = std::iter::once(id).chain(self.ancestors(id).into_iter().map(|r| r.parent_id));
        Ok(tags.flat_map(|tag| self.external_rows(tag)).collect())
    }
}
