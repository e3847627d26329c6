//! Writing modulemd that reads back as equal.

mod documents;
mod fields;
mod print;

use super::{
    About, BuildOpts, Code, Component, Dependencies, Finding, IncludedModule, PackagerDocument,
    Profile, Snapshot, Stream, Value,
};
use documents::{defaults_document, obsoletes_document, packager_document, translations_document};
use fields::{Fields, document_of, each, list};
use print::{Node, print};

/// Returns all documents of a snapshot: streams as format 2, then defaults, obsoletes, translations.
///
/// A build known only from a row of a service has no summary, description or license, which a
/// document requires: see [`without_document`].
#[must_use]
pub fn snapshot_yaml(snapshot: &Snapshot) -> String {
    let streams = snapshot.streams.iter().filter(|stream| stream.about.has_document());
    let streams = streams.map(stream_document);
    let defaults = snapshot.defaults.iter().map(defaults_document);
    let obsoletes = snapshot.obsoletes.iter().map(obsoletes_document);
    let translations = snapshot.translations.iter().map(translations_document);
    streams.chain(defaults).chain(obsoletes).chain(translations).map(|node| print(&node)).collect()
}

/// Returns the source document of a build: without artifacts, arch, and the data of the build
/// system. `None` if only a row of a service describes the build.
#[must_use]
pub fn source_yaml(stream: &Stream) -> Option<String> {
    let mut source = stream.clone();
    source.artifacts.clear();
    source.arch = None;
    source.about.xmd = None;
    source.about.rpm_map.clear();
    stream.about.has_document().then(|| print(&stream_document(&source)))
}

/// Returns the document of one build, complete.
///
/// A build known only from a row of a service lacks mandatory texts, so its document is not valid
/// modulemd.
#[must_use]
pub fn stream_yaml(stream: &Stream) -> String {
    print(&stream_document(stream))
}

/// Returns a warning that counts the builds that cannot be written as modulemd, if any.
#[must_use]
pub fn without_document(snapshot: &Snapshot) -> Option<Finding> {
    let mut left_out = snapshot.streams.iter().filter(|stream| !stream.about.has_document());
    let first = left_out.next()?;
    let count = left_out.count() + 1;
    let builds = if count == 1 { "build is" } else { "builds are" };
    let message = format!(
        "{count} {builds} known from rows alone, without summary, description and license, and \
         left out of the modulemd; the first is here"
    );
    Some(Finding::new(Code::NoDocument, first.place, message))
}

/// Returns a packager document: version 3 as such, other versions as a stream.
#[must_use]
pub fn packager_yaml(document: &PackagerDocument) -> String {
    print(&match document {
        PackagerDocument::Packager(packager) => packager_document(packager),
        PackagerDocument::Stream(stream) => {
            let kind = if fits_packager(stream) { "modulemd-packager" } else { "modulemd" };
            document_of(kind, 2, stream_data(stream))
        }
    })
}

/// Returns whether a stream has only fields allowed in a packager document of version 2.
fn fits_packager(stream: &Stream) -> bool {
    let about = &stream.about;
    let is_named = !stream.name.as_str().is_empty() || !stream.stream.as_str().is_empty();
    let is_built = stream.version.0 != 0
        || stream.context.is_some()
        || stream.arch.is_some()
        || stream.static_context
        || !stream.artifacts.is_empty()
        || !about.rpm_map.is_empty();
    let has_more = about.has_buildopts
        || about.xmd.is_some()
        || !about.content_licenses.is_empty()
        || !about.service_levels.is_empty();
    !(is_named || is_built || has_more)
}

fn stream_document(stream: &Stream) -> Node {
    document_of("modulemd", 2, stream_data(stream))
}

fn stream_data(stream: &Stream) -> Fields {
    let mut data = Fields::default();
    let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    data.text("name", named(stream.name.as_str()));
    data.text("stream", named(stream.stream.as_str()));
    data.number("version", (stream.version.0 != 0).then_some(stream.version));
    data.text("context", stream.context.as_ref());
    data.flag("static_context", stream.static_context);
    data.text("arch", stream.arch.as_ref());
    let about = &stream.about;
    data.text("summary", about.summary.as_ref());
    data.text("description", about.description.as_ref());
    data.each("servicelevels", &about.service_levels, |eol| {
        let mut level = Fields::default();
        level.text("eol", eol.as_ref());
        Node::Map(level.0)
    });
    let mut license = Fields::default();
    license.set("module", &about.module_licenses);
    license.set("content", &about.content_licenses);
    data.map("license", license);
    data.list("dependencies", stream.dependencies.iter().map(dependencies).collect());
    common(&mut data, stream);
    if let Some(opts) = stream.buildopts() {
        data.0.push(("buildopts".to_owned(), buildopts(&opts)));
    }
    data.map("artifacts", artifacts(stream));
    data
}

/// The fields shared by streams and packager documents of version 3.
fn common(data: &mut Fields, stream: &Stream) {
    let about = &stream.about;
    if let Some(xmd) = &about.xmd {
        data.0.push(("xmd".to_owned(), any(xmd)));
    }
    data.map("references", references(about));
    data.each("profiles", &about.profiles, profile);
    for (key, rpms) in
        [("api", &about.api), ("filter", &about.filter), ("demodularized", &about.demodularized)]
    {
        let mut fields = Fields::default();
        fields.set("rpms", rpms);
        data.map(key, fields);
    }
    let mut components = Fields::default();
    components.each("rpms", &stream.components, component);
    components.each("modules", &stream.included, included);
    data.map("components", components);
}

