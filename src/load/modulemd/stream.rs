//! A stream: one build of a module, of format 1 or 2.

use std::collections::{BTreeMap, BTreeSet};

use super::component::{self, Components};
use super::nevra::Nevra;
use super::{Reader, dependencies, order, xmd};
use crate::load::problem::Code;
use crate::load::{About, BuildOpts, Profile, RpmMapEntry, Stream};
use crate::name::Version;
use crate::yaml::{Kind, Node};

/// Which format a document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `modulemd` version 1.
    V1,
    /// `modulemd` version 2.
    V2,
    /// `modulemd-packager` version 2: the same without the fields that a build fills in.
    PackagerV2,
}

impl Form {
    fn is_packager(self) -> bool {
        self == Self::PackagerV2
    }
}

/// Reads the `data` of a stream document and checks it.
pub(super) fn read(data: Node<'_, '_>, form: Form, reader: &mut Reader<'_>) -> Option<Stream> {
    let mut stream = Stream::empty(reader.start_place());
    reader.name_assumed(&mut stream);
    stream.about.format = if form == Form::V1 { 1 } else { 2 };
    for (field, key, value) in data.entries() {
        let known = plan_field(&mut stream, field, value, form, reader)
            || about_field(&mut stream.about, field, value, form, reader);
        if !known {
            reader.unknown_field(field, key);
        }
    }
    check_identity(&stream, data, form, reader);
    check_rest(&stream, data, form, reader);
    reader.is_good().then_some(stream)
}

/// Reads a field that planning uses; false if it is not one of them.
fn plan_field(
    stream: &mut Stream,
    field: &str,
    node: Node<'_, '_>,
    form: Form,
    reader: &mut Reader<'_>,
) -> bool {
    match (field, form) {
        (
            "name" | "stream" | "version" | "context" | "arch" | "static_context",
            Form::PackagerV2,
        )
        | ("artifacts" | "xmd", Form::PackagerV2) => return false,
        ("name", _) => name_into(&mut stream.name, field, node, reader),
        ("stream", _) => name_into(&mut stream.stream, field, node, reader),
        ("version", _) => {
            stream.version = Version(reader.unsigned(node, "version").unwrap_or_default());
        }
        ("context", _) => stream.context = reader.text(node, field).map(|text| reader.name(text)),
        ("arch", _) => stream.arch = reader.text(node, field).map(|text| reader.name(text)),
        ("static_context", Form::V2) => stream.static_context = reader.boolean(node, field),
        ("dependencies", Form::V1) => {
            stream.dependencies = dependencies::read_v1(node, reader).into();
        }
        ("dependencies", _) => stream.dependencies = dependencies::read_v2(node, reader).into(),
        ("components", _) => {
            let components = component::read(node, reader);
            order::check(&components, reader);
            let Components { rpms, modules } = components;
            stream.components = rpms.into();
            stream.included = modules;
        }
        ("buildopts", _) if !form.is_packager() => {
            stream.set_buildopts(Some(buildopts(node, reader)));
        }
        ("artifacts", _) => artifacts(stream, node, form, reader),
        ("xmd", _) => {
            if let Some(value) = xmd::read(node, reader) {
                stream.locks = xmd::locks(&value, reader);
                stream.virtual_streams = xmd::virtual_streams(&value, reader);
                stream.about.xmd = Some(value);
            }
        }
        _ => return false,
    }
    true
}

pub(super) fn name_into<T: From<std::sync::Arc<str>>>(
    target: &mut T,
    field: &str,
    node: Node<'_, '_>,
    reader: &mut Reader<'_>,
) {
    if let Some(text) = reader.text(node, field) {
        *target = reader.name(text);
    }
}

/// Reads a field that is kept for output; false if it is not one of them.
pub(super) fn about_field(
    about: &mut About,
    field: &str,
    node: Node<'_, '_>,
    form: Form,
    reader: &mut Reader<'_>,
) -> bool {
    match (field, form) {
        ("summary", _) => about.summary = reader.owned(node, field),
        ("description", _) => about.description = reader.owned(node, field),
        ("license", _) => licenses(about, node, form, reader),
        ("servicelevels", Form::V1 | Form::V2) => service_levels(about, node, reader),
        ("eol", Form::V1) => {
            if let Some(date) = reader.date(node, field) {
                about.service_levels.insert("rawhide".into(), Some(date));
            }
        }
        ("references", _) => references(about, node, reader),
        ("profiles", _) => {
            for (name, _, value) in reader.entries(node, field) {
                about.profiles.insert(name.into(), profile(name, value, reader));
            }
        }
        ("api", _) => about.api = rpms_of([field, "api.rpms"], node, reader),
        ("filter", _) => about.filter = rpms_of([field, "filter.rpms"], node, reader),
        ("demodularized", Form::V2 | Form::PackagerV2) => {
            about.demodularized = rpms_of([field, "demodularized.rpms"], node, reader);
        }
        _ => return false,
    }
    true
}

