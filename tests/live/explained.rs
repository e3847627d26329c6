//! What explains that a run writes at its hub: a call of the orchestrator that is open in the journal, as it
//! was kept when the request was sent.

use modplan::koji::Value;
use modplan::koji::calls::is_read;
use modplan::koji::codec::read_call;
use modplan::orchestrate::{Call, Catalog, Command};
use modplan::status::ModuleState;
use modplan::store::{Folded, fold};

/// The package that is built before the components of a module.
const MACROS: &str = "module-build-macros";

/// One call that writes.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) method: String,
    params: Vec<Value>,
}

/// Returns the calls of a whole HTTP request that write; sessions come and go without a row.
pub(super) fn writes(request: &[u8]) -> Vec<Written> {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Vec::new() };
    if head.lines().next().is_some_and(|line| line.contains("filename=")) {
        return vec![Written { method: "upload".to_owned(), params: Vec::new() }];
    }
    let Ok((method, params)) = read_call(body) else { return Vec::new() };
    let all = match method.as_str() {
        "multiCall" => {
            let calls = params.first().and_then(Value::as_list).unwrap_or_default();
            calls.iter().map(sub_call).collect()
        }
        _ => vec![Written { method, params }],
    };
    let is_of_session = |method: &str| ["login", "logout", "exclusiveSession"].contains(&method);
    let is_write = |one: &Written| !is_read(&one.method) && !is_of_session(&one.method);
    all.into_iter().filter(is_write).collect()
}

fn sub_call(call: &Value) -> Written {
    let method = call.get("methodName").and_then(Value::as_str).expect("it has a name");
    let params = call.get("params").and_then(Value::as_list).unwrap_or_default();
    Written { method: method.to_owned(), params: params.to_vec() }
}

impl Written {
    /// Returns whether a journal has a row that leads to the call.
    pub(super) fn is_explained_by(&self, journal: &str) -> bool {
        fold("r1", journal).is_ok_and(|folded| self.is_explained(&folded))
    }

    fn is_explained(&self, folded: &Folded) -> bool {
        let mut outstanding = Vec::new();
        folded.orchestrator.outstanding(&mut outstanding);
        let catalog = folded.orchestrator.catalog();
        if self.method == "deleteTag" {
            // Locks are given back when everything is done.
            let modules = folded.status.modules();
            return modules.iter().all(|module| module.state == ModuleState::Ready);
        }
        outstanding.iter().any(|command| match command {
            Command::Call { call, .. } | Command::Look { call, .. } => self.is_of(call, catalog),
            Command::Tell(_) | Command::Timer { .. } => false,
        })
    }

    fn is_of(&self, call: &Call, catalog: &Catalog) -> bool {
        let is_target = matches!(call, Call::CreateTarget { .. });
        match (self.method.as_str(), call) {
            ("build", &Call::BuildComponent { component, .. }) => {
                self.component() == Some(catalog.key(component).as_str())
            }
            ("build", _) => is_target && self.component() == Some(MACROS),
            ("tagBuild", Call::Poll { .. } | Call::TagComponent { .. }) => !self.is_about_macros(),
            ("tagBuild", Call::Publish { .. }) => true,
            ("tagBuild", _) => is_target && self.is_about_macros(),
            ("repo.request", Call::BuildComponent { .. }) => true,
            ("upload" | "CGImport", Call::MakeRepo { .. }) => true,
            ("packageListAdd", Call::Publish { .. }) => true,
            ("CGImport", _) => false,
            (
                "createTag"
                | "createBuildTarget"
                | "setInheritanceData"
                | "packageListAdd"
                | "groupListAdd"
                | "groupPackageListAdd"
                | "repo.request"
                | "upload",
                _,
            ) => is_target,
            _ => false,
        }
    }

    /// Returns what a build is marked with.
    fn component(&self) -> Option<&str> {
        let marker = self.params.get(2)?.get("custom_user_metadata")?.get("modplan")?;
        marker.get("component").and_then(Value::as_str)
    }

    fn is_about_macros(&self) -> bool {
        self.params.get(1).and_then(Value::as_str).is_some_and(|nvr| nvr.starts_with(MACROS))
    }
}

/// Returns the heading of a journal with so many of its rows.
pub(super) fn prefix(journal: &str, rows: usize) -> String {
    journal.split_inclusive('\n').take(rows + 1).collect()
}
