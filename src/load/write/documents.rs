//! The documents beside streams: defaults, obsoletes, translations, packager documents of version 3.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Defaults, Obsoletes, Packager, Requirement, Translations};
use super::fields::{Fields, document_of, each, list};
use super::print::Node;
use super::{buildopts, common};
use crate::name::{ModuleName, StreamName};

pub(super) fn defaults_document(defaults: &Defaults) -> Node {
    let mut data = Fields::default();
    data.text("module", Some(&defaults.module));
    data.number("modified", (defaults.modified != 0).then_some(defaults.modified));
    defaults_fields(&mut data, defaults.stream.as_ref(), &defaults.profiles);
    data.each("intents", &defaults.intents, |intent| {
        let mut fields = Fields::default();
        defaults_fields(&mut fields, intent.stream.as_ref(), &intent.profiles);
        Node::Map(fields.0)
    });
    document_of("modulemd-defaults", 1, data)
}

fn defaults_fields(
    fields: &mut Fields,
    stream: Option<&StreamName>,
    profiles: &BTreeMap<StreamName, BTreeSet<Box<str>>>,
) {
    fields.text("stream", stream);
    fields.each("profiles", profiles, list);
}

pub(super) fn obsoletes_document(obsoletes: &Obsoletes) -> Node {
    let mut data = Fields::default();
    data.text("modified", Some(obsoletes.modified));
    data.flag("reset", obsoletes.is_reset);
    data.text("module", Some(&obsoletes.module));
    data.text("stream", Some(&obsoletes.stream));
    data.text("context", obsoletes.context.as_ref());
    data.text("eol_date", obsoletes.eol_date);
    data.text("message", Some(&obsoletes.message));
    if let Some(by) = &obsoletes.obsoleted_by {
        let mut fields = Fields::default();
        fields.text("module", Some(&by.name));
        fields.text("stream", Some(&by.stream));
        data.map("obsoleted_by", fields);
    }
    document_of("modulemd-obsoletes", 1, data)
}

pub(super) fn translations_document(texts: &Translations) -> Node {
    let mut data = Fields::default();
    data.text("module", Some(&texts.module));
    data.text("stream", Some(&texts.stream));
    data.number("modified", Some(texts.modified));
    data.each("translations", &texts.locales, |texts| {
        let mut fields = Fields::default();
        fields.text("summary", texts.summary.as_ref());
        fields.text("description", texts.description.as_ref());
        fields.each("profiles", &texts.profiles, |text| Node::Text(text.to_string()));
        Node::Map(fields.0)
    });
    document_of("modulemd-translations", 1, data)
}

pub(super) fn packager_document(packager: &Packager) -> Node {
    let stream = &packager.common;
    let mut data = Fields::default();
    let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    data.text("name", named(stream.name.as_str()));
    data.text("stream", named(stream.stream.as_str()));
    data.text("summary", stream.about.summary.as_ref());
    data.text("description", stream.about.description.as_ref());
    data.set("license", &stream.about.module_licenses);
    let single = |requirements: &BTreeMap<ModuleName, Requirement>| {
        each(requirements, |requirement| list(&requirement.streams))
    };
    let configurations = packager.configurations.iter().map(|configuration| {
        let mut fields = Fields::default();
        fields.text("context", Some(&configuration.context));
        fields.text("platform", Some(&configuration.platform));
        for (key, own) in
            [("buildrequires", &configuration.buildrequires), ("requires", &configuration.requires)]
        {
            if !own.is_empty() {
                fields.0.push((key.to_owned(), single(own)));
            }
        }
        if let Some(opts) = &configuration.buildopts {
            fields.0.push(("buildopts".to_owned(), buildopts(opts)));
        }
        Node::Map(fields.0)
    });
    data.list("configurations", configurations.collect());
    common(&mut data, stream);
    document_of("modulemd-packager", 3, data)
}
