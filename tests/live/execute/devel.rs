//! What a module builds and does not ship: its `-devel` is imported and published with it.

use super::*;

#[test]
fn a_devel_module_is_published_beside_its_module() {
    let mut case = Case::start(0, &[]);
    let module = case.work.modules.get_mut(TOOL).expect("it is there");
    module.stored.about.filter.insert("lib".into());
    let driven = case.drive(None).expect("it lives");
    let ready = BTreeMap::from([(TOOL.into(), ModuleState::Ready)]);
    assert_eq!(driven.states(), ready);
    assert_eq!(case.tagged("modular-updates-candidate"), ["tool", "tool-devel"]);
    // A process without a journal finds all of it, and does nothing of it again.
    let tagging = case.tasks("tagBuild").len();
    case.rows.borrow_mut().clear();
    case.drive(None).expect("it lives");
    assert_eq!(case.tasks("tagBuild").len(), tagging);
}
