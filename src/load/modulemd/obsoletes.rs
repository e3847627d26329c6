//! `modulemd-obsoletes`: streams that are, or will be, at the end of their life.

use super::Reader;
use crate::load::problem::Code;
use crate::load::{Minute, Obsoletes};
use crate::name::{ModuleName, NameStream, StreamName};
use crate::yaml::{Kind, Node};

/// The fields that are present.
#[derive(Default)]
struct Fields {
    modified: Option<Minute>,
    module: Option<ModuleName>,
    stream: Option<StreamName>,
    message: Option<Box<str>>,
}

/// Reads the `data` of an obsoletes document.
pub(super) fn read(data: Node<'_, '_>, reader: &mut Reader<'_>) -> Option<Obsoletes> {
    let mut fields = Fields::default();
    let (mut context, mut eol_date, mut is_reset, mut obsoleted_by) = (None, None, false, None);
    for (field, key, value) in data.entries() {
        match field {
            "modified" => fields.modified = reader.minute(value, field),
            "module" => fields.module = reader.text(value, field).map(|text| reader.name(text)),
            "stream" => fields.stream = reader.text(value, field).map(|text| reader.name(text)),
            "message" => fields.message = reader.owned(value, field),
            "context" => context = reader.text(value, field).map(|text| reader.name(text)),
            "eol_date" => eol_date = reader.minute(value, field),
            "reset" => is_reset = reader.boolean(value, field),
            "obsoleted_by" => obsoleted_by = by(value, reader),
            _ => reader.unknown_field(field, key),
        }
    }
    if is_reset && (eol_date.is_some() || obsoleted_by.is_some()) {
        let message = "`reset` revokes an earlier obsoletion and cannot have `eol_date` or `obsoleted_by` \
             beside it";
        reader.refuse(Code::BadValue, data.mark(), message);
    }
    for field in ["module", "stream", "message"] {
        reader.need(data, field);
    }
    if data.find("modified").is_none() {
        reader.refuse(Code::MissingField, data.mark(), "`modified` is missing");
    }
    let place = reader.start_place();
    reader.is_good().then_some(Obsoletes {
        module: fields.module?,
        stream: fields.stream?,
        context,
        modified: fields.modified?,
        message: fields.message?,
        eol_date,
        is_reset,
        obsoleted_by,
        place,
    })
}

/// Reads `obsoleted_by`; the reference never refuses an unknown key here.
fn by(node: Node<'_, '_>, reader: &mut Reader<'_>) -> Option<NameStream> {
    let (mut module, mut stream) = (None, None);
    for (field, key, value) in reader.entries(node, "obsoleted_by") {
        match field {
            "module" => module = reader.text(value, field).map(|text| reader.name(text)),
            "stream" => stream = reader.text(value, field).map(|text| reader.name(text)),
            _ => reader.skip(key),
        }
    }
    let both = module.zip(stream).map(|(name, stream)| NameStream { name, stream });
    // Values that are not maps, or not texts in it, were reported.
    if node.kind() == Kind::Map && ["module", "stream"].iter().any(|key| node.find(key).is_none()) {
        let message = "`obsoleted_by` needs both `module` and `stream`";
        reader.refuse(Code::MissingField, node.mark(), message);
    }
    both
}
