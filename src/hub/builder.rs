//! One builder: what it has, and what it and the hub know of its load.

use super::ids::number;
use super::settings::BuilderSettings;
use crate::time::{Millis, Timestamp};

/// One builder. Only [`Builders`](super::builders::Builders) changes it.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    pub(super) settings: BuilderSettings,
    /// Limits as the hub and as the builder itself have them.
    pub(super) hub_jobs: u32,
    pub(super) own_jobs: u32,
    /// A poll; from it on, one each period.
    pub(super) anchor: Timestamp,
    /// The poll carried out last.
    pub(super) polled: Option<Timestamp>,
    /// The poll on the agenda.
    pub(super) scheduled: Option<Timestamp>,
    /// Its tasks, in the order in which they came.
    pub(super) open: Vec<u32>,
    pub(super) assigned: Vec<u32>,
    /// Whether one of its waiting tasks has news.
    pub(super) has_news: bool,
    /// Whether a task may be free that it opens without being given it.
    pub(super) sees_free: bool,
    /// By its last report.
    pub(super) is_ready: bool,
    /// It does not answer, and its tasks do not run.
    pub(super) is_lost: bool,
    /// It polls next at `anchor` and not before: it could not reach the hub, or comes back.
    pub(super) is_away: bool,
    /// It came back without its tasks.
    pub(super) is_restarted: bool,
    /// When the hub heard of it last, while lost or away.
    pub(super) heard: Timestamp,
    /// Weight of open tasks that do not wait, and of what others have it do.
    pub(super) own_load: f64,
    /// The same as the hub sees it, with what is assigned.
    pub(super) hub_load: f64,
    /// How fast its tasks run, and since when.
    pub(super) rate: f64,
    pub(super) rate_since: Timestamp,
}

/// A change of the speed at which the tasks of a builder run.
#[derive(Clone, Copy, Debug)]
pub(super) struct RateChange {
    pub(super) before: f64,
    /// Since when it was that.
    pub(super) since: Timestamp,
    pub(super) after: f64,
}

impl Builder {
    pub(super) fn new(settings: BuilderSettings, jobs_default: u32, anchor: Timestamp) -> Self {
        let load = settings.background;
        let rate = rate(&settings, load);
        Self {
            hub_jobs: settings.max_jobs.unwrap_or(jobs_default),
            own_jobs: settings.max_jobs.unwrap_or(u32::MAX),
            is_ready: load <= settings.capacity && settings.max_jobs != Some(0),
            settings,
            anchor,
            polled: None,
            scheduled: None,
            open: Vec::new(),
            assigned: Vec::new(),
            has_news: false,
            sees_free: false,
            is_lost: false,
            is_away: false,
            is_restarted: false,
            heard: Timestamp::START,
            own_load: load,
            hub_load: load,
            rate,
            rate_since: Timestamp::START,
        }
    }

    /// Returns how many tasks it has, open and assigned.
    pub(super) fn tasks(&self) -> u32 {
        number(self.open.len() + self.assigned.len())
    }

    /// Returns how much capacity it has free with nothing to do; `None` where it takes no task.
    pub(super) fn room(&self) -> Option<f64> {
        let takes = self.hub_jobs.min(self.own_jobs) > 0;
        takes.then_some(self.settings.capacity - self.settings.background)
    }

    /// Returns what the builder would report of itself.
    pub(super) fn would_be_ready(&self) -> bool {
        self.own_load <= self.settings.capacity && self.open.len() < self.own_jobs as usize
    }

    /// Returns whether the hub does not hear of it as often as it should.
    pub(super) fn is_silent(&self) -> bool {
        self.is_lost || self.is_away
    }

    /// Returns whether its poll may make the scheduler run.
    pub(super) fn is_eligible(&self) -> bool {
        self.is_ready && !self.is_lost && !self.is_away && self.assigned.is_empty()
    }

    /// Returns whether its next poll changes something.
    pub(super) fn is_due(&self) -> bool {
        let takes = self.is_ready && (self.sees_free || !self.assigned.is_empty());
        self.has_news || takes || self.is_restarted || self.is_ready != self.would_be_ready()
    }

    /// Notes a new load: `own` as the builder has it, `assigned` what the hub adds. Returns the
    /// change of speed that it makes, if any.
    pub(super) fn set_load(
        &mut self,
        own: f64,
        assigned: f64,
        now: Timestamp,
    ) -> Option<RateChange> {
        self.own_load = own;
        self.hub_load = own + assigned;
        let after = rate(&self.settings, own);
        if after.to_bits() == self.rate.to_bits() {
            return None;
        }
        let change = RateChange { before: self.rate, since: self.rate_since, after };
        self.rate = after;
        self.rate_since = now;
        Some(change)
    }
}

fn rate(settings: &BuilderSettings, load: f64) -> f64 {
    match settings.cpus {
        Some(cpus) if load > f64::from(cpus) => f64::from(cpus) / load,
        Some(_) | None => 1.0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact below 285 000 years")]
pub(super) fn ms(span: Millis) -> f64 {
    span.0 as f64
}

/// Rounds up to whole milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "run times are bounded"
)]
pub(super) fn whole(ms: f64) -> Millis {
    Millis((ms - 1e-6).ceil().max(0.0) as u64)
}
