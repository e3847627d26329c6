//! Recorded imports of module builds, against the shape that we send.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use modplan::load::{Stream, parse_text};
use modplan::module_build::contents::Manner;
use modplan::module_build::finals::{
    FinalDocument, Finished, devel_of, final_documents, published,
};
use modplan::module_build::import::{Import, Importing, Metadata, Origin, Output, import};
use modplan::module_build::tagged::{RpmHeader, TagContents, TaggedPackage, TaggedRpm};
use modplan::name::{Arch, Nsvc};
use serde_json::Value;

use crate::support::shared;

const RECORDED: &str = "wire/koji/cg-module-metadata.json";

fn recorded() -> Option<Value> {
    let text = fs::read_to_string(shared(RECORDED)?).expect("it can be read");
    Some(serde_json::from_str(&text).expect("it is JSON"))
}

#[test]
fn a_recorded_import_is_read_whole_and_written_again() {
    let Some(recorded) = recorded() else { return };
    let metadata: Metadata =
        serde_json::from_value(recorded.clone()).expect("every member is known");
    assert_eq!(serde_json::to_value(metadata).expect("it is data"), recorded);
}

/// Every import in the recordings of a koji host, as sent.
#[cfg(feature = "live")]
#[test]
fn recorded_imports_of_a_host_are_read_whole_and_written_again() {
    use modplan::koji::calls::CgImport;
    use modplan::koji::{Arguments, Call, codec};

    let Some(directory) = shared("wire/koji-worker") else { return };
    let mut imports = 0;
    for entry in fs::read_dir(directory).expect("it is a directory") {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.contains("CGImport") || !name.ends_with(".req.xml") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("it is text");
        let (_, params) = codec::read_call(&text).expect("it is a call");
        let call = CgImport::of(Arguments::of(params)).expect("it fits");
        let sent: Value = call.metadata.into();
        // Some were shortened on purpose and do not describe the module.
        if sent["build"]["extra"]["typeinfo"]["module"]["content_koji_tag"].is_null() {
            continue;
        }
        let metadata: Metadata =
            serde_json::from_value(sent.clone()).expect("every member is known");
        let written = serde_json::to_value(metadata).expect("it is data");
        assert_eq!(without_nil(written), without_nil(sent), "{name}");
        imports += 1;
    }
    assert!(imports >= 4, "{imports}");
}

