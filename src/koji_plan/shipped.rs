//! Modules that the hub has: content-generator builds in the tag that modules are shipped into.

use super::knowledge::Knowledge;
use crate::koji::Value;
use crate::koji::calls::{ListTagged, Map};
use crate::koji::shapes::TaggedBuild;
use crate::load::{Stream, parse_text};
use crate::name::{Context, ModuleName, StreamName, Version};

/// A module that was shipped.
#[derive(Clone, Debug)]
pub(super) struct ShippedModule {
    /// Its stream.
    pub(super) stream: StreamName,
    /// Its version.
    pub(super) version: Version,
    /// Its context.
    pub(super) context: Context,
    /// The tag that its components are in.
    pub(super) tag: String,
    /// Its document, where it can be read.
    pub(super) document: Option<Stream>,
}

/// Returns the shipped modules of a name; `None` while the hub has not said.
pub(super) fn shipped(
    known: &mut Knowledge,
    publish_to: &str,
    name: &ModuleName,
) -> Option<Vec<ShippedModule>> {
    let call = ListTagged {
        tag: publish_to.into(),
        inherit: Some(true),
        package: Some(name.to_string()),
        build_type: Some("module".to_owned()),
        extra: Some(true),
        ..ListTagged::default()
    };
    // A tag that is not there has nothing; that it is missing is a check of its own.
    let rows = known.ask(&call)?.unwrap_or_default();
    Some(rows.iter().filter_map(module).collect())
}

fn module(build: &TaggedBuild) -> Option<ShippedModule> {
    let typeinfo = build.extra.as_ref()?.as_ref()?.get("typeinfo")?;
    let Value::Struct(module) = typeinfo.get("module")? else { return None };
    let text = |name: &str| text(module, name);
    let mut snapshot = parse_text(&build.nvr, text("modulemd_str").unwrap_or_default());
    Some(ShippedModule {
        stream: text("stream")?.into(),
        version: text("version")
            .and_then(|text| text.parse().ok())
            .map(Version)
            .unwrap_or_default(),
        context: text("context").unwrap_or_default().into(),
        tag: text("content_koji_tag")?.to_owned(),
        document: snapshot.streams.pop(),
    })
}

fn text<'m>(module: &'m Map, name: &str) -> Option<&'m str> {
    module.get(name)?.as_str()
}