fn rpms_of(
    [field, field_rpms]: [&str; 2],
    node: Node<'_, '_>,
    reader: &mut Reader<'_>,
) -> BTreeSet<crate::name::PackageName> {
    let mut rpms = BTreeSet::new();
    for (name, key, value) in reader.entries(node, field) {
        match name {
            "rpms" => rpms = reader.set(value, field_rpms),
            _ => reader.unknown_field(name, key),
        }
    }
    rpms
}

fn licenses(about: &mut About, node: Node<'_, '_>, form: Form, reader: &mut Reader<'_>) {
    for (name, key, value) in reader.entries(node, "license") {
        match name {
            "module" => about.module_licenses = reader.owned_set(value, "license.module"),
            "content" if !form.is_packager() => {
                about.content_licenses = reader.owned_set(value, "license.content");
            }
            _ => reader.unknown_field(name, key),
        }
    }
}

fn service_levels(about: &mut About, node: Node<'_, '_>, reader: &mut Reader<'_>) {
    for (level, _, value) in reader.entries(node, "servicelevels") {
        let mut eol = None;
        for (name, key, value) in reader.entries_of(value, "servicelevels", level) {
            match name {
                "eol" => eol = reader.date(value, name),
                _ => reader.unknown_field(name, key),
            }
        }
        about.service_levels.insert(level.into(), eol);
    }
}

fn references(about: &mut About, node: Node<'_, '_>, reader: &mut Reader<'_>) {
    for (name, key, value) in reader.entries(node, "references") {
        match name {
            "community" => about.community = reader.owned(value, name),
            "documentation" => about.documentation = reader.owned(value, name),
            "tracker" => about.tracker = reader.owned(value, name),
            _ => reader.unknown_field(name, key),
        }
    }
}

fn profile(name: &str, node: Node<'_, '_>, reader: &mut Reader<'_>) -> Profile {
    let mut profile = Profile::default();
    for (name, key, value) in reader.entries_of(node, "profiles", name) {
        match name {
            "description" => profile.description = reader.owned(value, name),
            "rpms" => profile.rpms = reader.set(value, name),
            "default" => profile.is_default = reader.boolean(value, name),
            _ => reader.unknown_field(name, key),
        }
    }
    profile
}

pub(super) fn buildopts(node: Node<'_, '_>, reader: &mut Reader<'_>) -> BuildOpts {
    let mut opts = BuildOpts::default();
    for (name, key, value) in reader.entries(node, "buildopts") {
        match name {
            "rpms" => {
                for (name, key, value) in reader.entries(value, "buildopts.rpms") {
                    match name {
                        "macros" => opts.macros = reader.text(value, name).map(Into::into),
                        "whitelist" => opts.whitelist = reader.set(value, name),
                        _ => reader.unknown_field(name, key),
                    }
                }
            }
            "arches" => opts.arches = reader.set(value, "buildopts.arches"),
            _ => reader.unknown_field(name, key),
        }
    }
    opts
}

fn artifacts(stream: &mut Stream, node: Node<'_, '_>, form: Form, reader: &mut Reader<'_>) {
    for (name, key, value) in reader.entries(node, "artifacts") {
        match (name, form) {
            ("rpms", _) => {
                let rpms = &mut stream.artifacts;
                reader.each(value, "artifacts.rpms", |reader, text, mark| {
                    if Nevra::parse(text).is_none() {
                        let message =
                            format!("artifact `{text}` is not name-epoch:version-release.arch");
                        reader.invalid(Code::BadNevra, mark, message);
                    }
                    rpms.push(text.to_owned());
                });
                rpms.sort_unstable();
                rpms.dedup();
                rpms.shrink_to_fit();
            }
            ("rpm-map", Form::V2) => rpm_map(&mut stream.about, value, reader),
            _ => reader.unknown_field(name, key),
        }
    }
}

fn rpm_map(about: &mut About, node: Node<'_, '_>, reader: &mut Reader<'_>) {
    for (digest, _, value) in reader.entries(node, "artifacts.rpm-map") {
        let mut sums = BTreeMap::new();
        for (sum, _, value) in reader.entries_of(value, "artifacts.rpm-map", digest) {
            sums.insert(sum.into(), rpm_map_entry(sum, value, reader));
        }
        about.rpm_map.insert(digest.into(), sums);
    }
}