/// A nil member is equal to a missing one.
#[cfg(feature = "live")]
fn without_nil(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, without_nil(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nil).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// The build that the recording imports: its document, and the tag that its components come from.
fn parts(recorded: &Metadata) -> (Stream, TagContents) {
    let text = &recorded.build.extra.typeinfo.module.modulemd_str;
    let mut snapshot = parse_text("recorded", text);
    assert_eq!(snapshot.findings, []);
    let components = recorded.output[0].components.as_ref().expect("a document has components");
    let packages: BTreeSet<&str> =
        components.iter().filter(|rpm| rpm.arch == "src").map(|rpm| rpm.name.as_str()).collect();
    let mut tag = TagContents::default();
    for (build_id, name) in (1..).zip(&packages) {
        let nvr = format!("{name}-1-1");
        let (name, volume) = ((*name).into(), String::new());
        tag.builds.push(TaggedPackage { build_id, name, nvr, volume });
    }
    for (id, rpm) in (1..).zip(components) {
        let place = packages.iter().position(|name| *name == rpm.name).expect("it has a source");
        tag.rpms.push(TaggedRpm {
            id,
            build_id: i64::try_from(place).expect("few") + 1,
            name: rpm.name.clone(),
            epoch: rpm.epoch,
            version: rpm.version.clone(),
            release: rpm.release.clone(),
            arch: rpm.arch.as_str().into(),
            payload_hash: rpm.sigmd5.clone(),
        });
        let license = Some("MIT".to_owned());
        tag.headers.insert(id, RpmHeader { license, ..RpmHeader::default() });
    }
    (snapshot.streams.remove(0), tag)
}

fn nsvc(stream: &Stream) -> Nsvc {
    Nsvc {
        name: stream.name.clone(),
        stream: stream.stream.clone(),
        version: stream.version,
        context: stream.context.clone().expect("it has one"),
    }
}

fn origin(recorded: &Metadata) -> Origin {
    let seconds = |number: &serde_json::Number| number.as_i64().expect("whole seconds");
    let buildroot = &recorded.buildroots[0];
    Origin {
        generator: buildroot.content_generator.clone(),
        host: buildroot.host.clone(),
        source: recorded.build.source.clone(),
        start_seconds: seconds(&recorded.build.start_time),
        end_seconds: seconds(&recorded.build.end_time),
        owner: recorded.build.owner.clone(),
        build_number: recorded.build.extra.typeinfo.module.module_build_service_id,
        task_id: None,
        marker: None,
    }
}

/// Imports the recorded build, or its `-devel`.
fn made(recorded: &Metadata, is_devel: bool) -> Import {
    let (stored, tag) = parts(recorded);
    let arches: BTreeSet<Arch> = ["aarch64", "x86_64"].map(Into::into).into();
    let included = BTreeMap::new();
    let manner = Manner::Mended;
    let finished =
        Finished { stored: &stored, included: &included, arches: &arches, tag: &tag, manner };
    let finals = final_documents(finished).expect("the answers fit");
    let base = published(finished);
    let document = if is_devel { devel_of(base) } else { base };
    let picked: BTreeMap<Arch, &FinalDocument<'_>> = finals
        .iter()
        .map(|(arch, finals)| (arch.clone(), if is_devel { &finals.devel } else { &finals.module }))
        .collect();
    let module = &recorded.build.extra.typeinfo.module;
    import(Importing {
        nsvc: &nsvc(&document),
        document: &document,
        finals: &picked,
        source_document: Some(&module.modulemd_str),
        log: Some(b"log\n"),
        tag: &tag,
        koji_tag: &module.content_koji_tag,
        origin: &origin(recorded),
    })
}

#[test]
fn an_import_describes_itself_as_the_recorded_one() {
    let Some(recorded) = recorded() else { return };
    let recorded: Metadata = serde_json::from_value(recorded).expect("every member is known");
    let ours = made(&recorded, false);
    assert_eq!(ours.metadata.buildroots, recorded.buildroots);
    let mut build = ours.metadata.build.clone();
    let module = &mut build.extra.typeinfo.module;
    let text = std::mem::take(&mut module.modulemd_str);
    // Its text is another spelling of the same document, without arch and with an empty xmd.
    assert_eq!(parse_text("ours", &text).findings, []);
    module.modulemd_str.clone_from(&recorded.build.extra.typeinfo.module.modulemd_str);
    assert_eq!(build, recorded.build);
    // The arches come in their order here; the sums are SHA-256, which hubs take as well as MD5.
    let names = |outputs: &[Output]| -> BTreeSet<(String, String, String)> {
        let told =
            |output: &Output| (output.filename.clone(), output.arch.clone(), output.kind.clone());
        outputs.iter().map(told).collect()
    };
    assert_eq!(names(&ours.metadata.output), names(&recorded.output));
    let whole = |metadata: &Metadata, file: &str| {
        let output = metadata.output.iter().find(|output| output.filename == file);
        let output = output.expect("it is there").clone();
        (output.extra, output.components, output.buildroot_id)
    };
    for file in ["modulemd.txt", "modulemd.src.txt", "build.log"] {
        assert_eq!(whole(&ours.metadata, file), whole(&recorded, file), "{file}");
    }
    // The recording lists all RPMs for every arch; a document lists only its own.
    let of_arch = whole(&ours.metadata, "modulemd.x86_64.txt").1.expect("it has components");
    let arches: BTreeSet<&str> = of_arch.iter().map(|rpm| rpm.arch.as_str()).collect();
    assert_eq!(arches, ["src", "x86_64"].into());
}

#[test]
fn files_are_what_the_metadata_says_of_them() {
    let Some(recorded) = recorded() else { return };
    let recorded: Metadata = serde_json::from_value(recorded).expect("every member is known");
    let ours = made(&recorded, true);
    assert_eq!(ours.metadata.build.name, "perl-devel");
    assert_eq!(ours.files.len(), ours.metadata.output.len());
    for (file, output) in ours.files.iter().zip(&ours.metadata.output) {
        assert_eq!((&file.name, file.bytes.len() as u64), (&output.filename, output.filesize));
        assert_eq!(modplan::load::sha256(&file.bytes), output.checksum);
    }
    let text = &ours.metadata.build.extra.typeinfo.module.modulemd_str;
    assert!(text.contains("name: perl-devel\n"), "{text}");
}
