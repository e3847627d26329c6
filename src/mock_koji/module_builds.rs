//! Requests for whole modules, as the hub's plug-in takes them: a plan that is whole becomes one task.

use super::plans::new_task;
use super::state::{Caller, Task};
use super::{Mock, index};
use crate::koji::calls::{Map, ModuleBuild};
use crate::koji::{Fault, FaultKind, Ref, Value};

/// What the plug-in asks for by default.
const PERMISSION: &str = "module-build";
/// The channel of the tasks.
const CHANNEL: &str = "module";
/// The most characters of a plan.
const CHARACTERS_MAX: usize = 2_000_000;
const TEXTS: [&str; 5] = ["name", "stream", "context", "platform_tag", "modulemd"];
const OTHERS: [&str; 3] = ["version", "arches", "batches"];

impl Mock {
    pub(super) fn module_build(&mut self, caller: Caller, call: ModuleBuild) -> Result<i64, Fault> {
        let owner = self.permitted(caller, PERMISSION)?;
        check(&call.plan).map_err(|text| Fault::of(FaultKind::Parameter, text))?;
        let usual = Ref::from(CHANNEL);
        let channel = call.channel.clone().unwrap_or_else(|| usual.clone());
        if channel != usual && !self.has_permission(owner, "admin") {
            let text = format!("module builds run in the channel {CHANNEL}");
            return Err(Fault::of(FaultKind::NotAllowed, text));
        }
        let priority = self.priority(owner, call.priority)?;
        let channel = self.channel_id(&channel)?;
        if !self.channels[index(channel)].is_enabled {
            let name = &self.channels[index(channel)].name;
            return Err(Fault::generic(format!("Channel {name} is disabled.")));
        }
        let opts = Value::Struct(call.opts.unwrap_or_default());
        let task = new_task("moduleBuild", owner, priority, vec![Value::Struct(call.plan), opts]);
        Ok(self.add_own(Task { channel, ..task }))
    }
}

/// Says what keeps a plan from being one.
fn check(plan: &Map) -> Result<(), String> {
    let needed = TEXTS.into_iter().chain(OTHERS);
    let missing: Vec<&str> = needed.filter(|key| !plan.contains_key(*key)).collect();
    if !missing.is_empty() {
        return Err(format!("the plan lacks {}", missing.join(", ")));
    }
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    if let Some(key) = TEXTS.into_iter().find(|key| !is_text(&plan[*key])) {
        return Err(format!("{key} is not a text"));
    }
    let is_number = match &plan["version"] {
        Value::Int(number) => *number >= 0,
        Value::Text(text) => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    if !is_number {
        return Err("version is not a number".to_owned());
    }
    let arches = plan["arches"].as_list().unwrap_or_default();
    if arches.is_empty() || !arches.iter().all(is_text) {
        return Err("arches is not a list of names".to_owned());
    }
    let batches = plan["batches"].as_list().map(|all| all.iter().map(Value::as_list));
    let Some(batches) = batches.and_then(Iterator::collect::<Option<Vec<_>>>) else {
        return Err("batches is not a list of lists".to_owned());
    };
    let is_whole = |component: &Value| {
        ["name", "url"].into_iter().all(|key| component.get(key).is_some_and(is_text))
    };
    if !batches.iter().copied().flatten().all(is_whole) {
        return Err("a component has no name or no url".to_owned());
    }
    let size = serde_json::to_string(plan).map_or(0, |text| text.len());
    match size > CHARACTERS_MAX {
        true => Err(format!("the plan has {size} characters; this hub takes {CHARACTERS_MAX}")),
        false => Ok(()),
    }
}
