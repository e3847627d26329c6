//! Rows of the Product Definition Center, of both generations: `unreleasedvariants` of 2016 and
//! `modules` of 2018. Both show the same table, with different names.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::problem::Code;
use super::row::{Disagreement, RowIdentity, RowReader, disagreements, require, shown};
use super::{About, Dependencies, Origin, Stated, Stream};

/// The fields of both generations; a dump may omit any.
#[derive(Deserialize)]
struct Row {
    uid: Option<String>,
    variant_uid: Option<String>,
    name: Option<String>,
    variant_name: Option<String>,
    variant_id: Option<String>,
    stream: Option<String>,
    variant_version: Option<String>,
    version: Option<Value>,
    variant_release: Option<Value>,
    context: Option<String>,
    variant_context: Option<String>,
    active: Option<bool>,
    modulemd: Option<String>,
    runtime_deps: Option<Vec<Dependency>>,
    build_deps: Option<Vec<Dependency>>,
    rpms: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Dependency {
    dependency: String,
    stream: String,
}

/// The result of reading a row.
pub(super) enum Outcome {
    /// A build, finished once; perhaps superseded since.
    Stream(Box<Stream>),
    /// A build that never finished, `active: false`.
    Inactive,
    /// A build in MBS's state `garbage`, no longer usable.
    Garbage(Box<Stream>),
    /// Nothing; a finding reports why.
    Bad,
}

/// Reads one row.
pub(super) fn read(text: &str, reader: &mut RowReader<'_>) -> Outcome {
    let Some(row) = reader.fields::<Row>(text, "a PDC row") else { return Outcome::Bad };
    let identity = match identity(&row) {
        Ok(identity) => identity,
        Err(missing) => {
            reader.report(Code::BadRow, format!("a PDC row without {missing}"));
            return Outcome::Bad;
        }
    };
    if row.active == Some(false) {
        return Outcome::Inactive;
    }
    if !reader.is_named_well(&identity) || !are_whole(&row, reader) {
        return Outcome::Bad;
    }
    Outcome::Stream(Box::new(stream(&row, identity, reader)))
}

/// Refuses dependencies without a module or a stream.
fn are_whole(row: &Row, reader: &mut RowReader<'_>) -> bool {
    let is_empty =
        |pair: &&Dependency| pair.dependency.is_empty() || matches!(pair.stream.as_str(), "" | "-");
    let fields = [("build_deps", &row.build_deps), ("runtime_deps", &row.runtime_deps)];
    let wrong = fields
        .into_iter()
        .find_map(|(field, pairs)| pairs.iter().flatten().find(is_empty).map(|pair| (field, pair)));
    if let Some((field, Dependency { dependency, stream })) = wrong {
        let message =
            format!("invalid dependency in `{field}`: module `{dependency}` in stream `{stream}`");
        reader.report(Code::StreamSet, message);
    }
    wrong.is_none()
}

fn identity(row: &Row) -> Result<RowIdentity<'_>, &'static str> {
    let uid = Uid::of(row);
    let name = written([&row.name, &row.variant_name, &row.variant_id]).or(uid.name);
    let name = name.ok_or("a name")?;
    let stream = written([&row.stream, &row.variant_version, &None]).or(uid.stream);
    let stream = stream.ok_or("a stream")?;
    let version = match row.version.as_ref().or(row.variant_release.as_ref()) {
        None => Some(uid.version.ok_or("a version")?.parse().ok()),
        Some(Value::String(text)) => Some(text.parse().ok()),
        Some(Value::Number(number)) => Some(number.as_u64()),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
    };
    Ok(RowIdentity {
        name,
        stream,
        version: version.flatten().ok_or("a version that is a whole number")?,
        context: row.context.as_deref().or(row.variant_context.as_deref()).or(uid.context),
    })
}

/// The parts of `uid` or `variant_uid`, for rows without separate fields.
#[derive(Default)]
struct Uid<'r> {
    name: Option<&'r str>,
    stream: Option<&'r str>,
    version: Option<&'r str>,
    context: Option<&'r str>,
}

