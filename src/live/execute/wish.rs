//! What an operator wants of a run that is under way, and the events that follow from it.

use serde::{Deserialize, Serialize};

use crate::orchestrate::{Catalog, ComponentIx, Event};
use crate::status::{ComponentState, ModuleState, Status};

/// The requests of operators are numbered from here: those of modules that a run begins with are below.
const FIRST_REQUEST: u32 = 1 << 30;
/// So many requests may come of one wish.
const PER_WISH: u32 = 4096;

/// What an operator wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Wish {
    /// Try a module build again that failed or is stuck.
    Retry {
        /// The module, `name:stream:context`.
        module: String,
        /// The component whose source is repaired; none: only try again.
        component: Option<String>,
    },
    /// Cancel what is under way, and begin nothing more.
    Cancel {
        /// The only module that is canceled, `name:stream:context`.
        module: Option<String>,
    },
    /// Stop driving the run; tasks that koji has go on there.
    Pause,
    /// Begin nothing new, and stop driving the run when koji has nothing of it any more.
    Drain,
}

/// What comes of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Granted {
    /// Events for the orchestrator.
    Events(Vec<Event>),
    /// The process stops.
    Pause,
    /// The process begins nothing new, and stops when what is under way has ended.
    Drain,
    /// Nothing yet: what is under way has to end first.
    Later,
    /// Nothing, for this reason.
    Nothing(String),
}

impl Wish {
    /// Returns the wish as it is kept.
    ///
    /// # Panics
    /// Never: a wish is JSON.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a wish is JSON")
    }

    /// Returns what comes of a wish that was kept, given how the run stands.
    pub(super) fn grant(wish: &str, number: u32, catalog: &Catalog, status: &Status) -> Granted {
        let request = FIRST_REQUEST.saturating_add(number.saturating_mul(PER_WISH));
        let wish: Self = match serde_json::from_str(wish) {
            Ok(wish) => wish,
            Err(error) => return Granted::Nothing(format!("a wish that cannot be read: {error}")),
        };
        match &wish {
            Self::Retry { module, component } => {
                retry(request, module, component.as_deref(), catalog, status)
            }
            Self::Cancel { module } => cancel(request, module.as_deref(), status),
            Self::Pause => Granted::Pause,
            Self::Drain => Granted::Drain,
        }
    }
}

fn retry(
    request: u32,
    module: &str,
    component: Option<&str>,
    catalog: &Catalog,
    status: &Status,
) -> Granted {
    let modules = status.modules();
    let Some(found) = modules.iter().find(|found| &*found.id == module) else {
        return Granted::Nothing(format!("{module} is not part of this run"));
    };
    let part = component.map(|key| found.components.iter().find(|part| &*part.component == key));
    if let (Some(None), Some(key)) = (part, component) {
        return Granted::Nothing(format!("{module} has no component {key}"));
    }
    let state = part.flatten().map(|part| part.state);
    match (found.state, state, found.build) {
        // A component whose test did not pass is built again at once, in a module that is being built too.
        (ModuleState::Failed | ModuleState::Canceled | ModuleState::Stuck, _, Some(build))
        | (ModuleState::Building, Some(ComponentState::Testing), Some(build)) => {
            let fixed = component.and_then(|key| of_key(module, key, catalog));
            Granted::Events(vec![Event::Resumed {
                request,
                build,
                fixed: fixed.into_iter().collect(),
            }])
        }
        // Components that are built beside it end first: then their module fails.
        (ModuleState::Building, Some(ComponentState::Failed), _) => Granted::Later,
        _ => Granted::Nothing(format!("nothing of {module} failed: there is nothing to try again")),
    }
}

fn of_key(module: &str, key: &str, catalog: &Catalog) -> Option<ComponentIx> {
    let components = catalog.module(catalog.find(module)?).components.clone();
    components.map(ComponentIx).find(|at| catalog.key(*at).as_str() == key)
}

/// Cancels module builds that are under way: a request for each.
fn cancel(request: u32, module: Option<&str>, status: &Status) -> Granted {
    let is_live = |state: ModuleState| match state {
        ModuleState::Preparing
        | ModuleState::Building
        | ModuleState::Repo
        | ModuleState::Testing
        | ModuleState::Stuck => true,
        ModuleState::Waiting | ModuleState::Ready | ModuleState::Failed | ModuleState::Canceled => {
            false
        }
    };
    let modules = status.modules();
    let wanted = modules.iter().filter(|found| module.is_none_or(|module| &*found.id == module));
    let live = wanted.filter(|found| is_live(found.state)).filter_map(|found| found.build);
    let events = (request..request.saturating_add(PER_WISH)).zip(live);
    let events: Vec<Event> =
        events.map(|(request, build)| Event::Canceled { request, build }).collect();
    match module {
        Some(module) if events.is_empty() => {
            Granted::Nothing(format!("{module} is not being built"))
        }
        _ => Granted::Events(events),
    }
}
