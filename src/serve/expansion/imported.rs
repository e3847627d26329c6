//! Modules that were built elsewhere, and that others may build on.

use crate::expand::Settings;
use crate::load::{Severity, parse_text, stream_yaml};
use crate::name::{Context, Nsvc};
use crate::plan::names::{Kind, Names};
use crate::serve::api::Refusal;
use crate::serve::{Buildrequire, ModuleBuild, State};
use crate::site::Site;

/// Makes a build of a document that was built elsewhere: it is ready from the start.
///
/// # Errors
/// 422 where the document is not that of a build.
pub fn imported(
    text: &str,
    scmurl: Option<&str>,
    (user, now): (&str, i64),
    site: &Site,
) -> Result<ModuleBuild, Refusal> {
    let read = parse_text("modulemd", text);
    let wrong = read.findings.iter().find(|finding| finding.severity() == Severity::Error);
    if let Some(wrong) = wrong {
        let (line, column) = (wrong.place.line, wrong.place.column);
        let message = format!("The modulemd is invalid: {line}:{column}: {}", wrong.message);
        return Err(Refusal::unprocessable(message));
    }
    let [stream] = read.streams.as_slice() else {
        return Err(Refusal::unprocessable("The modulemd is not that of one build"));
    };
    if stream.version.0 == 0 || stream.name.as_str().is_empty() || stream.stream.as_str().is_empty()
    {
        return Err(Refusal::unprocessable("The modulemd names no name, stream and version"));
    }
    let mut stream = stream.clone();
    let context = stream.context.get_or_insert_with(|| Context::from("00000000")).clone();
    let (name, of) = (stream.name.clone(), stream.stream.clone());
    let nsvc = Nsvc { name, stream: of, version: stream.version, context };
    let platforms = Settings::default().platforms;
    let names = Names::prefixed(&nsvc, Kind::Module, &site.names.tag_prefix, None);
    let platform = platforms.is_base(&nsvc.name).then(|| site.platform(&nsvc.stream)).flatten();
    let number =
        platforms.is_base(&nsvc.name).then(|| platforms.padded_stream_version(&nsvc.stream));
    let lock = |(name, lock): (&crate::name::ModuleName, &crate::load::Lock)| {
        let row = Buildrequire {
            stream: lock.stream.to_string(),
            version: lock.version.0,
            context: lock.context.to_string(),
            koji_tag: None,
        };
        (name.to_string(), row)
    };
    let mut build = ModuleBuild {
        id: 0,
        submission: 0,
        run: None,
        name: nsvc.name.to_string(),
        stream: nsvc.stream.to_string(),
        version: nsvc.version.0,
        context: nsvc.context.to_string(),
        state: State::Ready,
        state_reason: None,
        owner: user.to_owned(),
        scmurl: scmurl.map(str::to_owned),
        scratch: false,
        rebuild_strategy: "all".to_owned(),
        submitted: now,
        modified: now,
        completed: None,
        koji_tag: Some(platform.map_or(names.koji_tag, |platform| platform.tag.clone())),
        cg_build_koji_tag: None,
        buildrequires: stream.locks.iter().map(lock).collect(),
        build_context: None,
        build_context_no_bms: None,
        runtime_context: None,
        virtual_streams: stream.virtual_streams.iter().map(ToString::to_string).collect(),
        stream_version: number.filter(|number| number.is_set()).map(|number| number.value()),
        base_modules: Vec::new(),
        arches: Vec::new(),
        components: Vec::new(),
        trace: Vec::new(),
        messages: Vec::new(),
        modulemd: stream_yaml(&stream),
    };
    build.enter(State::Ready, None, now);
    Ok(build)
}