impl<'r> Uid<'r> {
    /// Reads `name:stream:version:context`, without the context in the first generation, which
    /// earlier wrote `name-stream-version`.
    fn of(row: &'r Row) -> Self {
        let Some(uid) = written([&row.uid, &row.variant_uid, &None]) else {
            return Self::default();
        };
        if uid.contains(':') {
            let mut parts = uid.split(':').map(|part| (!part.is_empty()).then_some(part));
            let mut next = || parts.next().flatten();
            return Self { name: next(), stream: next(), version: next(), context: next() };
        }
        let mut parts = uid.rsplitn(3, '-').map(Some);
        let mut next = || parts.next().flatten();
        let (version, stream, name) = (next(), next(), next());
        Self { name, stream, version, context: None }
    }
}

/// Returns the first text that was written and is not empty.
fn written(fields: [&Option<String>; 3]) -> Option<&str> {
    fields.into_iter().filter_map(Option::as_deref).find(|text| !text.is_empty())
}

fn stream(row: &Row, identity: RowIdentity<'_>, reader: &mut RowReader<'_>) -> Stream {
    let modulemd = row.modulemd.as_deref().unwrap_or_default();
    let (mut stream, has_modulemd) = reader.stream(identity, Origin::Pdc, modulemd);
    let (own, about) = dependencies(row, reader);
    if let Some(rpms) = &row.rpms {
        stream.artifacts.extend(rpms.iter().filter_map(nevra));
        stream.artifacts.sort_unstable();
        stream.artifacts.dedup();
    }
    if has_modulemd {
        report_disagreements(&stream, own.as_slice(), &about, reader);
        return stream;
    }
    if about.buildrequires == Stated::Not {
        let message = format!(
            "{}:{}:{} has neither build_deps nor modulemd: assumed to have no dependencies",
            stream.name, stream.stream, stream.version
        );
        reader.report(Code::UnknownDependencies, message);
    }
    *stream.about = about;
    stream.dependencies = Arc::new(own.into_iter().collect());
    reader.components_of(&mut stream);
    stream
}

/// Returns the statements of the row itself, and how complete they are.
fn dependencies(row: &Row, reader: &mut RowReader<'_>) -> (Option<Dependencies>, About) {
    let stated = |is_there| if is_there { Stated::AsWritten } else { Stated::Not };
    let about = About {
        buildrequires: stated(row.build_deps.is_some()),
        requires: stated(row.runtime_deps.is_some()),
        ..About::default()
    };
    let mut group = Dependencies::default();
    for pair in row.build_deps.iter().flatten() {
        require(&mut group.buildrequires, &pair.dependency, &pair.stream, reader);
    }
    for pair in row.runtime_deps.iter().flatten() {
        require(&mut group.requires, &pair.dependency, &pair.stream, reader);
    }
    let is_said = row.build_deps.is_some() || row.runtime_deps.is_some();
    (is_said.then_some(group), about)
}

/// A row's own fields were made from its modulemd; if they differ, one of the two is stale.
fn report_disagreements(
    stream: &Stream,
    own: &[Dependencies],
    about: &About,
    reader: &mut RowReader<'_>,
) {
    for Disagreement { field, module, sides: [documented, row] } in
        disagreements(&stream.dependencies, &stream.about, own, about)
    {
        let message = format!(
            "{}:{}:{}: {field} of {module}: the modulemd in the row says {}, the row {}; the \
             modulemd is used",
            stream.name,
            stream.stream,
            stream.version,
            shown(&documented),
            shown(&row)
        );
        reader.report(Code::SourceDisagreement, message);
    }
}

/// Returns the NEVRA of an RPM, which rows have as `name-epoch:version-release.arch.rpm` or in
/// parts.
fn nevra(rpm: &Value) -> Option<String> {
    match rpm {
        Value::String(file) => Some(file.strip_suffix(".rpm").unwrap_or(file).to_owned()),
        Value::Object(parts) => {
            let text = |field| parts.get(field).and_then(Value::as_str);
            let epoch = parts.get("epoch").and_then(Value::as_u64).unwrap_or(0);
            let (name, version) = (text("name")?, text("version")?);
            Some(format!("{name}-{epoch}:{version}-{}.{}", text("release")?, text("arch")?))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}
