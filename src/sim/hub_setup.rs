//! What koji's model needs besides the catalog: the farm, and what history says of the steps that
//! the ideal model leaves out.

use std::sync::Arc;

use crate::farm::{Createrepo, Farm, Model, RepoWait};
use crate::hub::Settings;
use crate::name::{Arch, PackageName};
use crate::orchestrate::{Catalog, ComponentIx};
use crate::time::Millis;
use crate::trace::{
    BUILD_ARCH, BUILD_SRPM, BuildShape, CREATEREPO, EstimateFrom, History, Row, RowOutcome,
    Samples, TAG_BUILD,
};

/// The package that sets a module's macros, which its buildroots need before all else.
const MACROS: &str = "module-build-macros";

/// A farm whose builds go through a simulated hub.
#[derive(Clone, Debug)]
pub struct HubSetup {
    /// The hub and its builders.
    pub settings: Arc<Settings>,
    /// What the steps of builds take.
    pub steps: Steps,
    /// How koji's task of each module waits for repos: as the farm says, for every module alike.
    pub waits: Vec<RepoWait>,
}

/// Samples of every step but `buildArch`.
#[derive(Clone, Debug)]
pub struct Steps {
    /// By component.
    pub components: Vec<ComponentSteps>,
    /// `createrepo`, where the trace says it.
    pub createrepo: Option<Samples>,
    /// The macros package.
    pub macros_srpm: Samples,
    /// Its one `buildArch`.
    pub macros_build: Samples,
    /// Its tagging.
    pub macros_tag: Samples,
}

/// Samples of the steps of one component's builds.
#[derive(Clone, Debug)]
pub struct ComponentSteps {
    /// The source RPM; `None`: the history knows whole builds only, and nothing is filled in.
    pub srpm: Option<Samples>,
    /// Tagging; `None` likewise.
    pub tagging: Option<Samples>,
    /// How long its builds take on average: `buildArch` weighs more for it.
    pub mean_build: Millis,
}

impl HubSetup {
    /// Prepares koji's model; `None` where the farm asks for the ideal one.
    #[must_use]
    pub fn of(farm: &Farm, catalog: &Catalog, history: &History) -> Option<Self> {
        if farm.model == Model::Ideal {
            return None;
        }
        let settings = Arc::new(Settings::of(farm, catalog.arches.iter().cloned()));
        let waits = vec![farm.repo.wait; catalog.modules.len()];
        Some(Self { settings, steps: Steps::of(farm, catalog, history), waits })
    }
}

impl HubSetup {
    /// Returns the method and the samples of every kind of step but `buildArch` of components; of
    /// `createrepo`; `None` if the trace should have it and has not.
    pub fn steps(&self) -> impl Iterator<Item = (&'static str, Option<&Samples>)> {
        let Steps { components, createrepo, macros_srpm, macros_build, macros_tag } = &self.steps;
        let of_components = components.iter().flat_map(|steps| {
            let srpm = steps.srpm.iter().map(|samples| (BUILD_SRPM, Some(samples)));
            srpm.chain(steps.tagging.iter().map(|samples| (TAG_BUILD, Some(samples))))
        });
        let is_traced = self.settings.repo.createrepo == Createrepo::Trace;
        let createrepo = is_traced.then_some((CREATEREPO, createrepo.as_ref()));
        let macros = [(BUILD_SRPM, macros_srpm), (MACROS, macros_build), (TAG_BUILD, macros_tag)];
        let macros = macros.map(|(method, samples)| (method, Some(samples)));
        of_components.chain(createrepo).chain(macros)
    }
}

impl Steps {
    fn of(farm: &Farm, catalog: &Catalog, history: &History) -> Self {
        let noarch = Arch::from("noarch");
        let none = PackageName::from("");
        let createrepo = history.samples(CREATEREPO, &none, &noarch);
        let macros = PackageName::from(MACROS);
        let of_macros = |method| history.samples(method, &macros, &noarch);
        // Other packages say nothing of this one, which builds nothing.
        let (_, known) = history.estimate(BUILD_ARCH, &macros, &noarch);
        let is_known = matches!(known, EstimateFrom::PackageArch | EstimateFrom::Package);
        let macros_build = of_macros(BUILD_ARCH);
        Self {
            components: catalog
                .components()
                .map(|component| ComponentSteps::of(component, catalog, history, &noarch))
                .collect(),
            createrepo: (createrepo.from != EstimateFrom::Default || has_failed(&createrepo))
                .then_some(createrepo),
            macros_srpm: of_macros(BUILD_SRPM),
            macros_build: if is_known || has_failed(&macros_build) {
                macros_build
            } else {
                always(farm.hub.macros_build, &macros)
            },
            macros_tag: of_macros(TAG_BUILD),
        }
    }
}

impl ComponentSteps {
    fn of(component: ComponentIx, catalog: &Catalog, history: &History, noarch: &Arch) -> Self {
        let package = catalog.package(component);
        if let BuildShape::Whole(_) = history.build_shape(package) {
            let mean_build = Millis(catalog.component(component).estimate_ms);
            return Self { srpm: None, tagging: None, mean_build };
        }
        let median = |method, arch| history.estimate(method, package, arch).0;
        let tasks = catalog.tasks_of(component).map(|at| &catalog.tasks[at as usize]);
        let longest = tasks.map(|task| median(BUILD_ARCH, catalog.arch(task))).max();
        Self {
            srpm: Some(history.samples(BUILD_SRPM, package, noarch)),
            tagging: Some(history.samples(TAG_BUILD, package, noarch)),
            mean_build: median(BUILD_SRPM, noarch)
                + longest.unwrap_or_default()
                + median(TAG_BUILD, noarch),
        }
    }
}

/// Returns whether a failure of the very thing is recorded; those of others are never taken for it.
fn has_failed(samples: &Samples) -> bool {
    samples.draws.iter().any(|draw| draw.outcome == RowOutcome::Failed)
}

/// Returns samples that always say the same.
fn always(run: Millis, package: &PackageName) -> Samples {
    let row = Row {
        package: package.clone(),
        method: BUILD_ARCH.into(),
        arch: "noarch".into(),
        run,
        outcome: RowOutcome::Closed,
        queued: None,
        started_at: None,
        module: None,
        nvr: None,
        source: None,
    };
    let mut samples = History::from_rows(vec![row]).samples(BUILD_ARCH, package, &"noarch".into());
    samples.from = EstimateFrom::Default;
    samples
}
