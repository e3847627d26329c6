//! What goes wrong from outside: builders that are lost, a hub that is offline, repos that break.

use super::{Hub, Kind, Method, Stamp};
use crate::time::Millis;

impl Hub {
    /// Takes the hub offline: no builder, client or repo manager reaches it.
    pub fn go_offline(&mut self) {
        self.is_offline = true;
        for at in 0..self.builder_count() {
            if !self.builders[at as usize].is_lost {
                self.schedule_poll(at);
            }
        }
    }

    /// Brings the hub back: everybody reaches it when next trying again.
    pub fn go_online(&mut self) {
        if !std::mem::take(&mut self.is_offline) {
            return;
        }
        for held in std::mem::take(&mut self.held) {
            let index = held.index as usize;
            let hub = &self.settings.hub;
            let every =
                if held.kind == Kind::Arrive { hub.client_retry } else { hub.retry_interval };
            let tries = (self.now() - held.time).0 / every.0 + 1;
            let time = held.time + Millis(tries * every.0);
            match held.kind {
                Kind::Poll if self.builders[index].is_lost => continue,
                Kind::Poll => self.builders[index].anchor = time,
                Kind::End if self.tasks[index].ends != held.time => continue,
                Kind::End => self.tasks[index].ends = time,
                // It sleeps and looks again, as ever.
                Kind::Look => {
                    self.plan_look(held.index);
                    continue;
                }
                Kind::Wake | Kind::Arrive | Kind::AutoRegen | Kind::Manager => {}
            }
            self.push(Stamp { time, ..held });
        }
        self.call_manager();
        self.call_autoregen_of_all();
    }

    /// Keeps what could not reach the hub.
    pub(super) fn hold(&mut self, kind: Kind, index: u32) {
        self.held.push(Stamp { time: self.now(), kind, index });
    }

    /// Loses a builder: it answers no more, and what runs on it stops.
    pub fn lose(&mut self, at: u32) {
        if self.builders[at as usize].is_lost {
            return;
        }
        let heard = self.heard(at);
        self.held.retain(|held| held.kind != Kind::Poll || held.index != at);
        self.change_lane(at, |builder| {
            builder.heard = heard;
            builder.is_lost = true;
        });
        for task in self.builders[at as usize].open.clone() {
            if self.tasks[task as usize].is_leaf() {
                self.tasks[task as usize].ends = super::task::NEVER;
                self.tasks[task as usize].left = 0.0;
            }
        }
        self.has_change = true;
        let hub = &self.settings.hub;
        let until = heard + hub.host_timeout.min(hub.assign_timeout);
        self.wake_after(until);
        self.plan_run();
    }

    /// Brings a lost builder back: it polls at once, and gives back the tasks that it had open.
    pub fn recover(&mut self, at: u32) {
        if !self.builders[at as usize].is_lost {
            return;
        }
        let again = self.now() + self.settings.hub.builder_turn;
        self.change_lane(at, |builder| {
            builder.is_lost = false;
            builder.is_away = true;
            builder.is_restarted = true;
            builder.anchor = again;
        });
        self.schedule_poll(at);
    }

    /// Returns whether nobody reaches the hub.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.is_offline
    }

    /// Has every task of a method fail that begins from now on, or no longer.
    pub fn set_broken(&mut self, method: Method, is_broken: bool) {
        self.broken.retain(|&known| known != method);
        if is_broken {
            self.broken.push(method);
        }
    }

    /// Returns the builders of a group, by position: those that are lost, or those that are not.
    pub fn builders_of(&self, group: u32, is_lost: bool) -> impl Iterator<Item = u32> {
        let builders = (0..).zip(&self.builders);
        let is_wanted = move |builder: &super::Builder| {
            builder.settings.group == group && builder.is_lost == is_lost
        };
        builders.filter(move |(_, builder)| is_wanted(builder)).map(|(at, _)| at)
    }
}
