//! The initial state of a mock hub.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Mock;
use super::faults::Faults;
use super::hub_faults::HubFaults;
use super::state::{Channel, Generator, Host, User};
use crate::farm::Farm;
use crate::hub::{CHANNEL_CREATEREPO, CHANNEL_DEFAULT, Hub, Phases, Settings};
use crate::koji::Value;
use crate::koji::calls::Map;
use crate::koji::shapes::Secret;
use crate::name::Arch;
use crate::scenario::{Outcomes, Scenario};
use crate::time::{Millis, Timestamp};
use crate::trace::History;

/// Arches that tags may have even without a builder.
const ARCHES: [&str; 7] = ["aarch64", "armv7hl", "i686", "ppc64le", "riscv64", "s390x", "x86_64"];

/// The channels of a new koji, besides those of the farm.
const CHANNELS: [&str; 9] =
    ["default", "createrepo", "maven", "livecd", "appliance", "vm", "image", "livemedia", "module"];

/// A platform, on which modules are built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// The tag that modules are built on.
    pub tag: String,
    /// Its arches; empty: those of the farm.
    pub arches: Vec<String>,
    /// The tag that modules are shipped into.
    pub publish_to: Option<String>,
}

/// The inputs of a mock hub.
#[derive(Clone, Debug)]
pub struct MockSetup {
    /// The start of its time, in milliseconds since 1970.
    pub epoch: i64,
    /// The builders.
    pub farm: Farm,
    /// Durations and outcomes of builds; also the history before the start.
    pub history: History,
    /// The faults.
    pub scenario: Scenario,
    /// The platforms whose tags are there.
    pub platforms: Vec<Platform>,
    /// Users with their passwords; all are admins.
    pub users: Vec<(String, Secret)>,
}

impl Mock {
    /// Makes a hub.
    #[must_use]
    pub fn new(setup: MockSetup) -> Self {
        let mut settings = Settings::of(&setup.farm, ARCHES.map(Arch::from));
        // Clients pace themselves.
        settings.hub.submit_interval = Millis::ZERO;
        let settings = Arc::new(settings);
        let builders = settings.builders.len() as u64;
        // Evenly spread, like those of builders started at different times.
        let period = settings.period();
        let phase = |at: u64| Millis(period.0 * at / builders.max(1));
        let phases = Phases { builders: (0..builders).map(phase).collect(), ..Phases::default() };
        let mut mock = Self {
            epoch: setup.epoch,
            now: Timestamp::START,
            sim: Hub::new(Arc::clone(&settings), &phases),
            faults: Faults::of(&setup.scenario),
            hub_faults: HubFaults::of(&setup.scenario.hub_faults),
            always_passes: setup.scenario.builds.outcomes == Outcomes::AlwaysPass,
            history: Arc::new(setup.history),
            settings,
            luck: Default::default(),
            users: Vec::new(),
            manager: 0,
            sessions: Default::default(),
            session_count: 0,
            key_count: 0,
            tags: Vec::new(),
            tag_names: Default::default(),
            tag_of_sim: Default::default(),
            listings: Vec::new(),
            targets: Default::default(),
            target_count: 0,
            external: Vec::new(),
            packages: Default::default(),
            builds: Vec::new(),
            nvrs: Default::default(),
            rpm_count: 0,
            types: ["rpm", "maven", "win", "image", "module"].map(str::to_owned).to_vec(),
            generators: Vec::new(),
            plans: Vec::new(),
            tasks: Vec::new(),
            children: Default::default(),
            task_of_sim: Default::default(),
            adopted: 0,
            repos: Vec::new(),
            buildroots: Vec::new(),
            wishes: Vec::new(),
            hosts: Vec::new(),
            channels: Vec::new(),
            simulated_channels: BTreeSet::new(),
            last_run: None,
            uploads: Default::default(),
            is_repeating: false,
        };
        mock.add_people(&setup.users);
        mock.add_builders();
        mock.add_platforms(&setup.platforms);
        mock.add_past(setup.epoch);
        mock
    }

    fn add_people(&mut self, users: &[(String, Secret)]) {
        for (name, password) in users {
            self.add_user(User {
                name: name.clone(),
                password: Some(password.clone()),
                permissions: ["admin".to_owned()].into(),
                is_host: false,
            });
        }
        self.manager = self.add_user(User {
            name: "kojira".to_owned(),
            password: None,
            permissions: ["repo".to_owned()].into(),
            is_host: false,
        });
        let users = (1..=self.manager).collect();
        let name = "module-build-service".to_owned();
        self.generators.push(Generator { name, users });
    }

    fn add_builders(&mut self) {
        let settings = Arc::clone(&self.settings);
        let names = CHANNELS.iter().map(|name| (*name).to_owned());
        let others = settings.channels.iter().filter(|name| !CHANNELS.contains(&name.as_str()));
        for name in names.chain(others.cloned()) {
            self.channels.push(Channel { name, is_enabled: true });
        }
        let id_of = |name: &str| {
            let at = self.channels.iter().position(|channel| channel.name == name);
            i64::try_from(at.expect("every channel was added")).expect("few channels") + 1
        };
        let ids: Vec<i64> = settings.channels.iter().map(|name| id_of(name)).collect();
        self.simulated_channels = [id_of(CHANNEL_DEFAULT), id_of(CHANNEL_CREATEREPO)].into();
        let mut numbers = vec![0; settings.groups.len()];
        for (at, builder) in (0..).zip(&settings.builders) {
            let group = builder.group as usize;
            numbers[group] += 1;
            let name = format!("{}-{:02}", settings.groups[group], numbers[group]);
            let user = self.add_user(User {
                name: name.clone(),
                password: None,
                permissions: BTreeSet::new(),
                is_host: true,
            });
            let arches = builder.arches.iter().map(|at| settings.arches[at as usize].to_string());
            let jobs = builder.max_jobs.map_or(Value::Nil, |jobs| Value::Int(jobs.into()));
            self.hosts.push(Host {
                name,
                user,
                arches: arches.collect(),
                capacity: builder.capacity,
                is_enabled: true,
                description: None,
                comment: None,
                channels: builder.channels.iter().map(|&at| ids[at as usize]).collect(),
                sim: Some(at),
                is_ready: true,
                load: 0.0,
                data: Value::Struct(Map::from([("maxjobs".to_owned(), jobs)])),
                updated: self.epoch,
            });
        }
    }

    fn add_platforms(&mut self, platforms: &[Platform]) {
        let own: BTreeSet<&String> = self.hosts.iter().flat_map(|host| &host.arches).collect();
        let own = own.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        for platform in platforms {
            let arches =
                if platform.arches.is_empty() { own.clone() } else { platform.arches.join(" ") };
            let tag = self.make_tag(&platform.tag, Some(arches), Map::new());
            let groups = &mut self.tags[super::index(tag)].groups;
            groups.insert("build".to_owned(), vec!["bash".to_owned()]);
            groups.insert("srpm-build".to_owned(), vec!["bash".to_owned()]);
            let Some(name) = &platform.publish_to else { continue };
            if !self.tag_names.contains_key(name) {
                self.make_tag(name, None, Map::new());
            }
        }
    }
}
