//! Packager documents: what people write before a build. Version 2 is a stream without the fields
//! that a build fills in; version 3 lists configurations, each of which becomes a stream.
//!
//! Such a document is read without the checks for a built module, because it may be incomplete;
//! obstacles to a conversion are warnings.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::shown;
use super::stream::{self, Form};
use super::{Reader, component};
use crate::load::problem::Code;
use crate::load::{Configuration, Packager, Requirement, Stream};
use crate::name::ModuleName;
use crate::yaml::{Kind, Node};

/// Reads the `data` of a packager document of version 3, whose unknown fields are always refused.
pub(super) fn read_v3(data: Node<'_, '_>, reader: &mut Reader<'_>) -> Option<Packager> {
    reader.be_strict();
    let mut packager =
        Packager { common: Stream::empty(reader.start_place()), configurations: Vec::new() };
    let common = &mut packager.common;
    common.about.format = 2;
    for (field, key, value) in data.entries() {
        match field {
            "name" => stream::name_into(&mut common.name, field, value, reader),
            "stream" => stream::name_into(&mut common.stream, field, value, reader),
            "license" => common.about.module_licenses = licenses(value, reader),
            "configurations" => packager.configurations = configurations(value, reader),
            "components" => {
                let components = component::read(value, reader);
                common.components = components.rpms.into();
                common.included = components.modules;
            }
            "summary" | "description" | "references" | "profiles" | "api" | "filter"
            | "demodularized" => {
                stream::about_field(&mut common.about, field, value, Form::V2, reader);
            }
            "xmd" => common.about.xmd = super::xmd::read(value, reader),
            _ => reader.unknown_field(field, key),
        }
    }
    if common.about.module_licenses.is_empty() {
        common.about.module_licenses.insert("MIT".into());
    }
    reader.is_good().then_some(packager)
}

fn licenses(node: Node<'_, '_>, reader: &mut Reader<'_>) -> BTreeSet<Box<str>> {
    if node.kind() == Kind::Map {
        let message = "`license` is a list of licenses in packager version 3";
        reader.refuse(Code::WrongShape, node.mark(), message);
        return BTreeSet::new();
    }
    reader.owned_set(node, "license")
}

fn configurations(node: Node<'_, '_>, reader: &mut Reader<'_>) -> Vec<Configuration> {
    if node.kind() != Kind::List {
        let message = format!("`configurations` must be a list of maps, not {}", shown(node));
        reader.refuse(Code::WrongShape, node.mark(), message);
        return Vec::new();
    }
    let mut configurations: BTreeMap<String, Configuration> = BTreeMap::new();
    for (at, item) in node.children().enumerate() {
        let Some(item) = reader.map(item, || format!("configurations[{at}]")) else { continue };
        let configuration = configuration(item, reader);
        let context = configuration.context.as_str().to_owned();
        if configurations.insert(context.clone(), configuration).is_some() {
            let message = format!("two configurations have the context `{context}`");
            reader.refuse(Code::BadName, item.mark(), message);
        }
    }
    configurations.into_values().collect()
}

fn configuration(node: Node<'_, '_>, reader: &mut Reader<'_>) -> Configuration {
    let mut configuration =
        Configuration { place: reader.place(node.mark()), ..Configuration::default() };
    for (field, key, value) in node.entries() {
        match field {
            "context" => stream::name_into(&mut configuration.context, field, value, reader),
            "platform" => stream::name_into(&mut configuration.platform, field, value, reader),
            "buildrequires" => configuration.buildrequires = requirements(field, value, reader),
            "requires" => configuration.requires = requirements(field, value, reader),
            "buildopts" => configuration.buildopts = Some(stream::buildopts(value, reader)),
            _ => reader.unknown_field(field, key),
        }
    }
    check(&configuration, node, reader);
    configuration
}

fn check(configuration: &Configuration, node: Node<'_, '_>, reader: &mut Reader<'_>) {
    const LENGTH_MAX: usize = 10;
    let context = configuration.context.as_str();
    let is_word = context.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if context.is_empty() || context.len() > LENGTH_MAX || !is_word {
        let message = format!(
            "the context of a configuration must be 1 to {LENGTH_MAX} of A-Z, a-z and 0-9, not `{context}`"
        );
        let at = node.find("context").unwrap_or(node);
        reader.refuse(Code::BadName, at.mark(), message);
    }
    if configuration.platform.as_str().is_empty() {
        let message = format!("the configuration `{context}` has no `platform`");
        reader.refuse(Code::MissingField, node.mark(), message);
    }
}

/// Reads a map of module to the one stream that is used.
fn requirements(
    field: &str,
    node: Node<'_, '_>,
    reader: &mut Reader<'_>,
) -> BTreeMap<ModuleName, Requirement> {
    let mut requirements = BTreeMap::new();
    for (module, key, value) in reader.entries(node, field) {
        let place = reader.place(key.mark());
        let requirement = Requirement { streams: reader.set(value, module), place };
        let stream = requirement.streams.first().map_or("", |stream| stream.as_str());
        if requirement.streams.len() != 1 || stream.is_empty() || stream.starts_with('-') {
            let message = format!("`{module}` must name exactly one stream in a configuration");
            reader.refuse(Code::StreamSet, value.mark(), message);
        }
        if module == "platform" {
            let message = format!("`platform` is listed under `{field}`");
            reader
                .refuse(Code::StreamSet, key.mark(), message)
                .hint_last("set the field `platform` of the configuration instead");
        }
        requirements.insert(reader.name(module), requirement);
    }
    requirements
}