fn artifacts(stream: &Stream) -> Fields {
    let mut artifacts = Fields::default();
    let rpms = stream.artifacts.iter().map(|nevra| Node::Text(nevra.clone())).collect();
    artifacts.list("rpms", rpms);
    artifacts.each("rpm-map", &stream.about.rpm_map, |sums| {
        each(sums, |rpm| {
            let mut entry = Fields::default();
            entry.text("name", Some(&rpm.name));
            entry.number("epoch", Some(rpm.epoch));
            entry.text("version", Some(&rpm.version));
            entry.text("release", Some(&rpm.release));
            entry.text("arch", Some(&rpm.arch));
            entry.text("nevra", Some(&rpm.nevra));
            Node::Map(entry.0)
        })
    });
    artifacts
}

fn references(about: &About) -> Fields {
    let mut references = Fields::default();
    references.text("community", about.community.as_ref());
    references.text("documentation", about.documentation.as_ref());
    references.text("tracker", about.tracker.as_ref());
    references
}

fn dependencies(group: &Dependencies) -> Node {
    let mut fields = Fields::default();
    fields.each("buildrequires", &group.buildrequires, |requirement| list(&requirement.streams));
    fields.each("requires", &group.requires, |requirement| list(&requirement.streams));
    Node::Map(fields.0)
}

fn profile(profile: &Profile) -> Node {
    let mut fields = Fields::default();
    fields.text("description", profile.description.as_ref());
    fields.set("rpms", &profile.rpms);
    fields.flag("default", profile.is_default);
    Node::Map(fields.0)
}

fn buildopts(opts: &BuildOpts) -> Node {
    let mut rpms = Fields::default();
    rpms.text("macros", opts.macros.as_ref());
    rpms.set("whitelist", &opts.whitelist);
    let mut fields = Fields::default();
    fields.map("rpms", rpms);
    fields.set("arches", &opts.arches);
    Node::Map(fields.0)
}

fn component(component: &Component) -> Node {
    let mut fields = Fields::default();
    fields.text("rationale", component.rationale.as_ref());
    fields.text("name", Some(&component.package));
    fields.text("repository", component.repository.as_ref());
    fields.text("cache", component.cache.as_ref());
    fields.text("ref", component.reference.as_ref());
    fields.number("buildorder", (component.buildorder != 0).then_some(component.buildorder));
    fields.set("buildafter", &component.buildafter);
    fields.flag("buildonly", component.buildonly);
    fields.flag("buildroot", component.buildroot);
    fields.flag("srpm-buildroot", component.srpm_buildroot);
    fields.set("arches", &component.arches);
    fields.set("multilib", &component.multilib);
    Node::Map(fields.0)
}

fn included(included: &IncludedModule) -> Node {
    let mut fields = Fields::default();
    fields.text("rationale", included.rationale.as_ref());
    fields.text("repository", included.repository.as_ref());
    fields.text("ref", included.reference.as_ref());
    fields.number("buildorder", (included.buildorder != 0).then_some(included.buildorder));
    fields.flag("buildonly", included.buildonly);
    Node::Map(fields.0)
}

/// Writes truth values and whole numbers unquoted, like libmodulemd: modplan keeps no type, but
/// other readers get the intended one.
fn any(value: &Value) -> Node {
    let is_number = |text: &str| text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
    match value {
        Value::Text(text) if matches!(&**text, "true" | "false") || is_number(text) => {
            Node::Plain(text.to_string())
        }
        Value::Text(text) => Node::Text(text.to_string()),
        Value::List(items) => Node::List(items.iter().map(any).collect()),
        Value::Map(entries) => {
            Node::Map(entries.iter().map(|(key, value)| (key.to_string(), any(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::parse_text;

    #[test]
    fn numbers_and_truth_values_stand_plain_and_maps_begin_behind_their_dash() {
        let text = "document: modulemd\nversion: 2\ndata:\n  name: a\n  stream: 2\n  version: 3\n  summary: s\n  \
            description: d\n  license: {module: [MIT]}\n  xmd: {a: [[b, {c: d}], [e]]}\n  dependencies:\n  \
            - requires: {p: [1]}\n    buildrequires: {q: []}\n  profiles: {p: {default: true}}\n";
        let written = snapshot_yaml(&parse_text("a", text));
        let wanted = "---\ndocument: modulemd\nversion: 2\ndata:\n  name: a\n  stream: '2'\n  version: 3\n  \
            summary: s\n  description: d\n  license:\n    module:\n      - MIT\n  dependencies:\n    \
            - buildrequires:\n        q: []\n      requires:\n        p:\n          - '1'\n  xmd:\n    a:\n      \
            - - b\n        - c: d\n      - - e\n  profiles:\n    p:\n      default: true\n...\n";
        assert_eq!(written, wanted);
    }

    #[test]
    fn what_is_written_reads_back_equal() {
        let text = "---\ndocument: modulemd\nversion: 2\ndata:\n  name: a\n  stream: 1.10\n  version: 3\n  \
            context: c0\n  arch: x86_64\n  summary: 'x: y'\n  description: |\n    one\n\n    two\n  license: {module: [MIT]}\n  \
            xmd: {a: [b, {}, [], {c: ' d '}], 'e f': \"g\\n\"}\n  dependencies:\n  - buildrequires: {perl: [], p: [-1]}\n  \
            buildopts: {}\n  profiles: {p: {rpms: [x], default: true}}\n  components:\n    rpms:\n      k: {name: n, buildorder: -3}\n...\n";
        let first = parse_text("a", text);
        assert_eq!(first.findings, []);
        let written = snapshot_yaml(&first);
        let second = parse_text("b", &written);
        assert_eq!(second.findings, [], "{written}");
        assert_eq!(snapshot_yaml(&second), written);
        let json = |snapshot| crate::report::snapshot::snapshot_json(snapshot, None);
        assert_eq!(json(&first), json(&second), "{written}");
    }
}
