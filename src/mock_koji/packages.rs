//! Which packages may be in which tag.

use super::state::{Caller, Listed};
use super::{Mock, index};
use crate::koji::calls::{
    GetPackageConfig, GetPackageId, ListPackages, PackageListAdd, PackageListBlock,
    PackageListRemove, PackageListUnblock,
};
use crate::koji::shapes::Package;
use crate::koji::{Fault, FaultKind, Ref};

impl Mock {
    /// Checks that a caller may change package lists: koji's default policy.
    fn may_list(&self, caller: Caller) -> Result<i64, Fault> {
        let user = self.logged_in(caller)?;
        if self.has_permission(user, "tag") {
            return Ok(user);
        }
        let text = "policy violation (package_list): all :: deny";
        Err(Fault::of(FaultKind::NotAllowed, text))
    }

    pub(super) fn package_add(
        &mut self,
        caller: Caller,
        call: PackageListAdd,
    ) -> Result<(), Fault> {
        let user = self.may_list(caller)?;
        let id = self.tag_id(&call.tag)?;
        let name = self.package_name(&call.package)?;
        let owner = call.owner.as_ref().map(|owner| self.user_id(owner)).transpose()?;
        self.package_id(&name);
        let old = self.tag(id).packages.get(&name).cloned();
        let is_blocked = call.block.unwrap_or_else(|| old.as_ref().is_some_and(|o| o.is_blocked));
        let last = i64::from(self.sim.last_event().0);
        let listed = Listed {
            owner: owner.or(old.as_ref().map(|old| old.owner)).unwrap_or(user),
            since: old.as_ref().map_or(last, |old| old.since),
            extra_arches: call.extra_arches.or_else(|| old.and_then(|old| old.extra_arches)),
            is_blocked,
        };
        self.tags[index(id)].packages.insert(name, listed);
        self.change_tag(id);
        Ok(())
    }

    fn set_blocked(
        &mut self,
        caller: Caller,
        tag: &Ref,
        package: &Ref,
        block: bool,
    ) -> Result<(), Fault> {
        let user = self.may_list(caller)?;
        let (id, name) = (self.tag_id(tag)?, self.package_name(package)?);
        let known = self.listed(id, &name).map(|(_, listed)| listed.clone());
        let tag = self.tag(id).name.clone();
        let Some(mut listed) = known else {
            if !block {
                return Err(Fault::generic(format!("package {name} is not in tag {tag}")));
            }
            self.package_id(&name);
            let since = i64::from(self.sim.last_event().0);
            let listed = Listed { owner: user, extra_arches: None, is_blocked: true, since };
            self.tags[index(id)].packages.insert(name, listed);
            self.change_tag(id);
            return Ok(());
        };
        if !block && !listed.is_blocked {
            return Err(Fault::generic(format!("package {name} NOT blocked in tag {tag}")));
        }
        listed.is_blocked = block;
        self.tags[index(id)].packages.insert(name, listed);
        self.change_tag(id);
        Ok(())
    }

    pub(super) fn package_block(
        &mut self,
        caller: Caller,
        call: PackageListBlock,
    ) -> Result<(), Fault> {
        self.set_blocked(caller, &call.tag, &call.package, true)
    }

    pub(super) fn package_unblock(
        &mut self,
        caller: Caller,
        call: PackageListUnblock,
    ) -> Result<(), Fault> {
        self.set_blocked(caller, &call.tag, &call.package, false)
    }

    pub(super) fn package_remove(
        &mut self,
        caller: Caller,
        call: PackageListRemove,
    ) -> Result<(), Fault> {
        self.may_list(caller)?;
        let (id, name) = (self.tag_id(&call.tag)?, self.package_name(&call.package)?);
        self.tags[index(id)].packages.remove(&name);
        self.change_tag(id);
        Ok(())
    }

