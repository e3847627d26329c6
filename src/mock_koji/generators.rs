//! Content generators: permissions to import, types of builds, and reservations.

use std::collections::BTreeMap;

use super::state::{Caller, Generator};
use super::{Mock, index};
use crate::koji::calls::*;
use crate::koji::shapes::{BuildType, Reservation, Secret};
use crate::koji::{BuildState, Fault, FaultKind, Ref, Value};

impl Mock {
    fn find_generator(&self, generator: &Ref) -> Option<i64> {
        (1..).zip(&self.generators).find_map(|(id, known)| {
            let is_it = match generator {
                Ref::Id(number) => id == *number,
                Ref::Name(name) => known.name == *name,
            };
            is_it.then_some(id)
        })
    }

    pub(super) fn generator(&self, caller: Caller, generator: &Ref) -> Result<(i64, i64), Fault> {
        let user = self.logged_in(caller)?;
        let none = || Fault::generic(format!("No such content generator: {generator}"));
        let id = self.find_generator(generator).ok_or_else(none)?;
        let known = &self.generators[index(id)];
        if known.users.contains(&user) || self.has_permission(user, "admin") {
            return Ok((id, user));
        }
        let text = format!("Content generator access required ({})", known.name);
        Err(Fault::of(FaultKind::Auth, text))
    }

    pub(super) fn grant_generator(
        &mut self,
        caller: Caller,
        call: GrantCgAccess,
    ) -> Result<(), Fault> {
        self.permitted(caller, "admin")?;
        let user = self.user_id(&call.user)?;
        let id = match self.find_generator(&call.cg) {
            Some(id) => id,
            None if call.create == Some(true) => {
                let name = call.cg.to_string();
                self.generators.push(Generator { name, users: Default::default() });
                i64::try_from(self.generators.len()).expect("few generators")
            }
            None => return Err(Fault::generic(format!("No such content generator: {}", call.cg))),
        };
        if !self.generators[index(id)].users.insert(user) {
            let (user, name) = (self.user_name(user), &self.generators[index(id)].name);
            let text = format!("User already has access to content generator {name}: {user}");
            return Err(Fault::generic(text));
        }
        Ok(())
    }

    pub(super) fn list_generators(
        &mut self,
        _: Caller,
        _: ListCgs,
    ) -> Result<BTreeMap<String, Map>, Fault> {
        let row = |(id, known): (i64, &Generator)| {
            let users = known.users.iter().map(|&user| self.user_name(user).as_str().into());
            let row = Map::from([
                ("id".to_owned(), Value::Int(id)),
                ("users".to_owned(), Value::List(users.collect())),
            ]);
            (known.name.clone(), row)
        };
        Ok((1..).zip(&self.generators).map(row).collect())
    }

    pub(super) fn list_types(&mut self, _: Caller, _: ListBTypes) -> Result<Vec<BuildType>, Fault> {
        let row = |(id, name): (i64, &String)| BuildType { id, name: name.clone() };
        Ok((1..).zip(&self.types).map(row).collect())
    }

    pub(super) fn add_type(&mut self, caller: Caller, call: AddBType) -> Result<(), Fault> {
        self.permitted(caller, "admin")?;
        if self.types.contains(&call.name) {
            return Err(Fault::generic("btype already exists"));
        }
        self.types.push(call.name);
        Ok(())
    }

    pub(super) fn reserve_build(
        &mut self,
        caller: Caller,
        call: CgInitBuild,
    ) -> Result<Reservation, Fault> {
        let (generator, user) = self.generator(caller, &call.cg)?;
        let part = |name: &str| {
            let value = call.data.get(name).and_then(Value::as_str);
            value.ok_or_else(|| Fault::generic(format!("Build data lacks {name}")))
        };
        let (name, version, release) = (part("name")?, part("version")?, part("release")?);
        let nvr = format!("{name}-{version}-{release}");
        if let Some(id) = self.find_build(&Ref::Name(nvr.clone())) {
            match (self.build(id).state, &self.build(id).token) {
                (BuildState::Complete, _) => {
                    return Err(Fault::generic(format!("Build already exists: {nvr} (id={id})")));
                }
                (BuildState::Building, Some(_)) => {
                    return Err(Fault::generic(format!("Build is already reserved: {nvr}")));
                }
                (BuildState::Building, None) => {
                    return Err(Fault::generic(format!("Build already in progress: {nvr}")));
                }
                _ => {}
            }
        }
        let task = call.data.get("task_id").and_then(Value::as_int);
        if let Some(task) = task {
            self.task(task)?;
        }
        let id = self.new_build_row(name, version, release);
        self.key_count += 1;
        let token = Secret::new(format!("{:064}", self.key_count));
        let build = &mut self.builds[index(id)];
        build.owner = user;
        build.task = task;
        build.generator = Some(generator);
        build.token = Some(token.clone());
        Ok(Reservation { build_id: id, token })
    }

    pub(super) fn refund_build(
        &mut self,
        caller: Caller,
        call: CgRefundBuild,
    ) -> Result<(), Fault> {
        self.generator(caller, &call.cg)?;
        let id = self.build_id(&Ref::Id(call.build_id))?;
        if self.build(id).token.as_ref() != Some(&call.token) {
            return Err(Fault::generic("Token doesn't match build ID"));
        }
        let (state, now) = (call.state.unwrap_or(i64::from(BuildState::Failed)), self.moment());
        let build = &mut self.builds[index(id)];
        build.state = BuildState::try_from(state).map_err(Fault::generic)?;
        build.completed = Some(now);
        build.token = None;
        Ok(())
    }
}
