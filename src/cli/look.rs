//! A first look at the inputs: a plan that was written before, or modules to plan from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use modplan::load;
use modplan::plan::{self, Plan};

use super::status::Refusal;

/// What a first look at the inputs finds.
pub(crate) enum Look {
    /// A plan that was written before.
    Plan(Box<Plan>),
    /// Inputs to plan from, with what standard input held where it is one of them.
    Inputs(Option<Arc<[u8]>>),
}

/// Reads a plan that was written before, packed or not, where that is what the one input holds.
pub(crate) fn look(inputs: &[PathBuf]) -> anyhow::Result<Look> {
    let [path] = inputs else { return Ok(Look::Inputs(None)) };
    let is_standard_input = path == Path::new("-");
    if !is_standard_input && !path.is_file() {
        return Ok(Look::Inputs(None));
    }
    let file = load::raw_files(inputs, &[])?.into_iter().next();
    let bytes = file.filter(|file| file.broken.is_none()).map(|file| file.content);
    let Some(bytes) = bytes else { return Ok(Look::Inputs(None)) };
    match plan_of(path, &bytes)? {
        Some(plan) => Ok(Look::Plan(Box::new(plan))),
        None => Ok(Look::Inputs(is_standard_input.then(|| bytes.into()))),
    }
}

fn plan_of(path: &Path, bytes: &[u8]) -> Result<Option<Plan>, Refusal> {
    // A plan is recognized by fields that no other JSON has.
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return Ok(None) };
    if value.get("waves").is_none() || value.get("format").is_none() {
        return Ok(None);
    }
    let no = |why: String| {
        Refusal::no(format!("{} cannot be executed as a plan: {why}", path.display()))
    };
    if value["format"] != plan::model::FORMAT {
        return Err(no(format!("its format is {}, not {}", value["format"], plan::model::FORMAT))
            .hint("write it again with `modplan plan --format json`"));
    }
    let plan: Plan = serde_json::from_slice(bytes).map_err(|error| no(error.to_string()))?;
    modplan::orchestrate::check_plan(&plan).map_err(no)?;
    Ok(Some(plan))
}
