//! The orchestrator of the first design: koji owns the build, this only reacts to test results.
//!
//! The design's rule, line by line against [`KojiOwned::handle`]:
//!
//! | the design says | the code does |
//! |---|---|
//! | it listens to the bus and nothing else | [`Event::Requested`] and component events are not its business |
//! | not about a module: return | events of any other kind fall through |
//! | the test did not pass: mail the relevant people that the rebuild is stuck, return | [`Command::Mail`] |
//! | ask PDC for the dependants of the module | [`Command::AskDependants`] |
//! | have koji schedule a rebuild of each | [`Event::Dependants`] → [`Command::BuildModule`] for each |
//!
//! Under [`Cascade::Literal`] it remembers nothing but its fuse. Under [`Cascade::Planned`] it
//! also knows the plan, so that a module waits for all that is rebuilt before it.

use super::spread::Unmet;
use super::{BuildId, Cascade, Catalog, Command, Event, Fuse, ModuleIx};
use crate::time::Timestamp;

/// The orchestrator that only reacts.
#[derive(Clone, Debug)]
pub struct KojiOwned<'a> {
    catalog: &'a Catalog,
    cascade: Cascade,
    fuse: Fuse,
    unmet: Unmet,
}

impl<'a> KojiOwned<'a> {
    /// Makes one that has heard nothing yet. `fuse` is what is left of the cap after the builds
    /// that people asked koji for.
    #[must_use]
    pub fn new(catalog: &'a Catalog, cascade: Cascade, fuse: Fuse) -> Self {
        let mut unmet = Unmet::default();
        if cascade == Cascade::Planned {
            unmet.reset(catalog);
        }
        Self { catalog, cascade, fuse, unmet }
    }

    /// Advances the state by one event and appends what must now be done.
    pub fn handle(&mut self, event: &Event, _now: Timestamp, out: &mut Vec<Command>) {
        match *event {
            Event::Requested { .. } | Event::ComponentEnded { .. } => {}
            Event::Tested { build, module, passed: false } => {
                out.push(Command::Mail { build, module });
            }
            Event::Tested { build, module, passed: true } => match self.cascade {
                Cascade::Literal => out.push(Command::AskDependants { build, module }),
                Cascade::Planned => self.follow_plan(build, module, out),
            },
            Event::Dependants { build, ref dependants, .. } => {
                for &dependant in dependants.iter() {
                    self.build(dependant, build, out);
                }
            }
        }
    }

    fn follow_plan(&mut self, build: BuildId, module: ModuleIx, out: &mut Vec<Command>) {
        let fuse = &mut self.fuse;
        self.unmet.passed(self.catalog, module, |dependant| {
            if fuse.take(out) {
                out.push(Command::BuildModule { module: dependant, cause: Some(build) });
            }
        });
    }

    fn build(&mut self, module: ModuleIx, cause: BuildId, out: &mut Vec<Command>) {
        if self.fuse.take(out) {
            out.push(Command::BuildModule { module, cause: Some(cause) });
        }
    }
}
