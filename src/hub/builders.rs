//! All builders, and when they poll.
//!
//! A builder that takes nothing polls at times a fixed period apart: a lattice, known by one of its
//! moments. Most polls change nothing. Those that may change something are put on the agenda, the
//! others are never carried out, but they count: the scheduler runs inside them, and the hub knows by
//! them that a builder is alive.

use std::ops::Index;

use super::agenda::Agenda;
use super::builder::{Builder, RateChange};
use super::ids::number;
use super::lanes::Lanes;
use super::settings::{Phases, Polling, Settings};
use super::stamp::{Kind, Stamp};
use super::task::NEVER;
use crate::time::{Millis, Timestamp};

/// The builders of a hub, by position.
#[derive(Clone, Debug)]
pub(super) struct Builders {
    all: Vec<Builder>,
    lanes: Lanes,
    /// The time between two polls of a builder that takes nothing.
    period: Millis,
    polling: Polling,
}

impl Index<u32> for Builders {
    type Output = Builder;

    fn index(&self, at: u32) -> &Builder {
        &self.all[at as usize]
    }
}

impl Builders {
    pub(super) fn new(settings: &Settings, phases: &Phases) -> Self {
        let jobs = settings.hub.max_jobs;
        let phase =
            |at: usize| phases.builders.get(at).map_or(Timestamp::START, |p| Timestamp(p.0));
        let all = settings.builders.iter().enumerate();
        let all: Vec<_> =
            all.map(|(at, builder)| Builder::new(builder.clone(), jobs, phase(at))).collect();
        let period = settings.period();
        let mut lanes = Lanes::new(period);
        for (at, builder) in (0..).zip(&all) {
            lanes.set(builder.anchor, at, builder.is_eligible());
        }
        Self { all, lanes, period, polling: settings.polling }
    }

