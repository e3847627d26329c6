//! Events as a journal has them: every module and component by its name, so that a journal is read
//! whatever numbers the catalog of the day gives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::orchestrate::{
    Answer, BuildId, CallId, Catalog, ComponentEnd, ComponentIx, Event, ModuleIx, Owner, Party,
    Timer,
};

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Words {
    Requested { request: u32, module: String },
    Resumed { request: u32, build: BuildId, fixed: Vec<String> },
    Canceled { request: u32, build: BuildId },
    Restarted,
    Answered { call: CallId, answer: Answer },
    ComponentEnded { build: BuildId, component: String, attempt: u32, end: ComponentEnd },
    ComponentTested { build: BuildId, component: String, attempt: u32, passed: bool },
    RepoEnded { build: BuildId, attempt: u32, is_ok: bool },
    Tested { build: BuildId, module: String, attempt: u32, passed: bool },
    Waived { build: BuildId, module: String, component: Option<String> },
    Poll,
    Party { party: Party, is_away: bool },
    Call { id: CallId },
    TestsDue { build: BuildId },
    Digest { to: String },
}

/// A name that no module or component has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it names {0}, which the heading does not define")]
pub(super) struct Unknown(String);

/// What the names of a journal stand for.
pub(super) struct Names {
    modules: BTreeMap<String, ModuleIx>,
    components: BTreeMap<String, ComponentIx>,
    owners: BTreeMap<String, Owner>,
}

impl Names {
    pub(super) fn of(catalog: &Catalog) -> Self {
        let modules = || (0..).map(ModuleIx).zip(&catalog.modules);
        let owner = |(module, _)| {
            let owner = Owner::of(catalog, module);
            (catalog.owned(owner).to_string(), owner)
        };
        Self {
            modules: modules().map(|(at, module)| (module.id.to_string(), at)).collect(),
            components: catalog.components().map(|at| (name(at, catalog), at)).collect(),
            owners: modules().map(owner).collect(),
        }
    }
}

/// Names a component: its module, and its key in the document.
fn name(component: ComponentIx, catalog: &Catalog) -> String {
    let module = catalog.module(catalog.component(component).module);
    format!("{}/{}", module.id, catalog.key(component))
}

impl Words {
    pub(super) fn of(event: &Event, catalog: &Catalog) -> Self {
        let module = |module: ModuleIx| catalog.module(module).id.to_string();
        let component = |component: ComponentIx| name(component, catalog);
        match *event {
            Event::Requested { request, module: of } => {
                Self::Requested { request, module: module(of) }
            }
            Event::Resumed { request, build, ref fixed } => {
                let fixed = fixed.iter().copied().map(component).collect();
                Self::Resumed { request, build, fixed }
            }
            Event::Canceled { request, build } => Self::Canceled { request, build },
            Event::Restarted => Self::Restarted,
            Event::Answered { call, ref answer } => Self::Answered { call, answer: answer.clone() },
            Event::ComponentEnded { build, component: of, attempt, end } => {
                Self::ComponentEnded { build, component: component(of), attempt, end }
            }
            Event::ComponentTested { build, component: of, attempt, passed } => {
                Self::ComponentTested { build, component: component(of), attempt, passed }
            }
            Event::RepoEnded { build, attempt, is_ok } => Self::RepoEnded { build, attempt, is_ok },
            Event::Tested { build, module: of, attempt, passed } => {
                Self::Tested { build, module: module(of), attempt, passed }
            }
            Event::Waived { build, module: of, component: part } => {
                Self::Waived { build, module: module(of), component: part.map(component) }
            }
            Event::Timer { ref timer } => match *timer {
                Timer::Poll => Self::Poll,
                Timer::Party { party, is_away } => Self::Party { party, is_away },
                Timer::Call { id } => Self::Call { id },
                Timer::TestsDue { build } => Self::TestsDue { build },
                Timer::Digest { to } => Self::Digest { to: catalog.owned(to).to_string() },
            },
        }
    }

    pub(super) fn read(self, names: &Names) -> Result<Event, Unknown> {
        let module = |id: String| names.modules.get(&id).copied().ok_or(Unknown(id));
        let component = |id: String| names.components.get(&id).copied().ok_or(Unknown(id));
        let timer = |timer| Ok(Event::Timer { timer });
        Ok(match self {
            Self::Requested { request, module: of } => {
                Event::Requested { request, module: module(of)? }
            }
            Self::Resumed { request, build, fixed } => {
                let fixed: Result<Vec<_>, _> = fixed.into_iter().map(component).collect();
                Event::Resumed { request, build, fixed: fixed?.into() }
            }
            Self::Canceled { request, build } => Event::Canceled { request, build },
            Self::Restarted => Event::Restarted,
            Self::Answered { call, answer } => Event::Answered { call, answer },
            Self::ComponentEnded { build, component: of, attempt, end } => {
                Event::ComponentEnded { build, component: component(of)?, attempt, end }
            }
            Self::ComponentTested { build, component: of, attempt, passed } => {
                Event::ComponentTested { build, component: component(of)?, attempt, passed }
            }
            Self::RepoEnded { build, attempt, is_ok } => Event::RepoEnded { build, attempt, is_ok },
            Self::Tested { build, module: of, attempt, passed } => {
                Event::Tested { build, module: module(of)?, attempt, passed }
            }
            Self::Waived { build, module: of, component: part } => {
                let component = part.map(component).transpose()?;
                Event::Waived { build, module: module(of)?, component }
            }
            Self::Poll => return timer(Timer::Poll),
            Self::Party { party, is_away } => return timer(Timer::Party { party, is_away }),
            Self::Call { id } => return timer(Timer::Call { id }),
            Self::TestsDue { build } => return timer(Timer::TestsDue { build }),
            Self::Digest { to } => {
                let owner = names.owners.get(&to).copied();
                return timer(Timer::Digest { to: owner.ok_or(Unknown(to))? });
            }
        })
    }
}
