//! A real hub, if given: MODPLAN_KOJI_HUB is its address, MODPLAN_KOJI_USER and
//! MODPLAN_KOJI_PASSWORD log in there. Tags are created and deleted again; only `execute` builds.

mod execute;

use std::time::Duration;

use modplan::koji::calls::{
    CreateTag, DeleteTag, GetFullInheritance, GetLoggedInUser, GetTag, ListChannels, ListHosts,
};
use modplan::koji::profile::Profile;
use modplan::koji::shapes::Secret;
use modplan::koji::{FaultKind, Ref};
use modplan::live::hub::{Abilities, Hub, HubError, Login, Options};
use modplan::live::{KojiRequest, record_koji};

use super::mock_koji::block_on;
use crate::support::left_out;

/// A hub and its user.
struct Real {
    options: Options,
    user: String,
    password: Secret,
}

#[expect(clippy::disallowed_methods, reason = "tests find the real hub by these variables")]
fn real() -> Option<Real> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let all = ["MODPLAN_KOJI_HUB", "MODPLAN_KOJI_USER", "MODPLAN_KOJI_PASSWORD"].map(variable);
    let [Some(server), Some(user), Some(password)] = all else {
        left_out("real hub: left out");
        return None;
    };
    let options = Options { server, ..Options::of(&Profile::new("koji")) };
    Some(Real { options, user, password: Secret::new(password) })
}

impl Real {
    async fn hub(&self) -> Hub {
        let (user, password) = (self.user.clone(), self.password.clone());
        let login = Login::Password { user, password };
        Hub::connect(self.options.clone(), login).await.expect("the hub takes the user")
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the log is the evidence")]
fn real_hub_logs_in_lists_and_says_what_it_can_do() {
    let Some(real) = real() else { return };
    block_on(async {
        let mut hub = real.hub().await;
        let user = hub.call(&GetLoggedInUser::default()).await.expect("an answer");
        assert_eq!(user.expect("somebody").name, real.user);
        let abilities: Abilities = hub.probe().await.expect("an answer");
        println!("real hub: version {:?}", abilities.version);
        assert!(abilities.has("getTaskInfo") && abilities.has("CGImport"));
        println!("real hub: repo.request is there: {}", abilities.has("repo.request"));
        let hosts = hub.call(&ListHosts::default()).await.expect("builders");
        let channels = hub.call(&ListChannels::default()).await.expect("channels");
        println!("real hub: {} builders, {} channels", hosts.len(), channels.len());
        assert!(!channels.is_empty());
        hub.log_out().await;
    });
}

#[test]
fn real_hub_makes_and_deletes_a_tag_and_names_its_faults() {
    let Some(real) = real() else { return };
    block_on(async {
        let mut hub = real.hub().await;
        let name = format!("modplan-test-{}", std::process::id());
        let make = CreateTag { name: name.clone(), ..CreateTag::default() };
        hub.call(&make).await.expect("it is made");
        let error = hub.call(&make).await.expect_err("it is there");
        assert_eq!(error.fault().map(|fault| fault.kind), Some(FaultKind::Generic), "{error}");
        let look = GetTag { tag: Ref::from(name.as_str()), ..GetTag::default() };
        assert!(hub.call(&look).await.expect("an answer").is_some());
        hub.call(&DeleteTag { tag: Ref::from(name.as_str()) }).await.expect("it is deleted");
        assert!(hub.call(&look).await.expect("an answer").is_none());
        let strict = GetTag { strict: Some(true), ..look };
        assert!(matches!(hub.call(&strict).await, Err(HubError::Fault { .. })));
        hub.log_out().await;
    });
}

#[test]
fn real_hub_names_the_tags_that_inherit_a_tag() {
    let Some(real) = real() else { return };
    block_on(async {
        let mut hub = real.hub().await;
        let name = |what: &str| format!("modplan-test-{what}-{}", std::process::id());
        let parent = CreateTag { name: name("parent"), ..CreateTag::default() };
        let parent = hub.call(&parent).await.expect("it is made");
        let child = Some(parent.into());
        let child = CreateTag { name: name("child"), parent: child, ..CreateTag::default() };
        let child = hub.call(&child).await.expect("it is made");
        let reverse = Some(true);
        let call =
            GetFullInheritance { tag: parent.into(), reverse, ..GetFullInheritance::default() };
        let rows = hub.call(&call).await.expect("an answer");
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((row.parent_id, row.child()), (parent, Some(child)));
        assert_eq!(row.name, name("child"));
        let up = GetFullInheritance { tag: child.into(), ..GetFullInheritance::default() };
        let rows = hub.call(&up).await.expect("an answer");
        assert_eq!((rows[0].child(), &rows[0].name), (Some(child), &name("parent")));
        for tag in [child, parent] {
            hub.call(&DeleteTag { tag: tag.into() }).await.expect("it is deleted");
        }
        hub.log_out().await;
    });
}

#[test]
#[expect(clippy::print_stdout, reason = "the log is the evidence")]
fn real_hub_is_recorded() {
    let Some(real) = real() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let request = KojiRequest {
        options: real.options,
        since: 0,
        until: 4_000_000_000,
        tag: None,
        directory: directory.path().to_owned(),
        page_size: 100,
        pause: Duration::from_millis(50),
    };
    let recording = record_koji(&request, &mut |_| {}).expect("it is recorded");
    println!("real hub: {recording:?}");
    let path = directory.path().join("farm.yaml");
    if recording.builders == 0 {
        assert!(!path.exists(), "a farm needs builders");
        return;
    }
    let farm = std::fs::read(path).expect("it is there");
    let farm = modplan::farm::Farm::read(&farm, 0).expect("a farm file");
    let builders: u32 = farm.builders.iter().map(|group| group.count).sum();
    assert_eq!(builders as usize, recording.builders);
}
