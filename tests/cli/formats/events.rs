//! A journal with an event of every kind.

use std::sync::Arc;

use modplan::drive::journal::{self, Heading};
use modplan::orchestrate::{
    Answer, BuildId, BuildNames, CallId, ComponentDefinition, ComponentEnd, ComponentIx,
    Definition, Event, Fault, ModuleIx, Owner, Party, Reply, Row, TaskDefinition, TaskId, Timer,
};
use modplan::time::Timestamp;

/// Returns the definition of a module, with every field.
fn definition(id: &str) -> Definition {
    let component = ComponentDefinition {
        component: "p".into(),
        package: "p".into(),
        source: Some("https://example.org/p.git".to_owned()),
        reference: Some("stream-1".to_owned()),
        batch: 2,
        after: Vec::new(),
        reused: true,
        tasks: vec![TaskDefinition {
            method: "buildArch".to_owned(),
            arch: "x86_64".into(),
            estimate_ms: 1,
        }],
    };
    let later = ComponentDefinition {
        component: "q".into(),
        package: "q".into(),
        after: vec!["p".into()],
        ..component.clone()
    };
    let build = BuildNames {
        version: 1,
        tag: "module-m-1-1-c".to_owned(),
        target: "module-m-1-1-c".to_owned(),
        dist_tag: Some(".module_1+1+c".to_owned()),
    };
    let ids = || vec![id.to_owned()];
    Definition {
        id: id.to_owned(),
        build: Some(build),
        wave: Some(1),
        is_start: true,
        dependants: ids(),
        superseded_dependants: ids(),
        planned_dependants: Vec::new(),
        is_graph: true,
        components: vec![component, later],
    }
}

/// Writes a journal that begins as another one did.
pub(super) fn journal_like(heading: &Heading) -> String {
    let (build, module, component) = (BuildId(0), ModuleIx(0), ComponentIx(0));
    let (request, attempt, passed) = (0, 1, true);
    let answered = |answer| Event::Answered { call: CallId(0), answer };
    let row = Row { module: "m:1:c".into(), version: 1, requires: ["n:1:c".into()].into() };
    let events = [
        Event::Requested { request, module: "m:1:c".into() },
        Event::Defined { definition: Arc::new(definition("x:1:c")) },
        Event::Resumed { request, build, fixed: [component].into() },
        Event::Canceled { request, build },
        Event::Restarted,
        answered(Answer::Done(Reply::Nothing)),
        answered(Answer::Done(Reply::Task(TaskId(1)))),
        answered(Answer::Done(Reply::Rows([row].into()))),
        answered(Answer::Done(Reply::Definition(Arc::new(definition("y:1:c"))))),
        answered(Answer::Failed(Fault::Missing)),
        answered(Answer::Refused),
        answered(Answer::Unknown),
        answered(Answer::Absent),
        Event::ComponentEnded { build, component, attempt, end: ComponentEnd::Complete },
        Event::ComponentTested { build, component, attempt, passed },
        Event::RepoEnded { build, attempt, is_ok: true },
        Event::Tested { build, module, attempt, passed },
        Event::Waived { build, module, component: Some(component) },
        Event::Waived { build, module, component: None },
        Event::Timer { timer: Timer::Poll },
        Event::Timer { timer: Timer::Party { party: Party::Hub, is_away: false } },
        Event::Timer { timer: Timer::Call { id: CallId(0) } },
        Event::Timer { timer: Timer::TestsDue { build } },
        Event::Timer { timer: Timer::Digest { to: Owner(0) } },
    ];
    let mut modules = vec![definition("m:1:c")];
    modules[0].planned_dependants.push("m:2:c".to_owned());
    modules.push(definition("m:2:c"));
    let heading = Heading::new(heading.began.clone(), heading.inputs.clone(), modules);
    let entries: Vec<_> = (0..).map(Timestamp).zip(events).collect();
    journal::write(&heading, &heading.catalog().expect("it is sound").into(), &entries)
}
