//! Why a hub is stuck, in its own words.

use super::*;

fn verdicts(hub: &mut Hub) -> Vec<String> {
    run(hub);
    hub.stuck().iter().map(ToString::to_string).collect()
}

#[test]
fn a_hub_says_why_nothing_goes_on() {
    let mut hub = changed(no);
    hub.go_offline();
    hub.submit(work(1), 0);
    assert_eq!(verdicts(&mut hub), ["the hub is offline, and nothing brings it back"]);

    let mut hub = changed(|farm| {
        farm.builders[0].capacity = 0.9;
        farm.hub.capacity_overcommit = 0.0;
    });
    hub.submit(work(1), 0);
    let never = "no builder that could take it ever has room for a task: it needs more than 1, and \
                 0.9 is the most free";
    assert_eq!(verdicts(&mut hub), [never]);

    let mut hub = changed(|farm| farm.builders[0].channels = vec!["createrepo".to_owned()]);
    let arch = TaskArch::Arch(0);
    hub.submit(Request::Task { method: Method::Other, arch, work: Work::ok(secs(1)) }, 0);
    assert_eq!(verdicts(&mut hub), ["no builder serves channel default"]);

    // Two builds fill the only two places, and wait for their own tasks.
    let mut hub = changed(|farm| farm.builders[0].max_jobs = Some(2));
    let tag = tag(&mut hub);
    for _ in 0..2 {
        hub.submit(Request::Build(Arc::new(spec(tag))), 0);
    }
    let full = "no builder that could take it has room, as tasks that wait for others hold their \
                places";
    assert_eq!(verdicts(&mut hub), [full, full]);
}
