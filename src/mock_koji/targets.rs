//! Targets: built in one tag, tagged into the other.

use super::Mock;
use super::state::{Caller, Target};
use crate::koji::calls::*;
use crate::koji::shapes::Target as TargetShape;
use crate::koji::{Fault, Ref};

impl Mock {
    fn target_shape(&self, name: &str, target: &Target) -> TargetShape {
        TargetShape {
            id: target.id,
            name: name.to_owned(),
            build_tag: target.build_tag,
            build_tag_name: self.tag(target.build_tag).name.clone(),
            dest_tag: target.dest_tag,
            dest_tag_name: self.tag(target.dest_tag).name.clone(),
        }
    }

    pub(super) fn find_target(&self, target: &Ref) -> Option<(String, Target)> {
        let is_it = |(name, known): &(&String, &Target)| match target {
            Ref::Id(id) => known.id == *id,
            Ref::Name(wanted) => *name == wanted,
        };
        self.targets.iter().find(is_it).map(|(name, known)| (name.clone(), known.clone()))
    }

    pub(super) fn make_target(&mut self, name: &str, build_tag: i64, dest_tag: i64) {
        self.target_count += 1;
        let target = Target { id: self.target_count, build_tag, dest_tag };
        self.targets.insert(name.to_owned(), target);
    }

    pub(super) fn create_target(
        &mut self,
        caller: Caller,
        call: CreateBuildTarget,
    ) -> Result<(), Fault> {
        self.permitted(caller, "target")?;
        let (build_tag, dest_tag) = (self.tag_id(&call.build_tag)?, self.tag_id(&call.dest_tag)?);
        if self.targets.contains_key(&call.name) {
            let name = &call.name;
            return Err(Fault::generic(format!(
                "A build target with the name '{name}' already exists"
            )));
        }
        self.make_target(&call.name, build_tag, dest_tag);
        self.sim.mark();
        Ok(())
    }

    pub(super) fn edit_target(
        &mut self,
        caller: Caller,
        call: EditBuildTarget,
    ) -> Result<(), Fault> {
        self.permitted(caller, "target")?;
        let none = || Fault::generic(format!("No such build target: {}", call.target));
        let (old, target) = self.find_target(&call.target).ok_or_else(none)?;
        let (build_tag, dest_tag) = (self.tag_id(&call.build_tag)?, self.tag_id(&call.dest_tag)?);
        self.targets.remove(&old);
        self.targets.insert(call.name, Target { id: target.id, build_tag, dest_tag });
        self.sim.mark();
        Ok(())
    }

    pub(super) fn delete_target(
        &mut self,
        caller: Caller,
        call: DeleteBuildTarget,
    ) -> Result<(), Fault> {
        self.permitted(caller, "target")?;
        if let Some((name, _)) = self.find_target(&call.target) {
            self.targets.remove(&name);
            self.sim.mark();
        }
        Ok(())
    }

    pub(super) fn get_target(
        &mut self,
        _: Caller,
        call: GetBuildTarget,
    ) -> Result<Option<TargetShape>, Fault> {
        let found = self.find_target(&call.target);
        if found.is_none() && call.strict == Some(true) {
            return Err(Fault::generic(format!("No such build target: {}", call.target)));
        }
        Ok(found.map(|(name, target)| self.target_shape(&name, &target)))
    }

    pub(super) fn list_targets(
        &mut self,
        _: Caller,
        call: GetBuildTargets,
    ) -> Result<Vec<TargetShape>, Fault> {
        let build = call.build_tag.as_ref().map(|tag| self.tag_id(tag)).transpose()?;
        let dest = call.dest_tag.as_ref().map(|tag| self.tag_id(tag)).transpose()?;
        let is_asked = |(name, target): &(&String, &Target)| {
            build.is_none_or(|tag| target.build_tag == tag)
                && dest.is_none_or(|tag| target.dest_tag == tag)
                && call.info.as_ref().is_none_or(|info| match info {
                    Ref::Id(id) => target.id == *id,
                    Ref::Name(wanted) => *name == wanted,
                })
        };
        let targets = self.targets.iter().filter(is_asked);
        Ok(targets.map(|(name, target)| self.target_shape(name, target)).collect())
    }
}
