//! The import of a finished module as a build of koji: what `CGImport` takes.
//!
//! A module is a content generator's build with one modulemd for each arch, the document of the build
//! itself, that of its source, and a log. [`Metadata`] is the shape; [`import`] fills it. `-devel` is
//! imported the same way under its own name, and only where it lists something.

use std::collections::BTreeMap;

use super::finals::FinalDocument;
use super::tagged::{TagContents, TaggedRpm};
use crate::koji::Value;
use crate::load::{Stream, sha256, stream_yaml};
use crate::name::{Arch, Nsvc};
use crate::plan::names::content_nvr;

mod metadata;

pub use metadata::{
    BuildExtra, BuildInfo, BuildTypeInfo, Buildroot, Component, Container, Generator, Host,
    Metadata, ModuleInfo, Output, OutputExtra, Tool,
};

/// A file to upload before the import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFile {
    /// Its name in the upload directory.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// An import: its files and what describes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// What describes it.
    pub metadata: Metadata,
    /// Its files, in the order of the outputs.
    pub files: Vec<ImportFile>,
}

/// What an import is made of.
#[derive(Clone, Copy, Debug)]
pub struct Importing<'a> {
    /// The build of the module, under the name of `-devel` for that.
    pub nsvc: &'a Nsvc,
    /// The document of the build as the public sees it, without arch and contents.
    pub document: &'a Stream,
    /// The final documents by arch of the tag.
    pub finals: &'a BTreeMap<Arch, &'a FinalDocument<'a>>,
    /// The document as its author committed it, where it came from a repository.
    pub source_document: Option<&'a str>,
    /// The log of the build.
    pub log: Option<&'a [u8]>,
    /// What the module's tag holds.
    pub tag: &'a TagContents,
    /// That tag.
    pub koji_tag: &'a str,
    /// Whose import it is, and when and for whom it was built.
    pub origin: &'a Origin,
}

/// Whose import it is, and when and for whom the module was built.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The content generator.
    pub generator: Generator,
    /// The machine that made the documents.
    pub host: Host,
    /// Where the module's sources are: its URL with the commit.
    pub source: Option<String>,
    /// When it was submitted, in seconds since 1970.
    pub start_seconds: i64,
    /// When its last component was done, in seconds since 1970.
    pub end_seconds: i64,
    /// Who submitted it, where koji knows them.
    pub owner: Option<String>,
    /// The number of the module build at its orchestrator.
    pub build_number: Option<i64>,
    /// The task that it is the result of.
    pub task_id: Option<i64>,
    /// What marks it as ours.
    pub marker: Option<Value>,
}

const BUILDROOT: i64 = 1;

/// Makes the import of a module or of its `-devel`.
#[must_use]
pub fn import(parts: Importing<'_>) -> Import {
    let text = stream_yaml(parts.document);
    let everything: Vec<&TaggedRpm> = parts.tag.rpms.iter().collect();
    let mut outputs = Outputs::default();
    for (arch, document) in parts.finals {
        let name = format!("modulemd.{arch}.txt");
        outputs.document(arch.as_str(), name, document.yaml(), &document.rpms);
    }
    outputs.document("noarch", "modulemd.txt".to_owned(), text.clone(), &everything);
    if let Some(source) = parts.source_document {
        outputs.document("src", "modulemd.src.txt".to_owned(), source.to_owned(), &everything);
    }
    if let Some(log) = parts.log {
        outputs.log(log);
    }
    let metadata = Metadata {
        metadata_version: 0,
        buildroots: vec![buildroot(parts.origin)],
        build: build_info(parts, text),
        output: outputs.described,
    };
    Import { metadata, files: outputs.files }
}

fn buildroot(origin: &Origin) -> Buildroot {
    let kind = "none".to_owned();
    Buildroot {
        id: BUILDROOT,
        host: origin.host.clone(),
        content_generator: origin.generator.clone(),
        container: Container { arch: origin.host.arch.clone(), kind },
        components: Vec::new(),
        tools: Vec::new(),
    }
}

fn build_info(parts: Importing<'_>, text: String) -> BuildInfo {
    let Nsvc { name, stream, version, context } = parts.nsvc;
    let origin = parts.origin;
    let nvr = content_nvr(parts.nsvc);
    // The name may hold dashes, version and release hold none.
    let mut from_end = nvr.rsplitn(3, '-');
    let release = from_end.next().unwrap_or_default().to_owned();
    let module = ModuleInfo {
        module_build_service_id: origin.build_number,
        content_koji_tag: parts.koji_tag.to_owned(),
        modulemd_str: text,
        name: name.to_string(),
        stream: stream.to_string(),
        version: version.to_string(),
        context: context.to_string(),
    };
    BuildInfo {
        name: name.to_string(),
        version: from_end.next().unwrap_or_default().to_owned(),
        release,
        epoch: None,
        build_id: None,
        source: origin.source.clone(),
        start_time: origin.start_seconds.into(),
        end_time: origin.end_seconds.into(),
        task_id: origin.task_id,
        owner: origin.owner.clone(),
        extra: BuildExtra { typeinfo: BuildTypeInfo { module }, modplan: origin.marker.clone() },
    }
}

#[derive(Default)]
struct Outputs {
    described: Vec<Output>,
    files: Vec<ImportFile>,
}

impl Outputs {
    fn document(&mut self, arch: &str, name: String, text: String, rpms: &[&TaggedRpm]) {
        let typeinfo = BTreeMap::from([("module".to_owned(), BTreeMap::new())]);
        self.file(ImportFile { name, bytes: text.into_bytes() }, |output| Output {
            arch: arch.to_owned(),
            extra: Some(OutputExtra { typeinfo }),
            components: Some(rpms.iter().map(|rpm| Component::of(rpm)).collect()),
            ..output
        });
    }

    fn log(&mut self, log: &[u8]) {
        let file = ImportFile { name: "build.log".to_owned(), bytes: log.to_vec() };
        self.file(file, |output| Output { kind: "log".to_owned(), ..output });
    }

    fn file(&mut self, file: ImportFile, finish: impl FnOnce(Output) -> Output) {
        self.described.push(finish(Output {
            buildroot_id: BUILDROOT,
            arch: "noarch".to_owned(),
            kind: "file".to_owned(),
            extra: None,
            filename: file.name.clone(),
            filesize: file.bytes.len() as u64,
            checksum_type: "sha256".to_owned(),
            checksum: sha256(&file.bytes),
            components: None,
        }));
        self.files.push(file);
    }
}
