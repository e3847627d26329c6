//! From one document and what it expands to, to the requests that koji gets: one for each context.

use std::collections::BTreeMap;

use super::component_source::ComponentSource;
use super::stored_document::stored_document;
use super::task_request::{RequestedComponent, TaskRequest};
use crate::expand::{Document, Expanded};
use crate::load::{Component, SourceUrls, Stream, Wanted, stream_yaml};
use crate::name::{Arch, ComponentKey};
use crate::plan::batch::Ordered;
use crate::plan::platform::Platforms;
use crate::site::Site;

/// A document that was expanded.
#[derive(Clone, Copy, Debug)]
pub struct ExpandedDocument<'a> {
    /// What was read: one stream, or one for each configuration.
    pub streams: &'a [Stream],
    /// The document as it was expanded.
    pub document: &'a Document,
    /// Its components, in order.
    pub ordered: &'a Ordered<'a>,
    /// What names sources before anything else does.
    pub sources: Option<&'a SourceUrls>,
    /// What the site decides.
    pub site: &'a Site,
}

impl ExpandedDocument<'_> {
    /// Returns the request for each answer of the expansion.
    ///
    /// # Errors
    /// What keeps them from being made, in words: no source, or a platform that the site does not have.
    pub fn requests(&self, answers: &[Expanded]) -> Result<Vec<TaskRequest>, Vec<String>> {
        let mut problems = Vec::new();
        let batches = self.batches(&mut problems);
        let made: Vec<Option<TaskRequest>> =
            answers.iter().map(|answer| self.request(answer, &batches, &mut problems)).collect();
        if problems.is_empty() { Ok(made.into_iter().flatten().collect()) } else { Err(problems) }
    }

    fn request(
        &self,
        answer: &Expanded,
        batches: &[Vec<RequestedComponent>],
        problems: &mut Vec<String>,
    ) -> Option<TaskRequest> {
        let nsvc = answer.nsvc(self.document);
        let Some(base) = answer.platform(&Platforms::default()) else {
            problems.push(format!("{nsvc} is built on no platform"));
            return None;
        };
        let Some(platform) = self.site.platform(&base.stream) else {
            problems.push(format!("{nsvc}: the configuration has no platform {}", base.stream));
            return None;
        };
        // Each static context has a configuration of its own; the groups of a stream share one document.
        let written = self.streams.get(answer.group).filter(|_| self.streams.len() > 1);
        let written = written.or(self.streams.first())?;
        let stored = stored_document(written, self.document, answer);
        let arches = match stored.build_arches.is_empty() {
            true => &platform.arches,
            false => &stored.build_arches,
        };
        Some(TaskRequest {
            name: nsvc.name.to_string(),
            stream: nsvc.stream.to_string(),
            version: nsvc.version.to_string(),
            context: nsvc.context.to_string(),
            platform_tag: platform.tag.clone(),
            arches: arches.iter().map(Arch::to_string).collect(),
            modulemd: stream_yaml(&stored),
            batches: batches.to_vec(),
            source: None,
        })
    }

    /// Returns the components by batch, with their sources.
    fn batches(&self, problems: &mut Vec<String>) -> Vec<Vec<RequestedComponent>> {
        let mut batches: BTreeMap<u32, Vec<RequestedComponent>> = BTreeMap::new();
        for (key, component) in &self.ordered.components {
            let Some(batch) = self.ordered.batches.of.get(key.as_str()) else { continue };
            match self.component(key, component) {
                Ok(requested) => batches.entry(*batch).or_default().push(requested),
                Err(why) => problems.push(format!("{key}: {why}")),
            }
        }
        batches.into_values().collect()
    }

    fn component(
        &self,
        key: &ComponentKey,
        component: &Component,
    ) -> Result<RequestedComponent, String> {
        let reference = component.reference.as_deref();
        let wanted = Wanted {
            package: &component.package,
            stream: &self.document.stream,
            name: &self.document.name,
            reference,
        };
        let known = component.repository.as_ref().zip(reference).map(|(repository, commit)| {
            let scheme = if repository.starts_with("https://") { "git+" } else { "" };
            format!("{scheme}{repository}?#{commit}")
        });
        let source = ComponentSource { wanted, known: known.as_deref() };
        let url = source.resolve(self.sources, &self.site.scm)?;
        let (key, name) = (key.to_string(), component.package.to_string());
        Ok(RequestedComponent { component: (key != name).then_some(key), name, url })
    }
}
