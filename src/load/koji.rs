//! Builds as reported by koji: module builds include their modulemd.

use serde::Deserialize;
use serde_json::Value;

use super::mbs::number;
use super::pdc::Outcome;
use super::problem::Code;
use super::row::{RowIdentity, RowReader};
use super::{About, Origin, Stated};

/// koji's number for a build that is complete.
const COMPLETE: u64 = 1;

#[derive(Deserialize)]
struct Build {
    state: Option<u64>,
    extra: Option<Extra>,
}

#[derive(Deserialize)]
struct Extra {
    typeinfo: Option<TypeInfo>,
}

#[derive(Deserialize)]
struct TypeInfo {
    module: Option<Module>,
}

#[derive(Deserialize)]
struct Module {
    name: Option<String>,
    stream: Option<String>,
    version: Option<Value>,
    context: Option<String>,
    modulemd_str: Option<String>,
}

/// Reads one build; builds that are incomplete or deleted are not usable.
pub(super) fn read(text: &str, reader: &mut RowReader<'_>) -> Outcome {
    let Some(build) = reader.fields::<Build>(text, "a koji build") else { return Outcome::Bad };
    if build.state.is_some_and(|state| state != COMPLETE) {
        return Outcome::Inactive;
    }
    let module = build.extra.and_then(|extra| extra.typeinfo).and_then(|info| info.module);
    let Some(module) = module else {
        reader.report(Code::BadRow, "a koji build without `extra.typeinfo.module`");
        return Outcome::Bad;
    };
    let identity = match identity(&module) {
        Ok(identity) => identity,
        Err(missing) => {
            reader.report(Code::BadRow, format!("a koji build of a module without {missing}"));
            return Outcome::Bad;
        }
    };
    if !reader.is_named_well(&identity) {
        return Outcome::Bad;
    }
    let modulemd = module.modulemd_str.as_deref().unwrap_or_default();
    let (mut stream, has_modulemd) = reader.stream(identity, Origin::Mbs, modulemd);
    if !has_modulemd {
        let message = format!(
            "{}:{}:{} has no `modulemd_str`: assumed to have no dependencies",
            stream.name, stream.stream, stream.version
        );
        reader.report(Code::UnknownDependencies, message);
        *stream.about =
            About { buildrequires: Stated::Not, requires: Stated::Not, ..About::default() };
    }
    Outcome::Stream(Box::new(stream))
}

fn identity(module: &Module) -> Result<RowIdentity<'_>, &'static str> {
    Ok(RowIdentity {
        name: module.name.as_deref().filter(|name| !name.is_empty()).ok_or("a name")?,
        stream: module.stream.as_deref().filter(|text| !text.is_empty()).ok_or("a stream")?,
        version: module
            .version
            .as_ref()
            .and_then(number)
            .ok_or("a version that is a whole number")?,
        context: module.context.as_deref(),
    })
}
