//! Events in a journal: modules and components are identified by name, so that a journal does not
//! depend on the numbers of the current catalog.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::orchestrate::{
    Answer, BuildId, CallId, Catalog, ComponentEnd, ComponentIx, Definition, Event, Learned,
    ModuleIx, Owner, Party, Timer,
};

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Words {
    Requested { request: u32, module: Arc<str> },
    Defined { definition: Arc<Definition> },
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

/// A name without a module or component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it refers to {0}, which no earlier row names")]
pub(super) struct Unknown(String);

/// The modules and components behind the names of a journal.
pub(super) struct Names {
    catalog: Arc<Catalog>,
    components: BTreeMap<String, ComponentIx>,
    owners: BTreeMap<String, Owner>,
    /// The number of modules and components of the catalog that are in the maps.
    modules_seen: u32,
    components_seen: u32,
}

impl Names {
    /// Collects the names of a catalog.
    pub(super) fn of(catalog: &Arc<Catalog>) -> Self {
        let (components, owners) = (BTreeMap::new(), BTreeMap::new());
        let catalog = Arc::clone(catalog);
        let mut names = Self { catalog, components, owners, modules_seen: 0, components_seen: 0 };
        names.see();
        names
    }

    /// Adds the names that an event brings.
    pub(super) fn learn(&mut self, event: &Event) {
        if Catalog::learn(&mut self.catalog, event) != Learned::Nothing {
            self.see();
        }
    }

    fn see(&mut self) {
        let catalog = &self.catalog;
        for at in catalog.components().skip(self.components_seen as usize) {
            self.components.insert(name(at, catalog), at);
            self.components_seen += 1;
        }
        while (self.modules_seen as usize) < catalog.modules.len() {
            let owner = Owner::of(catalog, ModuleIx(self.modules_seen));
            self.owners.insert(catalog.owned(owner).to_string(), owner);
            self.modules_seen += 1;
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
            Event::Requested { request, module: ref of } => {
                Self::Requested { request, module: Arc::clone(of) }
            }
            Event::Defined { ref definition } => {
                Self::Defined { definition: Arc::clone(definition) }
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
        let module = |id: String| names.catalog.find(&id).ok_or(Unknown(id));
        let component = |id: String| names.components.get(&id).copied().ok_or(Unknown(id));
        let timer = |timer| Ok(Event::Timer { timer });
        Ok(match self {
            Self::Requested { request, module } => Event::Requested { request, module },
            Self::Defined { definition } => Event::Defined { definition },
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