fn rpm_map_entry(sum: &str, node: Node<'_, '_>, reader: &mut Reader<'_>) -> RpmMapEntry {
    let mut entry = RpmMapEntry::default();
    let Some(node) = reader.map(node, || format!("artifacts.rpm-map: {sum}")) else { return entry };
    for (name, key, value) in node.entries() {
        match name {
            "name" => entry.name = reader.owned(value, name).unwrap_or_default(),
            "epoch" => entry.epoch = reader.unsigned(value, name).unwrap_or_default(),
            "version" => entry.version = reader.owned(value, name).unwrap_or_default(),
            "release" => entry.release = reader.owned(value, name).unwrap_or_default(),
            "arch" => entry.arch = reader.owned(value, name).unwrap_or_default(),
            "nevra" => entry.nevra = reader.owned(value, name).unwrap_or_default(),
            _ => reader.unknown_field(name, key),
        }
    }
    let RpmMapEntry { name, epoch, version, release, arch, nevra } = &entry;
    let built = format!("{name}-{epoch}:{version}-{release}.{arch}");
    if built != **nevra || Nevra::parse(nevra).is_none() {
        let message = format!("nevra `{nevra}` does not match its parts: `{built}`");
        reader.invalid(Code::BadNevra, node.mark(), message);
    }
    entry
}

/// Checks name, stream and context.
fn check_identity(stream: &Stream, data: Node<'_, '_>, form: Form, reader: &mut Reader<'_>) {
    if form.is_packager() {
        return;
    }
    let at = |field: &str| data.find(field).unwrap_or(data).mark();
    for (field, text) in [("name", stream.name.as_str()), ("stream", stream.stream.as_str())] {
        match data.find(field) {
            Some(value) if value.text() == Some("") => {
                reader.refuse(Code::MissingField, value.mark(), format!("`{field}` is empty"));
            }
            None if text.is_empty() => {
                let message = format!("the document has no `{field}`");
                reader.unnamed(data.mark(), message);
            }
            _ if text.chars().any(char::is_control) => {
                let message = format!("`{field}` contains a control character: {text:?}");
                reader.refuse(Code::BadName, at(field), message);
            }
            _ => {}
        }
    }
    let name = stream.name.as_str();
    if name.contains(':') {
        let message =
            format!("the name `{name}` contains a colon, which separates the parts of an identity");
        reader.refuse(Code::BadName, at("name"), message);
    }
    if stream.stream.as_str().starts_with('-') {
        let message = format!("the stream `{}` starts with a dash", stream.stream);
        reader
            .refuse(Code::DashedStream, at("stream"), message)
            .hint_last("a dependency on it looks like the exclusion of a stream");
    }
    if stream.static_context {
        check_static_context(stream, data, reader);
    }
}

fn check_static_context(stream: &Stream, data: Node<'_, '_>, reader: &mut Reader<'_>) {
    const LENGTH_MAX: usize = 13;
    let context = stream.context.as_ref().map_or("", |context| context.as_str());
    let is_word = context.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if context.is_empty() || context.len() > LENGTH_MAX || !is_word {
        let message = format!(
            "with static_context the context must be 1 to {LENGTH_MAX} of A-Z, a-z, 0-9 and _, not `{context}`"
        );
        let at = data.find("context").or(data.find("static_context")).unwrap_or(data);
        reader.invalid(Code::BadName, at.mark(), message);
    }
}

/// Checks that the module has a license.
fn check_license(stream: &Stream, data: Node<'_, '_>, reader: &mut Reader<'_>) {
    const FIELD: &str = "license.module";
    if !stream.about.module_licenses.is_empty() {
        return;
    }
    let (mark, what) = match data.find("license").map(|license| (license, license.find("module"))) {
        None => (data.mark(), "is missing"),
        Some((license, None)) if license.kind() == Kind::Map => (license.mark(), "is missing"),
        Some((_, Some(module)))
            if module.kind() != Kind::Map && module.children().next().is_none() =>
        {
            (module.mark(), "is empty")
        }
        // Wrong shapes were reported.
        Some(_) => return,
    };
    reader.invalid(Code::MissingField, mark, format!("`{FIELD}` {what}"));
}

/// Checks mandatory fields, and the arches of components.
fn check_rest(stream: &Stream, data: Node<'_, '_>, form: Form, reader: &mut Reader<'_>) {
    for field in ["summary", "description"] {
        if data.find(field).is_none() {
            reader.invalid(Code::MissingField, data.mark(), format!("`{field}` is missing"));
        }
    }
    check_license(stream, data, reader);
    if form == Form::V1 || stream.build_arches.is_empty() {
        return;
    }
    for (key, component) in stream.components.iter() {
        for arch in component.arches.difference(&stream.build_arches) {
            let mark =
                crate::yaml::Mark { line: component.place.line, column: component.place.column };
            let message =
                format!("component `{key}` requests {arch}, which buildopts.arches excludes");
            reader.invalid(Code::ComponentArch, mark, message);
        }
    }
}
