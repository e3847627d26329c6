//! Finishing a module: its final documents, its import and that of `-devel`, and its publication.

use std::collections::BTreeMap;

use super::at_hub::{AtHub, read};
use super::stop::Stop;
use super::work::ModuleWork;
use crate::koji::Value;
use crate::koji::calls::{CgImport, GetRpmHeaders, ListTaggedRpms, Map};
use crate::koji::shapes::{Build, Package, TagInfo, TaggedRpms};
use crate::live::clock;
use crate::load::{Severity, Stream, parse_text};
use crate::module_build::contents::Manner;
use crate::module_build::finals::{FinalDocument, Finished, devel_of, final_documents, published};
use crate::module_build::hub_call::HubCall;
use crate::module_build::import::{Importing, Origin, import};
use crate::module_build::publish::{self, Publication, Standing};
use crate::module_build::tagged::{RpmHeader, TagContents};
use crate::name::{Arch, ModuleName, Nsvc};
use crate::orchestrate::Fault;
use crate::plan::names::content_nvr;

/// One of the two imports of a module.
struct Half<'a> {
    nsvc: Nsvc,
    document: Stream,
    finals: BTreeMap<Arch, &'a FinalDocument<'a>>,
}

impl AtHub {
    /// Makes the final documents of a module whose components are all in its tag, and imports it; `-devel`
    /// too, where it lists something. What is imported already stays as it is. The final repositories of the
    /// module come last.
    pub(super) async fn finish(&self, module: &ModuleWork) -> Result<(), Stop> {
        let tag = self.contents(module).await?;
        let finished = Finished {
            stored: &module.stored,
            included: &module.included,
            arches: &module.arches,
            tag: &tag,
            manner: Manner::Mended,
        };
        let broken = |error: &dyn std::fmt::Display| {
            Stop::failed(Fault::Broken, format!("{}: {error}", module.nsvc))
        };
        let finals = final_documents(finished).map_err(|error| broken(&error))?;
        let of = |choose: fn(&'_ crate::module_build::finals::ArchFinals<'_>) -> bool| {
            finals.values().any(choose)
        };
        let document = published(finished);
        let mut halves = vec![Half {
            nsvc: module.nsvc.clone(),
            document: document.clone(),
            finals: finals.iter().map(|(arch, both)| (arch.clone(), &both.module)).collect(),
        }];
        if of(|both| !both.devel.rpms.is_empty()) {
            halves.push(Half {
                nsvc: devel(&module.nsvc),
                document: devel_of(document),
                finals: finals.iter().map(|(arch, both)| (arch.clone(), &both.devel)).collect(),
            });
        }
        for half in &halves {
            for document in half.finals.values() {
                check(&document.yaml()).map_err(|error| broken(&error))?;
            }
            self.import(module, half, &tag).await?;
        }
        self.final_repo(module, &halves[0].finals, &tag).await
    }

    /// Returns what is in a module's tag, with the headers of its RPMs.
    async fn contents(&self, module: &ModuleWork) -> Result<TagContents, Stop> {
        let call = ListTaggedRpms {
            tag: module.tags.tag.as_str().into(),
            inherit: Some(false),
            latest: Some(Value::Bool(true)),
            ..ListTaggedRpms::default()
        };
        let (rpms, builds): TaggedRpms = self.ask(&call).await?;
        let looks: Vec<HubCall> = rpms
            .iter()
            .map(|rpm| {
                let headers = Some(RpmHeader::NAMES.map(str::to_owned).into());
                let rpm_id = Some(rpm.id);
                HubCall::look(&GetRpmHeaders { rpm_id, headers, ..GetRpmHeaders::default() })
            })
            .collect();
        let mut headers = BTreeMap::new();
        for (rpm, answer) in rpms.iter().zip(self.all(&looks).await?) {
            let answer: Map = read("getRPMHeaders", answer)?;
            let header = RpmHeader::read(&answer)
                .ok_or_else(|| Stop::strange("getRPMHeaders", "another shape"))?;
            headers.insert(rpm.id, header);
        }
        Ok(TagContents::of((rpms, builds), headers))
    }

    /// Imports one half of a module, unless it is: an import is one transaction.
    async fn import(
        &self,
        module: &ModuleWork,
        half: &Half<'_>,
        tag: &TagContents,
    ) -> Result<(), Stop> {
        let nvr = content_nvr(&half.nsvc);
        let build: Option<Build> = self.one(&publish::look(&nvr)).await?;
        match publish::standing(build.as_ref(), &module.tags.tag) {
            Standing::Imported { .. } => return Ok(()),
            Standing::Taken { by } => {
                return Err(Stop::failed(Fault::Exists, format!("{nvr} is {by}")));
            }
            Standing::Missing => {}
        }
        let origin = Origin { end_seconds: clock::now_ms() / 1000, ..module.origin.clone() };
        let import = import(Importing {
            nsvc: &half.nsvc,
            document: &half.document,
            finals: &half.finals,
            source_document: None,
            log: None,
            tag,
            koji_tag: &module.tags.tag,
            origin: &origin,
        });
        let directory = format!("cli-build/modplan-{}-{nvr}", self.work.run);
        for file in &import.files {
            self.upload(&directory, &file.name, &file.bytes).await?;
        }
        let metadata = Value::of(&import.metadata);
        self.ask(&CgImport { metadata, directory, token: None }).await.map(drop)
    }

    /// Has the finished module tagged where users' repositories are made from, judged by the hub's
    /// policies; then its `-devel`, where that was imported.
    pub(super) async fn publish(&self, module: &ModuleWork) -> Result<(), Stop> {
        let Some(tag) = &module.publish_to else { return Ok(()) };
        let owner = module.tags.owner.as_str();
        let (package, nvr) = (module.nsvc.name.as_str(), module.names.content_nvr.as_str());
        self.publish_one(Publication { tag, package, nvr, owner }).await?;
        let devel = devel(&module.nsvc);
        let (package, nvr) = (devel.name.as_str(), content_nvr(&devel));
        let build: Option<Build> = self.one(&publish::look(&nvr)).await?;
        match publish::standing(build.as_ref(), &module.tags.tag) {
            Standing::Imported { .. } => {
                self.publish_one(Publication { tag, package, nvr: &nvr, owner }).await
            }
            // What was not imported lists nothing, and what took its name is somebody else's.
            Standing::Missing | Standing::Taken { .. } => Ok(()),
        }
    }

    async fn publish_one(&self, publication: Publication<'_>) -> Result<(), Stop> {
        let mut answers = self.all(&publish::looks(publication)).await?.into_iter();
        let listed: Option<Vec<Package>> =
            read("listPackages", answers.next().unwrap_or_default())?;
        let tagged: Vec<TagInfo> = read("listTags", answers.next().unwrap_or_default())?;
        let calls = publish::publish(publication, &listed.unwrap_or_default(), &tagged);
        self.tag(&calls).await
    }
}

/// Returns the identity of a module's `-devel`.
fn devel(nsvc: &Nsvc) -> Nsvc {
    let name = ModuleName::from(format!("{}-devel", nsvc.name).as_str());
    Nsvc { name, ..nsvc.clone() }
}

/// Reads a final document back as strictly as it would be checked elsewhere.
fn check(yaml: &str) -> Result<(), String> {
    let read = parse_text("the final document", yaml);
    match read.findings.iter().find(|finding| finding.severity() == Severity::Error) {
        Some(finding) => Err(format!("its final document is invalid: {}", finding.message)),
        None => Ok(()),
    }
}
