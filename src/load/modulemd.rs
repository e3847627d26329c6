//! modulemd: the content of one document, with a file for each kind.
//!
//! The root names the kind of a document. A document with any error is refused as a whole: all its
//! errors are reported, and reading continues with the next.

mod component;
mod defaults;
mod dependencies;
mod nevra;
mod obsoletes;
mod order;
mod packager;
mod reader;
mod repeats;
mod stream;
mod translations;
mod values;
mod xmd;

pub(super) use nevra::Nevra;
pub(super) use reader::Reader;

use super::problem::Code;
use super::{Defaults, NameStream, Obsoletes, PackagerDocument, Stream, Translations, Version};
use crate::yaml::{Kind, Node, Tree};

/// The content of one document.
#[derive(Debug)]
pub(super) enum Document {
    /// One build of one module.
    Stream(Box<Stream>),
    /// Default streams and profiles of one module.
    Defaults(Defaults),
    /// One stream's end of life.
    Obsoletes(Obsoletes),
    /// One stream's texts in other languages.
    Translations(Translations),
    /// A packager's document.
    Packager(Box<PackagerDocument>),
}

/// The keys at the root of a document.
#[derive(Default)]
struct Root<'a, 't> {
    kind: Option<Node<'a, 't>>,
    version: Option<Node<'a, 't>>,
    data: Option<Node<'a, 't>>,
}

/// Reads one document; `None` if it has an error.
pub(super) fn read(tree: &Tree<'_>, reader: &mut Reader<'_>) -> Option<Document> {
    let root = tree.root()?;
    reader.start(root.mark());
    reader.find_repeats(tree);
    let document = read_root(root, reader);
    reader.refuse_repeats();
    let document = document?;
    reader.is_good().then_some(document)
}

fn read_root(root: Node<'_, '_>, reader: &mut Reader<'_>) -> Option<Document> {
    if root.kind() != Kind::Map {
        let message = "a document must be a map with `document`, `version` and `data`";
        reader.refuse(Code::DocumentShape, root.mark(), message);
        return None;
    }
    let parts = root_parts(root, reader);
    let (kind, version) = identity(root, &parts, reader)?;
    let Some(data) = parts.data else {
        reader.refuse(Code::DocumentShape, root.mark(), "the document has no `data`");
        return None;
    };
    if data.kind() != Kind::Map {
        let message = format!("`data` must be a map, not {}", reader::shown(data));
        reader.refuse(Code::WrongShape, data.mark(), message);
        return None;
    }
    if reader.is_packager() {
        return packager_document(root, kind, version, data, reader);
    }
    match (kind, version) {
        ("modulemd" | "modulemd-stream", 1 | 2) => {
            let form = if version == 1 { stream::Form::V1 } else { stream::Form::V2 };
            stream::read(data, form, reader).map(|stream| Document::Stream(Box::new(stream)))
        }
        ("modulemd-defaults", 1) => defaults::read(data, reader).map(Document::Defaults),
        ("modulemd-packager", 2 | 3) => {
            let message = "a packager document does not belong in a file of built modules";
            reader
                .refuse(Code::MisplacedDocument, root.mark(), message)
                .hint_last("read it with --packager");
            None
        }
        ("modulemd-obsoletes", 1) => obsoletes::read(data, reader).map(Document::Obsoletes),
        ("modulemd-translations", 1) => {
            translations::read(data, reader).map(Document::Translations)
        }
        _ => {
            let node = parts.version.or(parts.kind).unwrap_or(root);
            let message = format!("unknown version {version} of `{kind}`");
            reader.refuse(Code::DocumentType, node.mark(), message);
            None
        }
    }
}

/// Reads the document of a packager file: any packager document, or a stream.
fn packager_document(
    root: Node<'_, '_>,
    kind: &str,
    version: u64,
    data: Node<'_, '_>,
    reader: &mut Reader<'_>,
) -> Option<Document> {
    let form = match (kind, version) {
        ("modulemd-packager", 3) => {
            let packager = packager::read_v3(data, reader)?;
            return Some(Document::Packager(Box::new(PackagerDocument::Packager(Box::new(
                packager,
            )))));
        }
        ("modulemd-packager", 2) => stream::Form::PackagerV2,
        ("modulemd" | "modulemd-stream", 1) => stream::Form::V1,
        ("modulemd" | "modulemd-stream", 2) => stream::Form::V2,
        _ => {
            let message = format!("`{kind}` of version {version} is not a packager document");
            reader.refuse(Code::MisplacedDocument, root.mark(), message);
            return None;
        }
    };
    let stream = stream::read(data, form, reader)?;
    Some(Document::Packager(Box::new(PackagerDocument::Stream(Box::new(stream)))))
}

fn root_parts<'a, 't>(root: Node<'a, 't>, reader: &mut Reader<'_>) -> Root<'a, 't> {
    let mut parts = Root::default();
    for (name, key, value) in root.entries() {
        match name {
            "document" => parts.kind = Some(value),
            "version" => parts.version = Some(value),
            "data" => parts.data = Some(value),
            _ => reader.unknown_field(name, key),
        }
    }
    parts
}

/// Returns the type and version that the root names.
fn identity<'a>(
    root: Node<'a, '_>,
    parts: &Root<'a, '_>,
    reader: &mut Reader<'_>,
) -> Option<(&'a str, u64)> {
    const KINDS: [&str; 6] = [
        "modulemd",
        "modulemd-stream",
        "modulemd-packager",
        "modulemd-defaults",
        "modulemd-obsoletes",
        "modulemd-translations",
    ];
    let Some(kind) = parts.kind else {
        reader.refuse(
            Code::DocumentShape,
            root.mark(),
            "the document has no type: `document` is missing",
        );
        return None;
    };
    let text = reader.text(kind, "document")?;
    if !KINDS.contains(&text) {
        let message = format!("unknown type of modulemd document: `{text}`");
        reader
            .refuse(Code::DocumentType, kind.mark(), message)
            .hint_last(format!("known types: {}", KINDS.join(", ")));
        return None;
    }
    let Some(version) = parts.version else {
        reader.refuse(Code::DocumentShape, root.mark(), "the document has no `version`");
        return None;
    };
    Some((text, reader.unsigned(version, "version")?))
}

/// Returns the subject of a document that could not be read, as far as it is known.
pub(super) fn mentioned(tree: &Tree<'_>) -> Option<(NameStream, Version)> {
    let root = tree.root().filter(|root| root.kind() == Kind::Map)?;
    // Packager documents describe sources, not builds, so they never count as the newest build.
    if root.find("document").and_then(Node::text) == Some("modulemd-packager") {
        return None;
    }
    let data = root.entries().find(|(key, ..)| *key == "data").map(|(_, _, data)| data)?;
    if data.kind() != Kind::Map {
        return None;
    }
    let field = |name: &str| {
        data.entries().find(|(key, ..)| *key == name).and_then(|(_, _, value)| value.text())
    };
    let module = field("name").filter(|name| !name.is_empty())?;
    let stream = field("stream").filter(|stream| !stream.is_empty())?;
    let version = field("version").and_then(|text| text.parse().ok()).unwrap_or_default();
    Some((NameStream::new(module, stream), Version(version)))
}