    pub(super) fn count(&self) -> u32 {
        number(self.all.len())
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Builder> {
        self.all.iter()
    }

    /// Returns the first poll that may make the scheduler run, at `from` or later and after `passed`.
    pub(super) fn first_run(&self, from: Timestamp, passed: Stamp) -> Option<(Timestamp, u32)> {
        self.lanes.first(from, passed)
    }

    /// Returns the next poll of a builder that has not passed.
    fn next_poll(&self, at: u32, agenda: &Agenda) -> Timestamp {
        let anchor = self[at].anchor;
        let is_past = |time| agenda.is_past(Stamp { time, kind: Kind::Poll, index: at });
        if !is_past(anchor) {
            return anchor;
        }
        // The last moment of its lattice up to now.
        let since = (agenda.now() - anchor).0;
        let latest = anchor + Millis(since - since % self.period.0);
        if is_past(latest) { latest + self.period } else { latest }
    }

    /// Returns when the hub heard of a builder last.
    pub(super) fn heard(&self, at: u32, agenda: &Agenda) -> Timestamp {
        let builder = &self[at];
        if builder.is_silent() {
            return builder.heard;
        }
        let before = self.poll_before(self.next_poll(at, agenda));
        builder.polled.map_or(before, |polled| polled.max(before))
    }

    fn poll_before(&self, poll: Timestamp) -> Timestamp {
        Timestamp(poll.0.saturating_sub(self.period.0))
    }

    /// Puts the next poll of a builder on the agenda, if it may change something.
    pub(super) fn touch(&mut self, at: u32, agenda: &mut Agenda) {
        let builder = &self[at];
        let is_literal = self.polling == Polling::Literal;
        if !builder.is_lost && (is_literal || builder.is_away || builder.is_due()) {
            self.schedule(at, agenda);
        }
    }

    /// Puts the next poll of a builder on the agenda.
    pub(super) fn schedule(&mut self, at: u32, agenda: &mut Agenda) {
        let time = self.next_poll(at, agenda);
        let scheduled = &mut self.all[at as usize].scheduled;
        if time != NEVER && *scheduled != Some(time) {
            *scheduled = Some(time);
            agenda.push(Stamp { time, kind: Kind::Poll, index: at });
        }
    }

    /// Takes the poll of this moment off the agenda; returns whether the builder polls now.
    pub(super) fn is_poll(&mut self, at: u32, now: Timestamp) -> bool {
        let builder = &mut self.all[at as usize];
        if builder.scheduled == Some(now) {
            builder.scheduled = None;
        }
        let is_on_lattice =
            now >= builder.anchor && (now - builder.anchor).0.is_multiple_of(self.period.0);
        !builder.is_lost && is_on_lattice && builder.polled != Some(now)
    }

    /// Notes a poll that reached the hub; returns whether the hub hears of the builder again.
    pub(super) fn poll(&mut self, at: u32, now: Timestamp) -> bool {
        self.all[at as usize].polled = Some(now);
        let is_back = self[at].is_away;
        if is_back {
            self.change(at, |builder| builder.is_away = false);
        }
        is_back
    }

    /// Notes that a builder cannot reach the hub now, and polls at no known moment. Returns when the
    /// hub heard of it last, where that is new.
    pub(super) fn cannot_reach(&mut self, at: u32, now: Timestamp) -> Option<Timestamp> {
        // The poll before this one reached the hub.
        let before = self.poll_before(now);
        let builder = &self[at];
        let heard = builder.polled.map_or(before, |polled| polled.max(before));
        let is_new = !builder.is_away;
        self.change(at, |builder| {
            if is_new {
                builder.heard = heard;
                builder.is_away = true;
            }
            builder.anchor = NEVER;
        });
        is_new.then_some(heard)
    }

    /// Has a builder that could not reach the hub poll at `time`.
    pub(super) fn reach_at(&mut self, at: u32, time: Timestamp) {
        self.all[at as usize].anchor = time;
    }

    pub(super) fn lose(&mut self, at: u32, heard: Timestamp) {
        self.change(at, |builder| {
            builder.heard = heard;
            builder.is_lost = true;
        });
    }

    /// Brings a lost builder back, without its tasks; it polls first at `time`.
    pub(super) fn recover(&mut self, at: u32, time: Timestamp) {
        self.change(at, |builder| {
            builder.is_lost = false;
            builder.is_away = true;
            builder.is_restarted = true;
            builder.anchor = time;
        });
    }

    /// Returns whether a builder came back without its tasks since its last poll.
    pub(super) fn take_restart(&mut self, at: u32) -> bool {
        std::mem::take(&mut self.all[at as usize].is_restarted)
    }

    /// Notes that a waiting task of a builder has news.
    pub(super) fn bring_news(&mut self, at: u32) {
        self.all[at as usize].has_news = true;
    }

    /// Returns whether a waiting task had news since the last poll.
    pub(super) fn take_news(&mut self, at: u32) -> bool {
        std::mem::take(&mut self.all[at as usize].has_news)
    }

    /// Notes that a task may be free that a builder opens without being given it, or that there is none.
    pub(super) fn show_free(&mut self, at: u32, is_there: bool) {
        self.all[at as usize].sees_free = is_there;
    }

    /// Takes a builder's report of itself; returns whether it says something new.
    pub(super) fn report(&mut self, at: u32) -> bool {
        let builder = &self[at];
        let is_ready = builder.would_be_ready();
        let is_new = is_ready != builder.is_ready;
        if is_new {
            self.change(at, |builder| builder.is_ready = is_ready);
        }
        is_new
    }

    /// Gives a task to a builder, which has not opened it yet.
    pub(super) fn assign(&mut self, at: u32, task: u32) {
        self.change(at, |builder| builder.assigned.push(task));
    }

    pub(super) fn unassign(&mut self, at: u32, task: u32) {
        self.change(at, |builder| builder.assigned.retain(|&other| other != task));
    }

    /// Lets a builder take a task that it was given; its next poll follows at `next`.
    pub(super) fn take(&mut self, at: u32, task: u32, next: Timestamp) {
        self.change(at, |builder| {
            builder.assigned.retain(|&other| other != task);
            builder.anchor = next;
        });
    }

    pub(super) fn open(&mut self, at: u32, task: u32) {
        self.all[at as usize].open.push(task);
    }

    pub(super) fn close(&mut self, at: u32, task: u32) {
        self.all[at as usize].open.retain(|&other| other != task);
    }

    /// Notes the load of a builder; see [`Builder::set_load`].
    pub(super) fn set_load(
        &mut self,
        at: u32,
        own: f64,
        assigned: f64,
        now: Timestamp,
    ) -> Option<RateChange> {
        self.all[at as usize].set_load(own, assigned, now)
    }

    /// Changes something that decides whether a builder's polls make the scheduler run.
    fn change(&mut self, at: u32, change: impl FnOnce(&mut Builder)) {
        let builder = &mut self.all[at as usize];
        let (anchor, was_in) = (builder.anchor, builder.is_eligible());
        change(builder);
        let (new, is_in) = (builder.anchor, builder.is_eligible());
        let is_moved = !self.lanes.is_same(anchor, new);
        if was_in != is_in || (is_in && is_moved) {
            self.lanes.set(anchor, at, false);
            self.lanes.set(new, at, is_in);
        }
    }
}
