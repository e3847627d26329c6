//! What comes before what: gates, dependencies, batches.

use super::*;

/// What is known to be green at a point of the log.
#[derive(Default)]
struct Green {
    module_of: BTreeMap<BuildId, ModuleIx>,
    /// Module builds whose gate is open.
    builds: BTreeSet<BuildId>,
    /// Components of module builds whose gate is open.
    components: BTreeSet<(BuildId, ComponentIx)>,
    complete: BTreeSet<(BuildId, ComponentIx)>,
    modules: BTreeSet<ModuleIx>,
}

impl Green {
    /// Notes a row of the log.
    fn note(&mut self, setup: &Setup, row: &LogRow) {
        let gates = setup.conditions.gates;
        match &row.what {
            Log::Fact(Fact::Tested { build, component: None, passed: Some(true), .. })
            | Log::Fact(Fact::Waived { build, component: None }) => self.open(*build),
            Log::Fact(
                Fact::Tested { build, component: Some(c), passed: Some(true), .. }
                | Fact::Waived { build, component: Some(c) },
            ) => {
                self.components.insert((*build, *c));
            }
            Log::Fact(Fact::ComponentEnded { build, component, end: ComponentEnd::Complete }) => {
                self.complete.insert((*build, *component));
                if !gates.component {
                    self.components.insert((*build, *component));
                }
            }
            Log::Fact(Fact::Submitted { build, component, .. }) => {
                self.complete.remove(&(*build, *component));
                self.components.remove(&(*build, *component));
            }
            Log::Fact(Fact::ModuleBegan { build, module, .. }) => {
                self.module_of.insert(*build, *module);
            }
            Log::Fact(Fact::ModuleEnded { build, end: ComponentEnd::Complete })
                if !gates.module =>
            {
                self.open(*build);
            }
            Log::Command(Command::Tell(Tell::Opened { build, module, .. })) => {
                self.module_of.insert(*build, *module);
                if setup.catalog.module(*module).components.is_empty() {
                    self.open(*build);
                }
            }
            Log::Event(Event::RepoEnded { build, is_ok: true, .. })
            | Log::Answered {
                call: Call::MakeRepo { build, by: RepoMaker::Orchestrator, .. },
                answer: Answer::Done(_),
                ..
            } if !gates.module => self.open(*build),
            Log::Fact(_) | Log::Command(_) | Log::Answered { .. } | Log::Event(_) => {}
        }
    }

    fn open(&mut self, build: BuildId) {
        self.builds.insert(build);
        self.modules.insert(self.module_of[&build]);
    }
}

pub(super) fn green_first(setup: &Setup, run: &Run) -> Option<String> {
    let mut green = Green::default();
    for row in &run.log {
        let begun = match row.what {
            Log::Fact(Fact::ModuleBegan { module, cause, .. })
            | Log::Command(Command::Tell(Tell::Opened { module, cause, .. })) => {
                Some((module, cause))
            }
            _ => None,
        };
        if let Some((module, Some(cause))) = begun
            && !green.builds.contains(&cause)
        {
            return Some(format!("{module:?} begins because of {cause:?}, whose gate is red"));
        }
        if let Some((module, Some(_))) = begun
            && setup.cascade == Cascade::Planned
        {
            for (before, at) in setup.catalog.modules.iter().zip(0..) {
                if before.planned_dependants.contains(&module)
                    && !green.modules.contains(&ModuleIx(at))
                {
                    return Some(format!("{module:?} begins before module {at} is green"));
                }
            }
        }
        if let Log::Command(Command::Tell(Tell::Ready { build, module })) = row.what {
            if !green.builds.contains(&build) {
                return Some(format!("{build:?} counts as ready, and its gate is red"));
            }
            for at in setup.catalog.module(module).components.clone() {
                if !green.components.contains(&(build, ComponentIx(at))) {
                    return Some(format!("{build:?} is ready without component {at}"));
                }
            }
        }
        if let Log::Command(Command::Call { call: Call::AskDependants { build, .. }, .. }) =
            row.what
            && !green.builds.contains(&build)
        {
            return Some(format!("dependants of {build:?} are asked for, and its gate is red"));
        }
        green.note(setup, row);
    }
    let is_red = |module: &&modplan::sim::ModuleRun| {
        let at = setup.catalog.modules.iter().position(|entry| entry.id == module.id).unwrap();
        module.state == ModuleState::Ready
            && !green.modules.contains(&ModuleIx(u32::try_from(at).unwrap()))
    };
    let red = run.modules.iter().find(is_red)?;
    Some(format!("{} is told to be ready, and its gate is red", red.id))
}

/// Inside one module build a component is submitted only when the gates of all that it waits for
/// were open once; and koji's own build walks batch by batch.
pub(super) fn inside_first(setup: &Setup, run: &Run) -> Option<String> {
    let mut green = Green::default();
    let mut ever: BTreeSet<(BuildId, ComponentIx)> = BTreeSet::new();
    for row in &run.log {
        if let Log::Fact(Fact::Submitted { build, component, .. }) = row.what {
            let module = setup.catalog.module(green.module_of[&build]);
            let by_graph = module.is_graph && setup.dispatch != Dispatch::Batch;
            let entry = setup.catalog.component(component);
            for at in module.components.clone() {
                let other = setup.catalog.component(ComponentIx(at));
                let is_before = if by_graph {
                    setup.catalog.followers(ComponentIx(at)).contains(&component)
                } else {
                    other.batch < entry.batch
                };
                if is_before && !ever.contains(&(build, ComponentIx(at))) {
                    return Some(format!("{component:?} of {build:?} before component {at}"));
                }
            }
        }
        green.note(setup, row);
        ever.extend(&green.components);
    }
    if setup.approach == Approach::OrchestratorOwned {
        return None;
    }
    let batch_of = |bar: &modplan::sim::Bar| {
        let module = setup.catalog.modules.iter().find(|module| module.id == bar.module)?;
        let mut components = module.components.clone().map(ComponentIx);
        let found = components.find(|&component| *setup.catalog.package(component) == bar.package);
        found.map(|component| setup.catalog.component(component).batch)
    };
    for bar in &run.bars {
        for other in run.bars.iter().filter(|o| (&o.module, o.build) == (&bar.module, bar.build)) {
            if batch_of(other) < batch_of(bar) && batch_of(other).is_some() && other.end > bar.start
            {
                return Some(format!("{} of {} before its batch", bar.package, bar.module));
            }
        }
    }
    None
}
