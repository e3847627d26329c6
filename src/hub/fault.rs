//! What goes wrong from outside: builders that are lost, a hub that is offline, repos that break.

use super::{Hub, Kind, Method, Stamp};
use crate::time::Millis;

impl Hub {
    /// Takes the hub offline: no builder, client or repo manager reaches it.
    pub fn go_offline(&mut self) {
        self.outage.begin();
        for at in 0..self.builders.count() {
            if !self.builders[at].is_lost {
                self.builders.schedule(at, &mut self.agenda);
            }
        }
    }

    /// Brings the hub back: everybody reaches it when next trying again.
    pub fn go_online(&mut self) {
        let Some(held) = self.outage.end() else { return };
        for held in held {
            self.reach(held);
        }
        self.call_manager();
        self.call_autoregen_of_all();
    }

    /// Has one who could not reach the hub try again.
    fn reach(&mut self, held: Stamp) {
        let hub = &self.settings.hub;
        let every = if held.kind == Kind::Arrive { hub.client_retry } else { hub.retry_interval };
        let tries = (self.now() - held.time).0 / every.0 + 1;
        let time = held.time + Millis(tries * every.0);
        match held.kind {
            Kind::Poll if self.builders[held.index].is_lost => return,
            Kind::Poll => self.builders.reach_at(held.index, time),
            Kind::End if self.tasks[held.index].ends != held.time => return,
            Kind::End => self.tasks[held.index].ends = time,
            // It sleeps and looks again, as ever.
            Kind::Look => {
                self.plan_look(held.index);
                return;
            }
            Kind::Wake | Kind::Arrive | Kind::AutoRegen | Kind::Manager => {}
        }
        self.agenda.push(Stamp { time, ..held });
    }

    /// Loses a builder: it answers no more, and what runs on it stops.
    pub fn lose(&mut self, at: u32) {
        if self.builders[at].is_lost {
            return;
        }
        let heard = self.heard(at);
        self.outage.forget_polls(at);
        self.builders.lose(at, heard);
        for &task in &self.builders[at].open {
            let task = &mut self.tasks[task];
            if task.is_leaf() {
                task.stop();
            }
        }
        self.dispatch.change();
        let hub = &self.settings.hub;
        let until = heard + hub.host_timeout.min(hub.assign_timeout);
        self.dispatch.wake_after(until, &mut self.agenda);
        self.plan_run();
    }

    /// Brings a lost builder back: it polls at once, and gives back the tasks that it had open.
    pub fn recover(&mut self, at: u32) {
        if !self.builders[at].is_lost {
            return;
        }
        let again = self.now() + self.settings.hub.builder_turn;
        self.builders.recover(at, again);
        self.builders.schedule(at, &mut self.agenda);
    }

    /// Returns whether nobody reaches the hub.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.outage.is_offline()
    }

    /// Has every task of a method fail that begins from now on, or no longer.
    pub fn set_broken(&mut self, method: Method, is_broken: bool) {
        self.outage.set_broken(method, is_broken);
    }

    /// Returns the builders of a group, by position: those that are lost, or those that are not.
    pub fn builders_of(&self, group: u32, is_lost: bool) -> impl Iterator<Item = u32> {
        let builders = (0..).zip(self.builders.iter());
        let is_wanted = move |builder: &super::builder::Builder| {
            builder.settings.group == group && builder.is_lost == is_lost
        };
        builders.filter(move |(_, builder)| is_wanted(builder)).map(|(at, _)| at)
    }
}
