//! A plan as pictures: its waves, and the planned schedule as a Gantt chart.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::counted;
use crate::plan::Plan;
use crate::plan::model::PlanModule;
use crate::report::svg::{Gantt, GanttModule, WaveModule, Waves, gantt as draw_gantt, waves};
use crate::sim::{Bar, BarEnd};
use crate::time::Timestamp;
use crate::trace::BUILD_ARCH;

/// Renders the waves of a plan as SVG: a column each, arrows to what waits.
#[must_use]
pub fn svg(plan: &Plan) -> String {
    let module = |module: &PlanModule| {
        let components = module.batches.iter().map(|batch| batch.components.len()).sum();
        let what = match components {
            0 => "nothing to build".to_owned(),
            count => counted(count, "component"),
        };
        let path = module.path();
        WaveModule {
            id: module.id.clone(),
            note: format!("{what}, {path}"),
            wave: module.wave,
            is_critical: plan.critical_path.iter().any(|step| step.module == module.id),
            is_built: components > 0,
        }
    };
    let place: BTreeMap<&str, usize> =
        plan.modules.iter().enumerate().map(|(at, module)| (module.id.as_str(), at)).collect();
    let ends = |from: &str, to: &str| (place[from], place[to]);
    let cut: Vec<(usize, usize)> = plan
        .cycles
        .iter()
        .flat_map(|cycle| &cycle.cut)
        .map(|edge| ends(&edge.from, &edge.to))
        .collect();
    let edges = plan.edges.iter().map(|edge| ends(&edge.from, &edge.to));
    waves(&Waves {
        title: &format!("{}, for {}", counted(plan.waves.len(), "wave"), plan.roots.join(", ")),
        modules: plan.modules.iter().map(module).collect(),
        edges: edges.filter(|edge| !cut.contains(edge)).collect(),
        cut: cut.clone(),
    })
}

/// Renders the planned schedule as SVG: a lane for every place of a builder, a bar for every task.
#[must_use]
pub fn gantt(plan: &Plan) -> String {
    let mut bars = Vec::new();
    for module in &plan.modules {
        let id: Arc<str> = module.id.as_str().into();
        for component in module.batches.iter().flat_map(|batch| &batch.components) {
            for task in &component.tasks {
                let (Some(start), Some(builder)) = (task.start, &task.builder) else {
                    continue;
                };
                bars.push(Bar {
                    lane: Arc::from(builder.as_str()),
                    module: id.clone(),
                    build: 1,
                    method: BUILD_ARCH.into(),
                    created: None,
                    package: component.package.clone(),
                    arch: task.arch.clone(),
                    start: Timestamp(start.0),
                    end: Timestamp(start.0) + task.estimate,
                    outcome: BarEnd::Closed,
                });
            }
        }
    }
    let modules = plan.modules.iter();
    let modules: Vec<GanttModule> = modules
        .map(|module| GanttModule { id: module.id.as_str().into(), wave: module.wave })
        .collect();
    draw_gantt(&Gantt { title: "planned schedule", bars: &bars, modules: &modules })
}
