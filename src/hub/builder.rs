//! Builders: what each has, and when it polls.
//!
//! A builder that takes nothing polls at times a fixed period apart: a lattice, known by one of its
//! moments. Most polls change nothing. Those that may change something are put on the hub's heap, the
//! others are never carried out, but they count: the scheduler runs inside them, and the hub knows by
//! them that a builder is alive.

use super::settings::BuilderSettings;
use super::{Hub, Kind, Stamp};
use crate::time::{Millis, Timestamp};

/// One builder.
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
    /// The poll on the heap.
    pub(super) scheduled: Option<Timestamp>,
    /// Its tasks, in the order in which they came.
    pub(super) open: Vec<u32>,
    pub(super) assigned: Vec<u32>,
    /// Whether one of its waiting tasks has news.
    pub(super) has_news: bool,
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

    pub(super) fn tasks(&self) -> u32 {
        u32::try_from(self.open.len() + self.assigned.len()).expect("tasks are numbered by u32")
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
    fn is_due(&self) -> bool {
        let takes = self.is_ready && !self.assigned.is_empty();
        self.has_news || takes || self.is_restarted || self.is_ready != self.would_be_ready()
    }
}

fn rate(settings: &BuilderSettings, load: f64) -> f64 {
    match settings.cpus {
        Some(cpus) if load > f64::from(cpus) => f64::from(cpus) / load,
        Some(_) | None => 1.0,
    }
}

/// The builders whose polls may make the scheduler run, by the phase of their polls.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    period: u64,
    sorted: Vec<(u64, u32)>,
}

impl Lanes {
    pub(super) fn new(period: Millis) -> Self {
        Self { period: period.0, sorted: Vec::new() }
    }

    pub(super) fn set(&mut self, anchor: Timestamp, builder: u32, is_in: bool) {
        let lane = (anchor.0 % self.period, builder);
        match (self.sorted.binary_search(&lane), is_in) {
            (Ok(at), false) => drop(self.sorted.remove(at)),
            (Err(at), true) => self.sorted.insert(at, lane),
            (Ok(_), true) | (Err(_), false) => {}
        }
    }

    /// Returns the first poll of any builder that comes at `from` or later, and after `passed`.
    pub(super) fn first(&self, from: Timestamp, passed: Stamp) -> Option<(Timestamp, u32)> {
        let least = if from > passed.time { (from, 0) } else { passed.next_poll() };
        let (start, phase) = (least.0.0 - least.0.0 % self.period, least.0.0 % self.period);
        let at = self.sorted.partition_point(|&lane| lane < (phase, least.1));
        match self.sorted.get(at) {
            Some(&(phase, builder)) => Some((Timestamp(start + phase), builder)),
            None => {
                let &(phase, builder) = self.sorted.first()?;
                Some((Timestamp(start + self.period + phase), builder))
            }
        }
    }
}

impl Hub {
    /// Returns the next poll of a builder that has not passed.
    pub(super) fn next_poll(&self, at: u32) -> Timestamp {
        let builder = &self.builders[at as usize];
        let is_past = |time: Timestamp| Stamp { time, kind: Kind::Poll, index: at } <= self.passed;
        if !is_past(builder.anchor) {
            return builder.anchor;
        }
        let latest = self.latest_poll(at);
        if is_past(latest) { latest + self.period } else { latest }
    }

    /// Returns the last moment of a builder's lattice up to now.
    fn latest_poll(&self, at: u32) -> Timestamp {
        let anchor = self.builders[at as usize].anchor;
        let since = (self.passed.time - anchor).0;
        anchor + Millis(since - since % self.period.0)
    }

    /// Returns when the hub heard of a builder last.
    pub(super) fn heard(&self, at: u32) -> Timestamp {
        let builder = &self.builders[at as usize];
        if builder.is_lost || builder.is_away {
            return builder.heard;
        }
        let next = self.next_poll(at).0;
        let before = Timestamp(next.saturating_sub(self.period.0));
        builder.polled.map_or(before, |polled| polled.max(before))
    }

    /// Puts the next poll of a builder on the heap, if it may change something.
    pub(super) fn touch(&mut self, at: u32) {
        let builder = &self.builders[at as usize];
        let is_literal = self.settings.polling == super::Polling::Literal;
        if !builder.is_lost && (is_literal || builder.is_away || builder.is_due()) {
            self.schedule_poll(at);
        }
    }

    pub(super) fn schedule_poll(&mut self, at: u32) {
        let time = self.next_poll(at);
        if time == super::task::NEVER {
            return;
        }
        if self.builders[at as usize].scheduled != Some(time) {
            self.builders[at as usize].scheduled = Some(time);
            self.push(Stamp { time, kind: Kind::Poll, index: at });
        }
    }

    /// Changes something that decides whether a builder's polls make the scheduler run.
    pub(super) fn change_lane(&mut self, at: u32, change: impl FnOnce(&mut Builder)) {
        let builder = &mut self.builders[at as usize];
        let (anchor, was_in) = (builder.anchor, builder.is_eligible());
        change(builder);
        let is_in = builder.is_eligible();
        let is_moved = anchor.0 % self.period.0 != builder.anchor.0 % self.period.0;
        if was_in != is_in || (is_in && is_moved) {
            let new = builder.anchor;
            self.lanes.set(anchor, at, false);
            self.lanes.set(new, at, is_in);
        }
    }

    /// Adds up a builder's load again after its tasks changed, and lets its work go at the new rate.
    pub(super) fn weigh(&mut self, at: u32) {
        let builder = &self.builders[at as usize];
        let open = builder.open.iter().map(|&task| &self.tasks[task as usize]);
        let open = open.filter(|task| !task.is_waiting).map(|task| task.weight);
        let own = builder.settings.background + open.sum::<f64>();
        #[expect(clippy::cast_precision_loss, reason = "a builder has few tasks")]
        let assigned = self.settings.hub.unit_weight * builder.assigned.len() as f64;
        let rate = rate(&builder.settings, own);
        let builder = &mut self.builders[at as usize];
        builder.own_load = own;
        builder.hub_load = own + assigned;
        if rate.to_bits() != builder.rate.to_bits() {
            self.change_rate(at, rate);
        }
        self.has_change = true;
        self.touch(at);
    }

    fn change_rate(&mut self, at: u32, rate: f64) {
        let now = self.now();
        let builder = &mut self.builders[at as usize];
        let (before, since) = (builder.rate, builder.rate_since);
        builder.rate = rate;
        builder.rate_since = now;
        let open = std::mem::take(&mut builder.open);
        for &task in &open {
            let run = &mut self.tasks[task as usize];
            // One that is over and could not be reported yet has nothing left to do.
            if run.is_leaf() && run.left > 0.0 {
                // It may have begun after the rate changed last.
                let done = before * ms(now - since.max(run.opened));
                run.left = (run.left - done).max(0.0);
                run.ends = now + whole(run.left / rate);
                let time = run.ends;
                self.push(Stamp { time, kind: Kind::End, index: task });
            }
        }
        self.builders[at as usize].open = open;
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
