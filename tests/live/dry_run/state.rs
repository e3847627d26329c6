//! Everything that a hub shows of itself, to be compared whole.

use modplan::koji::calls::*;
use modplan::koji::{Call, Ref};
use modplan::live::hub::{Hub, Login};
use serde_json::{Value as Json, json};

use super::super::mock_koji::{block_on, options};

/// Asks a hub for all that it has, without logging in.
pub(crate) fn dump(server: &str) -> Json {
    block_on(async {
        let mut hub = Hub::connect(options(server), Login::Anonymous).await.expect("it is there");
        let tags = hub.call(&ListTags::default()).await.expect("tags");
        let mut of_tags = Vec::new();
        for tag in &tags {
            let id = || Ref::Id(tag.id);
            let packages = ListPackages { tag_id: Some(id()), ..ListPackages::default() };
            of_tags.push(json!([
                tag,
                ask(&mut hub, &GetTag { tag: id(), ..GetTag::default() }).await,
                ask(&mut hub, &GetInheritanceData { tag: id(), event: None }).await,
                ask(&mut hub, &packages).await,
                ask(&mut hub, &GetTagGroups { tag: id(), ..GetTagGroups::default() }).await,
                ask(
                    &mut hub,
                    &GetTagExternalRepos { tag: Some(id()), ..GetTagExternalRepos::default() }
                )
                .await,
                ask(&mut hub, &ListTagged { tag: id(), ..ListTagged::default() }).await,
                ask(&mut hub, &TagLastChangeEvent { tag: id(), ..TagLastChangeEvent::default() })
                    .await,
            ]));
        }
        json!({
            "tags": of_tags,
            "targets": ask(&mut hub, &GetBuildTargets::default()).await,
            "packages": ask(&mut hub, &ListPackages::default()).await,
            "builds": ask(&mut hub, &ListBuilds::default()).await,
            "tasks": ask(&mut hub, &ListTasks::default()).await,
            "requests": ask(&mut hub, &RepoQueryQueue::default()).await,
            "generators": ask(&mut hub, &ListCgs::default()).await,
            "types": ask(&mut hub, &ListBTypes::default()).await,
            "event": ask(&mut hub, &GetLastEvent::default()).await,
        })
    })
}

async fn ask<C: Call>(hub: &mut Hub, call: &C) -> Json {
    let answer = hub.call(call).await.unwrap_or_else(|error| panic!("{}: {error}", C::METHOD));
    serde_json::to_value(answer).expect("JSON")
}
