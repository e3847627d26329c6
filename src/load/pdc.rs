//! Rows of the Product Definition Center, of both generations: `unreleasedvariants` of 2016 and
//! `modules` of 2018. The same table stood behind both, under other names.

use serde::Deserialize;
use serde_json::Value;

use super::problem::Code;
use super::row::{RowIdentity, RowReader, disagreements, require, shown};
use super::{Dependencies, Origin, Stream};

/// The fields of both generations; a dump may leave out any.
#[derive(Deserialize)]
struct Row {
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

/// What a row came to.
pub(super) enum Outcome {
    /// A build, finished once; perhaps superseded since.
    Stream(Box<Stream>),
    /// A build that never finished, `active: false`.
    Inactive,
    /// Nothing; a finding says why.
    Bad,
}

/// Reads one row.
pub(super) fn read(text: &str, reader: &mut RowReader<'_>) -> Outcome {
    let row: Row = match serde_json::from_str(text) {
        Ok(row) => row,
        Err(error) => {
            reader.tell(Code::BadRow, format!("a PDC row that cannot be read: {error}"));
            return Outcome::Bad;
        }
    };
    let identity = match identity(&row) {
        Ok(identity) => identity,
        Err(missing) => {
            reader.tell(Code::BadRow, format!("a PDC row without {missing}"));
            return Outcome::Bad;
        }
    };
    if row.active == Some(false) {
        return Outcome::Inactive;
    }
    Outcome::Stream(Box::new(stream(&row, identity, reader)))
}

fn identity(row: &Row) -> Result<RowIdentity<'_>, &'static str> {
    let name = written([&row.name, &row.variant_name, &row.variant_id]).ok_or("a name")?;
    let stream = written([&row.stream, &row.variant_version, &None]).ok_or("a stream")?;
    let version = row.version.as_ref().or(row.variant_release.as_ref()).ok_or("a version")?;
    let version = match version {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(RowIdentity {
        name,
        stream,
        version: version.ok_or("a version that is a whole number")?,
        context: row.context.as_deref().or(row.variant_context.as_deref()),
    })
}

/// Returns the first text that was written and is not empty.
fn written(fields: [&Option<String>; 3]) -> Option<&str> {
    fields.into_iter().filter_map(Option::as_deref).find(|text| !text.is_empty())
}

fn stream(row: &Row, identity: RowIdentity<'_>, reader: &mut RowReader<'_>) -> Stream {
    let modulemd = row.modulemd.as_deref().unwrap_or_default();
    let (mut stream, has_modulemd) = reader.stream(identity, (Origin::Pdc, modulemd));
    let own = dependencies(row, reader);
    if let Some(rpms) = &row.rpms {
        stream.artifacts.extend(rpms.iter().filter_map(nevra));
        stream.artifacts.sort_unstable();
        stream.artifacts.dedup();
    }
    if has_modulemd {
        if let Some(own) = own {
            tell_disagreements(&stream, &own, reader);
        }
        return stream;
    }
    if own.is_none() {
        let message = format!(
            "{}:{}:{} has neither build_deps nor modulemd: taken to depend on nothing",
            stream.name, stream.stream, stream.version
        );
        reader.tell(Code::UnknownDependencies, message);
    }
    stream.dependencies = own.into_iter().collect();
    reader.components_of(&mut stream);
    stream
}

fn dependencies(row: &Row, reader: &mut RowReader<'_>) -> Option<Dependencies> {
    let build = row.build_deps.as_ref()?;
    let mut group = Dependencies::default();
    for pair in build {
        require(&mut group.buildrequires, (&pair.dependency, &pair.stream), reader);
    }
    for pair in row.runtime_deps.iter().flatten() {
        require(&mut group.requires, (&pair.dependency, &pair.stream), reader);
    }
    Some(group)
}

/// A row's own fields were made from its modulemd; where they differ one of the two is stale.
fn tell_disagreements(stream: &Stream, own: &Dependencies, reader: &mut RowReader<'_>) {
    for (module, field, [documented, row]) in
        disagreements(&stream.dependencies, std::slice::from_ref(own))
    {
        let message = format!(
            "{}:{}:{}: {field} of {module}: the modulemd inside the row says {}, the row {}; the modulemd is taken",
            stream.name,
            stream.stream,
            stream.version,
            shown(&documented),
            shown(&row)
        );
        reader.tell(Code::SourceDisagreement, message);
    }
}

/// Returns the NEVRA of an RPM, which rows hold as `name-epoch:version-release.arch.rpm` or in parts.
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
