//! The load of builders: it decides what they are given, and how fast their tasks run.

use super::Hub;
use super::stamp::{Kind, Stamp};
use crate::time::Timestamp;

impl Hub {
    /// Adds up a builder's load again after its tasks changed, and lets its work run at the new rate.
    pub(super) fn weigh(&mut self, at: u32) {
        let now = self.now();
        let builder = &self.builders[at];
        let open = builder.open.iter().map(|&task| &self.tasks[task]);
        let open = open.filter(|task| !task.is_waiting).map(|task| task.weight);
        let own = builder.settings.background + open.sum::<f64>();
        #[expect(clippy::cast_precision_loss, reason = "a builder has few tasks")]
        let assigned = self.settings.hub.unit_weight * builder.assigned.len() as f64;
        if let Some(change) = self.builders.set_load(at, own, assigned, now) {
            for &task in &self.builders[at].open {
                if let Some(time) = self.tasks[task].change_rate(change, now) {
                    self.agenda.push(Stamp { time, kind: Kind::End, index: task });
                }
            }
        }
        self.builders.touch(at, &mut self.agenda);
    }

    /// The same where it may leave more room: another run of the scheduler may decide something.
    pub(super) fn weigh_anew(&mut self, at: u32) {
        self.dispatch.change();
        self.weigh(at);
    }

    /// Returns when the hub heard of a builder last.
    pub(super) fn heard(&self, at: u32) -> Timestamp {
        self.builders.heard(at, &self.agenda)
    }
}
