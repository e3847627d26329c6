//! The rebuilt set on another platform: what each module becomes, and what prevents it.

use super::expand::{ReportInput, findings as findings_of};
use super::layout::{Indent, Layout, wrapped};
use crate::expand::replatform::{Moved, TO_COME};
use crate::expand::{Loaded, Settings};
use crate::load::{Finding, Input};
use crate::plan::batch::Ordered;
use crate::plan::moved::OnPlatform;

/// Renders what becomes of each module, in lines of at most `width` characters.
#[must_use]
pub fn table(on: &OnPlatform, width: usize) -> String {
    let header = ["MODULE", "PLATFORM NOW", "CONTEXT THERE", "BUILDS THERE WITH"];
    let mut table = Layout::new(&header, &[]);
    for module in &on.modules {
        let now = module.platform.clone().unwrap_or_else(|| "-".to_owned());
        if module.contexts.is_empty() {
            table.add(
                [&module.id, &now, "none", "cannot be built there"].map(str::to_owned).to_vec(),
            );
        }
        for each in &module.contexts {
            let pins = each.buildrequires.iter().map(|(name, stream)| format!("{name}:{stream}"));
            let pins = pins.collect::<Vec<_>>().join(" ");
            table.add([&module.id, &now, each.context.as_str(), &pins].map(str::to_owned).to_vec());
        }
    }
    let can = on.modules.iter().filter(|module| !module.contexts.is_empty()).count();
    let all = on.modules.len();
    let assumed = match on.assumed.as_slice() {
        [] => String::new(),
        assumed => format!(", given that these exist there: {}", assumed.join(", ")),
    };
    let target = &on.target;
    let summary = format!("{can} of {all} modules can be built on {target}{assumed}");
    format!("{}\n{}", table.render(width), wrapped(&summary, width, Indent::hanging(2)))
}

/// Returns why modules cannot be built there, each with its place.
#[must_use]
pub fn findings(
    on: &OnPlatform,
    moved: &[Moved<'_>],
    loaded: &Loaded<'_>,
    settings: &Settings,
    inputs: &[Input],
) -> Vec<Finding> {
    let ordered = Ordered::default();
    let mut findings = Vec::new();
    for moved in moved.iter().filter(|moved| moved.errors().next().is_some()) {
        let given = ReportInput {
            path: inputs.get(moved.written.place.input as usize).map_or("-", |input| &input.path),
            streams: std::slice::from_ref(moved.written),
            document: &moved.document,
            expansion: &moved.expansion,
            loaded,
            inputs,
            settings,
            ordered: Ok(&ordered),
            build_id: None,
            is_scratch: false,
            explanations: &[],
        };
        let id = moved.written.nsvca().unwrap_or_default();
        findings.extend(findings_of(given).into_iter().map(|finding| {
            // Builds to come have no version yet.
            let there = finding.message.replace(&format!(":{TO_COME}:"), ":to come:");
            let message = format!("{id} on {}: {there}", on.target);
            Finding { message, ..finding }
        }));
    }
    findings
}
