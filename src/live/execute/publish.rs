//! Publishing a finished module, and its `-devel` where there is one.

use super::at_hub::{AtHub, read};
use super::stop::Stop;
use super::work::ModuleWork;
use crate::koji::Value;
use crate::koji::shapes::{Build, Package, TagInfo};
use crate::module_build::hub_call::HubCall;
use crate::module_build::identity::devel;
use crate::module_build::publish::{self, Publication, Standing};
use crate::plan::names::content_nvr;

impl AtHub {
    /// Has the finished module tagged where users' repositories are made from, and the `-devel` that was
    /// imported with it, judged by the hub's policies.
    pub(in crate::live) async fn publish(&self, module: &ModuleWork) -> Result<(), Stop> {
        let Some(tag) = &module.publish_to else { return Ok(()) };
        let owner = &module.tags.owner;
        let devel = devel(&module.nsvc);
        let devel_nvr = content_nvr(&devel);
        let own = Publication {
            tag,
            package: module.nsvc.name.as_str(),
            nvr: &module.names.content_nvr,
            owner,
        };
        let with = Publication { tag, package: devel.name.as_str(), nvr: &devel_nvr, owner };
        let [listed, tagged] = publish::looks(own);
        let mut answers = self.all(&[publish::look(&devel_nvr), listed, tagged]).await?;
        let of_own = answers.split_off(1);
        let build: Option<Build> = read("getBuild", answers.pop().unwrap_or_default())?;
        let mut calls = calls_of(own, of_own)?;
        if let Standing::Imported { .. } = publish::standing(build.as_ref(), &module.tags.tag) {
            calls.extend(calls_of(with, self.all(&publish::looks(with)).await?)?);
        }
        self.tag(&calls).await
    }
}

/// Returns the calls of a publication from the answers to its looks.
fn calls_of(publication: Publication<'_>, answers: Vec<Value>) -> Result<Vec<HubCall>, Stop> {
    let mut answers = answers.into_iter();
    let mut next = || answers.next().unwrap_or_default();
    let listed: Option<Vec<Package>> = read("listPackages", next())?;
    let tagged: Vec<TagInfo> = read("listTags", next())?;
    Ok(publish::publish(publication, &listed.unwrap_or_default(), &tagged))
}
