//! Side tags: a user's own tag above another, with a target of the same name.

use super::state::{Caller, Parent};
use super::{Mock, index};
use crate::koji::calls::*;
use crate::koji::shapes::SideTag;
use crate::koji::{Fault, FaultKind, Ref, Value};

impl Mock {
    /// Makes a side tag; every user may.
    pub(super) fn create_side_tag(
        &mut self,
        caller: Caller,
        call: CreateSideTag,
    ) -> Result<SideTag, Fault> {
        let user = self.logged_in(caller)?;
        let base = self.tag_id(&call.base)?;
        if let Some(suffix) = &call.suffix {
            return Err(Fault::generic(format!("{suffix} suffix is not allowed for sidetag")));
        }
        let next = self.tags.len() + 1;
        let name = format!("{}-side-{next}", self.tag(base).name);
        let mut extra = Map::from([
            ("sidetag".to_owned(), Value::Bool(true)),
            ("sidetag_user".to_owned(), self.user_name(user).into()),
            ("sidetag_user_id".to_owned(), Value::Int(user)),
        ]);
        if call.debuginfo == Some(true) {
            extra.insert("with_debuginfo".to_owned(), Value::Bool(true));
        }
        let arches = self.tag(base).arches.clone();
        let id = self.make_tag(&name, arches, extra);
        let parent = Parent {
            tag: base,
            priority: 0,
            depth_max: None,
            is_intransitive: false,
            has_no_config: false,
            filter: String::new(),
        };
        self.set_parents(id, vec![parent]);
        self.make_target(&name, id, id);
        Ok(SideTag { name, id, task_id: None, request: None })
    }

    /// Deletes a side tag and its target; its owner and admins may.
    pub(super) fn remove_side_tag(
        &mut self,
        caller: Caller,
        call: RemoveSideTag,
    ) -> Result<(), Fault> {
        let user = self.logged_in(caller)?;
        let id = self.tag_id(&call.side_tag)?;
        let (name, extra) = (self.tag(id).name.clone(), &self.tag(id).extra);
        if extra.get("sidetag") != Some(&Value::Bool(true)) {
            return Err(Fault::generic(format!("Not a sidetag: {name}")));
        }
        let is_own = extra.get("sidetag_user_id") == Some(&Value::Int(user));
        if !is_own && !self.has_permission(user, "admin") {
            return Err(Fault::of(FaultKind::NotAllowed, "This is not your sidetag"));
        }
        if self.find_target(&Ref::Name(name.clone())).is_none() {
            return Err(Fault::generic("Target is missing for sidetag"));
        }
        self.targets.remove(&name);
        self.tags[index(id)].is_deleted = true;
        self.tag_names.remove(&name);
        self.sim.mark();
        Ok(())
    }
}