    /// Returns the state of a package in a tag, with the tag whose list decides.
    pub(super) fn listed(&self, id: i64, package: &str) -> Option<(i64, &Listed)> {
        let tags = std::iter::once(id).chain(self.ancestors(id).into_iter().map(|r| r.parent_id));
        tags.into_iter().find_map(|tag| Some((tag, self.tag(tag).packages.get(package)?)))
    }

    /// Checks that a build of a package may be tagged, with koji's faults.
    pub(super) fn check_listed(&self, id: i64, package: &str) -> Result<(), String> {
        let tag = &self.tag(id).name;
        match self.listed(id, package) {
            None => Err(format!("package {package} not in list for tag {tag}")),
            Some((_, listed)) if listed.is_blocked || self.is_blocked_by_fault(id, package) => {
                Err(format!("package {package} is blocked for tag {tag}"))
            }
            Some(_) => Ok(()),
        }
    }

    fn package_shape(&self, tag: i64, name: &str, listed: &Listed) -> Package {
        Package {
            package_id: self.package_number(name),
            package_name: name.to_owned(),
            tag_id: Some(tag),
            tag_name: Some(self.tag(tag).name.clone()),
            owner_id: Some(listed.owner),
            owner_name: Some(self.user_name(listed.owner)),
            extra_arches: Some(listed.extra_arches.clone()),
            blocked: Some(listed.is_blocked),
        }
    }

    pub(super) fn list_packages(
        &mut self,
        _: Caller,
        call: ListPackages,
    ) -> Result<Vec<Package>, Fault> {
        let package = call.package_id.as_ref().map(|p| self.package_name(p)).transpose();
        let Ok(package) = package else { return Ok(Vec::new()) };
        let is_asked = |name: &str| {
            package.as_deref().is_none_or(|wanted| wanted == name)
                && call.prefix.as_deref().is_none_or(|prefix| name.starts_with(prefix))
        };
        let Some(tag) = &call.tag_id else {
            let plain = self.packages.iter().filter(|(name, _)| is_asked(name));
            return Ok(plain
                .map(|(name, id)| Package {
                    package_id: *id,
                    package_name: name.clone(),
                    ..Package::default()
                })
                .collect());
        };
        let owner = call.user_id.as_ref().map(|user| self.user_id(user)).transpose()?;
        let id = self.tag_id(tag)?;
        let mut tags = vec![id];
        if call.inherited == Some(true) {
            tags.extend(self.ancestors(id).into_iter().map(|row| row.parent_id));
        }
        let mut rows: Vec<Package> = Vec::new();
        for tag in tags {
            let mut packages: Vec<_> = self.tag(tag).packages.iter().collect();
            packages.sort_by_key(|(_, listed)| listed.since);
            for (name, listed) in packages {
                let is_known = rows.iter().any(|row| row.package_name == *name);
                if !is_known && is_asked(name) && owner.is_none_or(|owner| owner == listed.owner) {
                    rows.push(self.package_shape(tag, name, listed));
                }
            }
        }
        rows.retain(|row| call.with_blocked != Some(false) || row.blocked != Some(true));
        Ok(rows)
    }

    pub(super) fn get_package_id(
        &mut self,
        _: Caller,
        call: GetPackageId,
    ) -> Result<Option<i64>, Fault> {
        let found = match &call.name {
            Ref::Id(id) => self.packages.values().any(|known| known == id).then_some(*id),
            Ref::Name(name) => self.packages.get(name).copied(),
        };
        if found.is_none() && call.strict == Some(true) {
            return Err(Fault::generic(format!("No such package: {}", call.name)));
        }
        Ok(found)
    }

    pub(super) fn package_config(
        &mut self,
        _: Caller,
        call: GetPackageConfig,
    ) -> Result<Option<Package>, Fault> {
        let (id, name) = (self.tag_id(&call.tag)?, self.package_name(&call.package)?);
        Ok(self.listed(id, &name).map(|(tag, listed)| self.package_shape(tag, &name, listed)))
    }
}
