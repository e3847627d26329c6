//! Chain builds and module builds: builds that are requested together.

use std::sync::Arc;

use super::plans::new_task;
use super::state::{Caller, Task};
use super::{Mock, index};
use crate::hub::Request;
use crate::koji::calls::{ChainBuild, ModuleBuild};
use crate::koji::{Fault, FaultKind, Ref, Value};

impl Mock {
    pub(super) fn chain_build(&mut self, caller: Caller, call: ChainBuild) -> Result<i64, Fault> {
        let owner = self.logged_in(caller)?;
        let priority = self.priority(owner, call.priority)?;
        let opts = call.opts.unwrap_or_default();
        if opts.get("scratch") == Some(&Value::Bool(true)) {
            return Err(Fault::generic("--scratch is not allowed with chain-builds"));
        }
        let request =
            vec![Value::of(&call.srcs), Value::of(&call.target), Value::Struct(opts.clone())];
        let task = new_task("chainbuild", owner, priority, request);
        let mut levels = Vec::new();
        let mut tag = None;
        for level in &call.srcs {
            let mut specs = Vec::new();
            for source in level {
                let plan = self.plan_build(source, Some(&call.target), &opts, owner);
                let plan = match plan {
                    Ok(plan) => plan,
                    Err(fault) => return Ok(self.doomed(task, fault)),
                };
                tag = Some(self.tag(plan.build_tag).sim);
                let at = self.plans.len();
                self.plans.push(plan);
                specs.push(Arc::new(self.spec_of(at)));
            }
            levels.push(specs);
        }
        let Some(tag) = tag else {
            return Err(Fault::generic("no sources to build"));
        };
        Ok(self.submit(Request::ChainBuild { tag, levels: levels.into() }, task))
    }

    /// Returns the level of the next child of a chain's task, and its position there.
    pub(super) fn level_of(&self, chain: i64, children: usize) -> (usize, usize) {
        let levels = self.tasks[index(chain)].request.first().and_then(Value::as_list);
        let mut left = children;
        for (level, sources) in levels.unwrap_or_default().iter().enumerate() {
            // Every level but the first has a task that waits for the repo.
            let waits = usize::from(level > 0);
            let count = sources.as_list().map_or(0, <[Value]>::len) + waits;
            if left < count {
                return (level, left.saturating_sub(waits));
            }
            left -= count;
        }
        (0, left)
    }

    pub(super) fn chain_label(&self, chain: i64, children: usize) -> String {
        let (level, place) = self.level_of(chain, children);
        format!("build {level},{place}")
    }

    pub(super) fn module_build(&mut self, caller: Caller, call: ModuleBuild) -> Result<i64, Fault> {
        let owner = self.logged_in(caller)?;
        let needed = ["name", "stream", "version", "context", "arches", "platform_tag", "batches"];
        let missing: Vec<&str> =
            needed.into_iter().filter(|key| !call.plan.contains_key(*key)).collect();
        if !missing.is_empty() {
            let text = format!("the plan lacks {}", missing.join(", "));
            return Err(Fault::of(FaultKind::Parameter, text));
        }
        let priority = self.priority(owner, call.priority)?;
        let channel = call.channel.clone().unwrap_or_else(|| Ref::from("module"));
        let channel = self.channel_id(&channel)?;
        if !self.channels[index(channel)].is_enabled {
            let name = &self.channels[index(channel)].name;
            return Err(Fault::generic(format!("Channel {name} is disabled.")));
        }
        let opts = call.opts.map_or(Value::Nil, Value::Struct);
        let task = new_task("moduleBuild", owner, priority, vec![Value::Struct(call.plan), opts]);
        Ok(self.add_own(Task { channel, ..task }))
    }
}
