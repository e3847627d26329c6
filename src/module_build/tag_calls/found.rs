//! What the hub has of a build's tags, from its answers.

use serde::de::DeserializeOwned;

use super::{Found, FoundTag};
use crate::koji::shapes::{Package, TagInfo};
use crate::koji::{Mismatch, Value};
use crate::module_build::tag_plan::TagPlan;

impl Found {
    /// Reads the answers to [`looks`](super::looks), in their order. `None` stands for what the hub does not
    /// have: questions about a tag that is not there are refused.
    ///
    /// # Errors
    ///
    /// An answer has another shape than its question asks for.
    pub fn read(plan: &TagPlan, answers: &[Option<Value>]) -> Result<Self, Mismatch> {
        let mut answers = answers.iter();
        let mut next = || answers.next().cloned().flatten().unwrap_or_default();
        let [tag, build_tag]: [Option<TagInfo>; 2] = [read(next())?, read(next())?];
        let mut found = Self::default();
        for parent in &plan.parents {
            let info: Option<TagInfo> = read(next())?;
            found.parents.extend(info.map(|info| (parent.clone(), info.id)));
        }
        let [packages, build_packages]: [Vec<Package>; 2] = [read(next())?, read(next())?];
        found.tag = tag.map(|info| FoundTag { info, packages });
        found.build_tag = build_tag.map(|info| FoundTag { info, packages: build_packages });
        found.inheritance = read(next())?;
        found.groups = read(next())?;
        found.external = read(next())?;
        found.target = read::<Option<_>>(next())?;
        Ok(found)
    }
}

/// Reads an answer; nil is what its type has for nothing.
fn read<T: DeserializeOwned + Default>(answer: Value) -> Result<T, Mismatch> {
    if answer.is_nil() { Ok(T::default()) } else { answer.read() }
}
