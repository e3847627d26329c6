//! Nobody is left without a word: what ends badly is told, however often people repaired it before.

use super::*;

/// What ends badly: a test, of a component or of the module, or the build as a whole.
type Bad = (BuildId, Option<ComponentIx>, Standing);

/// What is heard of the tests of orchestrator-owned and is to be told.
#[derive(Default)]
struct Book {
    /// Which attempt each test is awaited of.
    awaited: BTreeMap<(BuildId, Option<ComponentIx>), u32>,
    built: BTreeSet<(BuildId, ComponentIx, u32)>,
    red: BTreeSet<(BuildId, Option<ComponentIx>, u32)>,
    /// What is red now, and not built or tested anew since.
    red_now: BTreeSet<(BuildId, Option<ComponentIx>)>,
    /// What a mail has go on though it is red.
    denied: Option<(BuildId, Option<ComponentIx>)>,
    given_up: BTreeSet<BuildId>,
    /// What is being canceled just now.
    canceled: Option<BuildId>,
    /// What was canceled, and goes on no more.
    stopped: BTreeSet<BuildId>,
    untold: BTreeSet<Bad>,
    /// What was mailed since the last event: the mail goes out before the build is given up.
    mailed: BTreeSet<Bad>,
}

impl Book {
    fn command(&mut self, command: &Command) {
        match *command {
            Command::Call { call: Call::Publish { build, attempt, .. }, .. }
            | Command::Call {
                call: Call::RequestTest { build, component: None, attempt }, ..
            } => {
                self.awaited.insert((build, None), attempt);
            }
            Command::Tell(Tell::Ready { build, .. }) => {
                self.awaited.remove(&(build, None));
                self.red_now.remove(&(build, None));
            }
            Command::Tell(Tell::Failed { build, .. }) => {
                self.awaited.remove(&(build, None));
                if self.canceled == Some(build) {
                    self.stopped.insert(build);
                } else if self.given_up.insert(build) {
                    let bad = (build, None, Standing::BuildFailed);
                    self.untold.extend((!self.mailed.contains(&bad)).then_some(bad));
                }
            }
            Command::Tell(Tell::Resumed { build, .. }) => {
                self.given_up.remove(&build);
                self.stopped.remove(&build);
            }
            // What is built again has the whole module tested again.
            Command::Call { call: Call::BuildComponent { build, component, .. }, .. } => {
                for of in [(build, None), (build, Some(component))] {
                    self.awaited.remove(&of);
                    self.red_now.remove(&of);
                }
            }
            // A message that it is built may still be under way: it is given up all the same.
            Command::Call { call: Call::CancelComponent { build, component, attempt }, .. } => {
                self.built.insert((build, component, attempt));
                self.awaited.remove(&(build, Some(component)));
            }
            Command::Call { call: Call::Mail { ref about, .. }, .. } => {
                for item in about.iter() {
                    let bad = (item.build, item.component, item.standing);
                    self.untold.remove(&bad);
                    self.mailed.insert(bad);
                }
                self.hear_last_words(about);
            }
            _ => {}
        }
    }

    /// The last word of a mail on what is red is not that it goes on.
    fn hear_last_words(&mut self, about: &[modplan::orchestrate::Concern]) {
        let last: BTreeMap<_, _> =
            about.iter().map(|item| ((item.build, item.component), item.standing)).collect();
        let is_denied = |(of, standing): &(_, Standing)| {
            *standing == Standing::Recovered && self.red_now.contains(of)
        };
        let denied = last.into_iter().find(is_denied).map(|(of, _)| of);
        self.denied = self.denied.or(denied);
    }

    fn event(&mut self, event: &Event) {
        self.canceled = None;
        self.mailed.clear();
        match *event {
            Event::Canceled { build, .. } => self.canceled = Some(build),
            Event::ComponentEnded { build, component, attempt, end: ComponentEnd::Complete }
                if self.built.insert((build, component, attempt))
                    && !self.stopped.contains(&build) =>
            {
                self.awaited.insert((build, Some(component)), attempt);
            }
            Event::Tested { build, attempt, passed, .. } => {
                self.tested((build, None, attempt), passed);
            }
            Event::ComponentTested { build, component, attempt, passed } => {
                self.tested((build, Some(component), attempt), passed);
            }
            Event::Waived { build, component, .. } => {
                self.awaited.remove(&(build, component));
                self.red_now.remove(&(build, component));
            }
            _ => {}
        }
    }

    fn tested(&mut self, of: (BuildId, Option<ComponentIx>, u32), passed: bool) {
        let (build, component, attempt) = of;
        if self.awaited.get(&(build, component)) != Some(&attempt) {
            return;
        }
        if passed {
            self.awaited.remove(&(build, component));
            self.red_now.remove(&(build, component));
        } else if self.red.insert(of) {
            self.red_now.insert((build, component));
            self.untold.insert((build, component, Standing::NotPassed));
        }
    }
}

/// Each red result that counts, and each build that is given up, is in a mail, or in the digest that
/// is sent for it: after a repair as before it.
pub(super) fn bad_ends_are_told(setup: &Setup, run: &Run) -> Option<String> {
    if run.figures.outcome == Outcome::Capped {
        return None;
    }
    if setup.approach == Approach::KojiOwned {
        return red_ends_are_told_by_koji_owned(run);
    }
    let mut book = Book::default();
    for row in &run.log {
        match &row.what {
            Log::Command(command) => book.command(command),
            Log::Event(event) => book.event(event),
            Log::Answered { .. } | Log::Fact(_) => {}
        }
    }
    if let Some(denied) = book.denied {
        return Some(format!("{denied:?} is red, and people are told that it goes on"));
    }
    let untold = book.untold.first()?;
    Some(format!("{untold:?} is not told"))
}

/// koji-owned builds anew after a repair: each build that is red has a mail of its own. What it was
/// about to mail when it died is forgotten.
fn red_ends_are_told_by_koji_owned(run: &Run) -> Option<String> {
    if run.tally.crashes > 0 {
        return None;
    }
    let (mut passed, mut red, mut told) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for row in &run.log {
        match &row.what {
            Log::Event(Event::Tested { build, passed: true, .. })
            | Log::Event(Event::Waived { build, component: None, .. }) => {
                passed.insert(*build);
            }
            Log::Event(Event::Tested { build, .. }) if !passed.contains(build) => {
                red.insert(*build);
            }
            Log::Command(Command::Call { call: Call::Mail { about, .. }, .. }) => {
                let is_red =
                    |item: &&modplan::orchestrate::Concern| item.standing == Standing::NotPassed;
                told.extend(about.iter().filter(is_red).map(|item| item.build));
            }
            Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => {}
        }
    }
    red.difference(&told).next().map(|build| format!("nobody is told that {build:?} is red"))
}
