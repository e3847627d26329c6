//! One turn of a builder: it looks after its tasks, reports, and takes one more.

use super::task::NEVER;
use super::{Hub, Kind, Stamp};
use crate::koji::TaskState;
use crate::time::Timestamp;

impl Hub {
    /// Carries out a poll, if the builder polls at this moment.
    pub(super) fn poll(&mut self, at: u32) {
        let now = self.now();
        let builder = &mut self.builders[at as usize];
        if builder.scheduled == Some(now) {
            builder.scheduled = None;
        }
        let is_on_lattice =
            now >= builder.anchor && (now - builder.anchor).0.is_multiple_of(self.period.0);
        if builder.is_lost || !is_on_lattice || builder.polled == Some(now) {
            return;
        }
        if self.is_offline {
            self.cannot_reach(at);
            return;
        }
        self.events += 1;
        self.builders[at as usize].polled = Some(now);
        if self.builders[at as usize].is_away {
            // The hub hears of it again.
            self.has_change = true;
            self.change_lane(at, |builder| builder.is_away = false);
        }
        if std::mem::take(&mut self.builders[at as usize].is_restarted) {
            self.free_open_tasks(at);
        }
        self.wake_parents(at);
        self.report(at);
        if self.builders[at as usize].is_ready {
            self.get_tasks(at);
        }
        self.touch(at);
    }

    /// The builder asks again and again until it reaches the hub; its phase is another from then on.
    fn cannot_reach(&mut self, at: u32) {
        let now = self.now();
        let builder = &self.builders[at as usize];
        // The poll before this one reached the hub.
        let before = Timestamp(now.0.saturating_sub(self.period.0));
        let heard = builder.polled.map_or(before, |polled| polled.max(before));
        if !builder.is_away {
            self.change_lane(at, |builder| {
                builder.heard = heard;
                builder.is_away = true;
            });
            self.wake_after(heard + self.settings.hub.host_timeout);
        }
        self.change_lane(at, |builder| builder.anchor = NEVER);
        self.hold(Kind::Poll, at);
    }

    /// Wakes the handlers that wait here and have news.
    fn wake_parents(&mut self, at: u32) {
        if !std::mem::take(&mut self.builders[at as usize].has_news) {
            return;
        }
        let tasks = &self.tasks;
        let has_news = |task: &&u32| tasks[**task as usize].has_news;
        let woken: Vec<u32> =
            self.builders[at as usize].open.iter().filter(has_news).copied().collect();
        for task in woken {
            let entry = &mut self.tasks[task as usize];
            // An earlier one may have ended it.
            if entry.state == TaskState::Open && entry.has_news {
                entry.has_news = false;
                self.events += 1;
                self.go_on(task);
            }
        }
    }

    /// Sends the load and whether the builder is ready.
    fn report(&mut self, at: u32) {
        let builder = &self.builders[at as usize];
        let (was, is) = (builder.is_ready, builder.would_be_ready());
        if was != is {
            self.has_change = true;
            self.change_lane(at, |builder| builder.is_ready = is);
        }
    }

    /// Asks the hub for tasks, inside which the scheduler may run, and opens one at most.
    fn get_tasks(&mut self, at: u32) {
        let now = self.now();
        if self.builders[at as usize].assigned.is_empty() && now >= self.next_run {
            self.run_scheduler();
        }
        while let Some(task) = self.first_assigned(at) {
            if self.has_no_handler(task, at) {
                // It is not taken: the turn goes on with the next.
                self.refuse(task, at, NEVER);
            } else {
                self.take(task, at);
                return;
            }
        }
    }

    fn first_assigned(&self, at: u32) -> Option<u32> {
        let order = |task: &u32| {
            let entry = &self.tasks[*task as usize];
            (entry.priority, entry.created, *task)
        };
        self.builders[at as usize].assigned.iter().copied().min_by_key(order)
    }

    fn take(&mut self, task: u32, at: u32) {
        let next = self.now() + self.settings.hub.builder_turn;
        self.change_lane(at, |builder| {
            builder.assigned.retain(|&other| other != task);
            builder.anchor = next;
        });
        match self.refused_by_handler(task, at) {
            Some(until) => self.refuse(task, at, until),
            None => self.open(task, at),
        }
        // After a turn that took something the next follows at once, whatever it finds.
        self.schedule_poll(at);
    }

    fn open(&mut self, task: u32, at: u32) {
        self.events += 1;
        let now = self.now();
        let speed = self.builders[at as usize].settings.speed;
        let entry = &mut self.tasks[task as usize];
        entry.state = TaskState::Open;
        entry.opened = now;
        entry.is_doomed = self.broken.contains(&entry.method);
        self.builders[at as usize].open.push(task);
        if let Some(work) = self.tasks[task as usize].work() {
            self.tasks[task as usize].left = super::builder::ms(work.run) / speed;
            self.weigh(at);
            self.plan_end(task, at);
        } else {
            self.weigh(at);
            self.go_on(task);
        }
    }

    fn plan_end(&mut self, task: u32, at: u32) {
        let rate = self.builders[at as usize].rate;
        let entry = &mut self.tasks[task as usize];
        let time: Timestamp = self.passed.time + super::builder::whole(entry.left / rate);
        entry.ends = time;
        self.push(Stamp { time, kind: Kind::End, index: task });
    }
}
