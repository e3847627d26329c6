//! Reading a document that is to be built.

use super::{usual_name, usual_stream};
use crate::expand::Document;
use crate::load::{Code, Finding, PackagerDocument, Severity, Stream, parse_packager};
use crate::serve::api::Refusal;
use crate::serve::{Source, Submission};

/// A document, named.
pub(super) struct Read {
    /// It, to be expanded.
    pub(super) document: Document,
    /// One stream, or one for each configuration of a packager document.
    pub(super) streams: Vec<Stream>,
}

/// Reads the document of a submission.
///
/// # Errors
/// 422 with the first thing that is wrong with it.
pub(super) fn read(submission: &Submission, text: &str) -> Result<Read, Refusal> {
    let snapshot = parse_packager("modulemd", text);
    // What need not hold while a document is written has to hold when it is built.
    let is_error = |finding: &&Finding| {
        finding.severity() == Severity::Error || finding.code == Code::NotConvertible
    };
    if let Some(wrong) = snapshot.findings.iter().find(is_error) {
        let (line, column) = (wrong.place.line, wrong.place.column);
        let message = format!("The modulemd is invalid: {line}:{column}: {}", wrong.message);
        return Err(Refusal::unprocessable(message));
    }
    let (mut streams, is_packager) = match snapshot.packagers.as_slice() {
        [PackagerDocument::Stream(stream)] => (vec![(**stream).clone()], false),
        [PackagerDocument::Packager(packager)] => {
            let streams = packager.streams();
            (streams.map_err(|error| Refusal::unprocessable(error.to_string()))?, true)
        }
        _ => {
            return Err(Refusal::unprocessable("The modulemd holds no document that can be built"));
        }
    };
    for stream in &mut streams {
        name(stream, &submission.source)?;
    }
    let document = match is_packager {
        true => Document::of_configurations(&streams)
            .ok_or_else(|| Refusal::unprocessable("The modulemd has no configuration"))?,
        false => {
            Document::of(&streams[0]).map_err(|error| Refusal::unprocessable(error.to_string()))?
        }
    };
    Ok(Read { document, streams })
}

/// Names a document that has no name or stream of its own; one that has must have those of its repository.
fn name(stream: &mut Stream, source: &Source) -> Result<(), Refusal> {
    let is_unnamed = |text: &str| text.is_empty() || text.starts_with("__unnamed_");
    let usual = usual_name(source);
    if is_unnamed(stream.name.as_str()) {
        let missing = || Refusal::bad("The module's name was not present in the modulemd file");
        stream.name = usual.ok_or_else(missing)?.into();
    } else if let Some(usual) = usual.filter(|usual| *usual != stream.name.as_str()) {
        return Err(Refusal::unprocessable(format!(
            "The name \"{}\" that is stored in the modulemd is not valid: the module is \"{usual}\"",
            stream.name
        )));
    }
    if is_unnamed(stream.stream.as_str()) {
        stream.stream = usual_stream(source).into();
    }
    Ok(())
}
