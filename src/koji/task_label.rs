//! What koji's own client calls a task: its method, and what it is about.

use super::Value;
use super::shapes::Task;

/// Returns what people know a task by. Its request must be decoded, else only its arch is said.
#[must_use]
pub fn task_label(task: &Task) -> String {
    let request = task.request.as_ref().and_then(Value::as_list).unwrap_or_default();
    let text = |at: usize| request.get(at).and_then(Value::as_str);
    let about = match (task.method.as_str(), text(0)) {
        ("build", Some(source)) => {
            let source = place(source);
            text(1).map_or_else(|| source.clone(), |target| format!("{target}, {source}"))
        }
        ("buildSRPMFromSCM", Some(source)) => place(source),
        ("buildArch", Some(source)) => {
            let file = source.rsplit('/').next().unwrap_or_default();
            format!("{file}, {}", text(2).unwrap_or(&task.arch))
        }
        ("newRepo" | "waitrepo", Some(tag)) => tag.to_owned(),
        ("createrepo", _) => text(1).unwrap_or(&task.arch).to_owned(),
        _ => task.arch.clone(),
    };
    format!("{} ({about})", task.method)
}

/// Returns path and commit of a source: `/rpms/perl:8f2d…`. A file is called by its own name.
fn place(source: &str) -> String {
    let Some((_, rest)) = source.split_once("://") else {
        return source.rsplit('/').next().unwrap_or_default().to_owned();
    };
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    let (path, commit) = path.split_once('#').unwrap_or((path, ""));
    match path.split_once('?') {
        Some((path, module)) if !module.is_empty() => format!("{path}:{module}:{commit}"),
        Some((path, _)) => format!("{path}:{commit}"),
        None => format!("{path}:{commit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(method: &str, request: serde_json::Value) -> String {
        let task = serde_json::json!({
            "id": 1, "method": method, "state": 0, "arch": "noarch", "channel_id": 1, "host_id": null,
            "owner": 1, "parent": null, "label": null, "priority": 20, "weight": 1.0, "waiting": null,
            "awaited": null, "create_time": "", "create_ts": 0.0, "start_time": null, "start_ts": null,
            "completion_time": null, "completion_ts": null, "request": request,
        });
        task_label(&Value::from(task).read().expect("a task"))
    }

    #[test]
    fn a_task_is_called_as_koji_s_client_calls_it() {
        let source = "git+https://src.example.org/rpms/perl?#8f2d";
        let json = |text: &str| serde_json::json!([text, "m", {}]);
        assert_eq!(label("build", json(source)), "build (m, /rpms/perl:8f2d)");
        assert_eq!(label("build", json("cli-build/1/x-1-1.src.rpm")), "build (m, x-1-1.src.rpm)");
        assert_eq!(label("buildSRPMFromSCM", json(source)), "buildSRPMFromSCM (/rpms/perl:8f2d)");
        let arch = serde_json::json!(["tasks/1/1/perl-1-1.src.rpm", 4, "x86_64", true, {}]);
        assert_eq!(label("buildArch", arch), "buildArch (perl-1-1.src.rpm, x86_64)");
        assert_eq!(label("newRepo", json("m-build")), "newRepo (m-build)");
        assert_eq!(label("moduleBuild", serde_json::json!([{}, {}])), "moduleBuild (noarch)");
    }
}
