//! Which open tasks of a hub need a tag or a target.

use crate::koji::Value;
use crate::koji::calls::{ListTasks, Map};
use crate::koji::shapes::Task;
use crate::koji_plan::open_builds::OPEN_STATES;

/// What a task may name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    /// The name of a tag or a target.
    pub(super) name: &'a str,
    /// koji's number of the tag, which tasks of builders name; none of a target.
    pub(super) tag: Option<i64>,
}

/// Returns the question for every open task of the hub, whoever owns it.
pub(super) fn look() -> ListTasks {
    let opts = Map::from([
        ("state".to_owned(), Value::List(OPEN_STATES.map(Value::Int).into())),
        ("decode".to_owned(), Value::Bool(true)),
    ]);
    ListTasks { opts: Some(opts), query_opts: None }
}

/// Returns a task that names one of some things, in words.
pub(super) fn user_of(tasks: &[Task], things: &[Named<'_>]) -> Option<String> {
    let uses = |task: &&Task| things.iter().any(|thing| names(task, *thing));
    tasks.iter().find(uses).map(|task| format!("the task {} ({}) is open", task.id, task.method))
}

/// Returns whether a task names something. Where koji's own methods name a tag or a target is known; a task
/// of any other method names it where one of its parameters is the name.
fn names(task: &Task, thing: Named<'_>) -> bool {
    let request = task.request.as_ref().and_then(Value::as_list).unwrap_or_default();
    let is_it = |value: &Value| {
        let id = || value.get("id").and_then(Value::as_int).or_else(|| value.as_int());
        let name = || value.get("name").and_then(Value::as_str).or_else(|| value.as_str());
        name() == Some(thing.name) || (thing.tag.is_some() && id() == thing.tag)
    };
    match place(&task.method) {
        Some(place) => request.get(place).is_some_and(is_it),
        None => request.iter().any(|value| value.as_str() == Some(thing.name)),
    }
}

/// Returns the place of the tag or the target among the parameters of a method, from 0.
fn place(method: &str) -> Option<usize> {
    match method {
        "newRepo" | "waitrepo" | "tagBuild" | "distRepo" => Some(0),
        "build" | "chainbuild" | "buildArch" | "buildSRPMFromSCM" | "rebuildSRPM" => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::tests::open_task;
    use super::*;

    fn task(method: &str, request: &Json) -> Task {
        Value::from(open_task(7, method, request)).read().expect("a task")
    }

    #[test]
    fn a_tag_is_used_where_a_method_names_it_by_name_or_number() {
        let tag = Named { name: "module-a-build", tag: Some(5) };
        let uses = |method: &str, request: Json| names(&task(method, &request), tag);
        assert!(uses("newRepo", json!(["module-a-build"])));
        assert!(uses("newRepo", json!([5])));
        assert!(uses("waitrepo", json!(["module-a-build", null])));
        assert!(uses("buildArch", json!(["tasks/1/a.src.rpm", 5])));
        assert!(uses("buildSRPMFromSCM", json!(["git://a", {"id": 5}])));
        assert!(uses("runroot", json!(["module-a-build", "x86_64"])));
        // The number of a build is not that of a tag.
        assert!(!uses("tagBuild", json!([4, 5])));
        assert!(!uses("createrepo", json!([5, "x86_64"])));
        assert!(!uses("newRepo", json!(["module-a"])));
    }

    #[test]
    fn a_target_is_used_by_name_and_the_task_is_named() {
        let target = Named { name: "module-a", tag: None };
        let build = task("build", &json!(["git://a", "module-a", null]));
        let user = user_of(&[task("build", &json!([])), build], &[target]);
        assert_eq!(user.as_deref(), Some("the task 7 (build) is open"));
        let other = task("build", &json!(["git://module-a", null]));
        assert_eq!(user_of(&[other], &[target]), None);
    }
}
