//! Module builds: the modulemd of their imports.

use serde_json::json;

use super::tasks::map;
use super::{KojiRecordError, KojiRequest, KojiStep, pause, write};
use crate::koji::calls::{ListBTypes, ListBuilds, ListTagged, Map};
use crate::koji::{Ref, Value};
use crate::live::hub::Hub;

/// The state COMPLETE.
const COMPLETE: i64 = 1;

/// Writes the modulemd of every module build, including earlier ones, because a rebuild needs them
/// all.
pub(super) async fn record(
    hub: &mut Hub,
    request: &KojiRequest,
    tell: &mut dyn FnMut(KojiStep),
) -> Result<usize, KojiRecordError> {
    let types = hub.call(&ListBTypes::default()).await?;
    if !types.iter().any(|known| known.name == "module") {
        let why = "the hub has no builds of type `module`: no modules.yaml is written";
        tell(KojiStep::Note(why.to_owned()));
        return Ok(0);
    }
    let extras = match &request.tag {
        Some(tag) => in_tag(hub, tag).await?,
        None => all(hub, request).await?,
    };
    let path = request.directory.join("modules.yaml");
    let texts: Vec<String> = extras.iter().filter_map(modulemd).collect();
    if texts.is_empty() {
        let what = if extras.is_empty() { "no module builds" } else { "no modulemd" };
        tell(KojiStep::Note(format!("the hub has {what}: no modules.yaml is written")));
        return Ok(0);
    }
    write(&path, &texts.concat())?;
    Ok(texts.len())
}

async fn all(hub: &mut Hub, request: &KojiRequest) -> Result<Vec<Map>, KojiRecordError> {
    let mut extras = Vec::new();
    loop {
        let query =
            json!({"order": "build_id", "limit": request.page_size, "offset": extras.len()});
        let call = ListBuilds {
            build_type: Some("module".to_owned()),
            state: Some(Value::Int(COMPLETE)),
            query_opts: Some(map(query)),
            ..ListBuilds::default()
        };
        let builds = hub.call(&call).await?;
        let count = builds.len();
        extras.extend(builds.into_iter().map(|build| build.extra.unwrap_or_default()));
        if count < request.page_size as usize {
            return Ok(extras);
        }
        pause(request).await;
    }
}

async fn in_tag(hub: &mut Hub, tag: &str) -> Result<Vec<Map>, KojiRecordError> {
    let call = ListTagged {
        tag: Ref::from(tag),
        build_type: Some("module".to_owned()),
        extra: Some(true),
        ..ListTagged::default()
    };
    let builds = hub.call(&call).await?;
    Ok(builds.into_iter().map(|build| build.extra.flatten().unwrap_or_default()).collect())
}

/// Returns a module's modulemd as one or more YAML documents.
fn modulemd(extra: &Map) -> Option<String> {
    let text = extra.get("typeinfo")?.get("module")?.get("modulemd_str")?.as_str()?;
    let start = if text.starts_with("---") { "" } else { "---\n" };
    let end = if text.ends_with('\n') { "" } else { "\n" };
    Some(format!("{start}{text}{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modulemd_becomes_a_document_of_its_own() {
        let extra = |text: &str| map(json!({"typeinfo": {"module": {"modulemd_str": text}}}));
        assert_eq!(modulemd(&extra("document: x")).as_deref(), Some("---\ndocument: x\n"));
        assert_eq!(modulemd(&extra("---\na: 1\n...\n")).as_deref(), Some("---\na: 1\n...\n"));
        assert_eq!(modulemd(&Map::new()), None);
    }
}
