//! A koji hub that answers like a real one and builds nothing: the simulated hub behind koji's calls.
//!
//! ```text
//!   XML-RPC ─▶ serve ─▶ journal ─▶ Mock::call ─▶ one handler ─▶ answer or fault
//!                                     │
//!                                     ▼  time passes first
//!                     simulated hub: builders, scheduler, repos ─▶ notices ─▶ tasks, builds, tags
//! ```
//!
//! [`Mock`] is a pure state machine: a call and a moment go in, an answer comes out, and the same
//! calls at the same moments give the same answers. So a mock survives its own restart: its journal
//! has the calls that changed something, and they are repeated. Only `serve` has sockets and a
//! clock.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "values, tasks and faults of any other kind are treated alike"
)]

mod builders;
mod builds;
mod chains;
mod contents;
mod faults;
mod generators;
mod host_builds;
mod host_repos;
mod hosts;
mod hub_faults;
mod imports;
mod journal;
mod listings;
mod names;
mod opened_tasks;
mod packages;
mod past;
mod planned_builds;
mod plans;
mod repos;
mod serve;
mod sessions;
mod setup;
mod side_tags;
mod state;
mod table;
mod tagging;
mod tags;
mod targets;
mod task_changes;
mod task_lists;
mod tasks;
#[cfg(test)]
mod tests;
mod uploads;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::faults::Faults;
use self::hub_faults::HubFaults;
use self::state::{
    Build, BuildPlan, Buildroot, Caller, Channel, File, Generator, Host, Listing, Moment, Repo,
    RepoWish, Session, Tag, Target, Task, User,
};
use crate::hub::{Hub, Settings, TagId, TaskId};
use crate::koji::calls::{self, Map, MultiCall};
use crate::koji::{Arguments, Call, Fault, FaultKind, Value};
use crate::time::Timestamp;
use crate::trace::History;

pub use self::journal::{Journal, JournalError};
pub use self::serve::{ServeError, Served, serve};
pub use self::sessions::Credentials;
pub use self::setup::{MockSetup, Platform};

/// The permissions that a new koji has.
const PERMISSIONS: [&str; 9] =
    ["admin", "build", "repo", "regen-repo", "dist-repo", "host", "tag", "target", "image"];

/// A hub in memory.
#[derive(Clone, Debug)]
pub struct Mock {
    /// When the simulated time began.
    epoch: Moment,
    now: Timestamp,
    settings: Arc<Settings>,
    history: Arc<History>,
    always_passes: bool,
    sim: Hub,
    faults: Faults,
    hub_faults: HubFaults,
    /// The number of draws of each step of each package.
    luck: BTreeMap<(String, String, String), u32>,
    users: Vec<User>,
    /// The user of the repo manager.
    manager: i64,
    sessions: BTreeMap<i64, Session>,
    session_count: i64,
    key_count: u64,
    tags: Vec<Tag>,
    tag_names: BTreeMap<String, i64>,
    tag_of_sim: BTreeMap<TagId, i64>,
    /// Taggings of builds, in order.
    listings: Vec<Listing>,
    targets: BTreeMap<String, Target>,
    target_count: i64,
    external: Vec<(String, String)>,
    packages: BTreeMap<String, i64>,
    builds: Vec<Build>,
    nvrs: BTreeMap<String, i64>,
    rpm_count: i64,
    types: Vec<String>,
    generators: Vec<Generator>,
    plans: Vec<BuildPlan>,
    tasks: Vec<Task>,
    children: BTreeMap<i64, Vec<i64>>,
    task_of_sim: BTreeMap<TaskId, i64>,
    /// The number of tasks of the simulated hub with a koji number.
    adopted: u64,
    repos: Vec<Repo>,
    /// Those of builders that logged in.
    buildroots: Vec<Buildroot>,
    wishes: Vec<RepoWish>,
    hosts: Vec<Host>,
    channels: Vec<Channel>,
    /// Channels that simulated builders serve.
    simulated_channels: BTreeSet<i64>,
    /// When tasks without a simulated builder were last assigned.
    last_run: Option<Moment>,
    uploads: BTreeMap<String, File>,
    /// Repeats calls that were allowed before, without checking passwords and keys.
    is_repeating: bool,
}

/// A request, as received.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Asked {
    /// A call, as XML.
    Call(String),
    /// A piece of a file.
    Upload {
        /// The directory in the work area.
        directory: String,
        /// The name.
        name: String,
        /// Its path.
        offset: i64,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

impl Mock {
    /// Answers a request at a moment, and returns whether it may have changed something.
    pub fn answer(
        &mut self,
        at: Timestamp,
        credentials: &Credentials,
        asked: &Asked,
    ) -> (Result<Value, Fault>, bool) {
        self.advance(at);
        match asked {
            Asked::Call(text) => match calls_of(text) {
                Ok((method, params)) => {
                    let answer = self.call(credentials, &method, params);
                    (answer, is_change(&method))
                }
                Err(fault) => (Err(fault), false),
            },
            Asked::Upload { directory, name, offset, bytes } => {
                let answer = self.check_online().and_then(|()| {
                    let caller = self.identify(credentials, "rawUpload")?;
                    let stored = self.upload(caller, directory, name, *offset, bytes)?;
                    self.keep_number(caller, credentials.number);
                    Ok(stored)
                });
                (answer, true)
            }
        }
    }

    fn check_online(&self) -> Result<(), Fault> {
        if self.faults.offline > 0 {
            return Err(Fault::of(FaultKind::Offline, "hub is offline"));
        }
        Ok(())
    }

    /// Carries out a call in the name of a session.
    fn call(
        &mut self,
        credentials: &Credentials,
        method: &str,
        params: Vec<Value>,
    ) -> Result<Value, Fault> {
        self.check_online()?;
        let caller = self.identify(credentials, method)?;
        let is_write = !calls::is_read(method);
        if is_write && self.faults.refusing > 0 && !method.starts_with("host.") && method != "login"
        {
            return Err(Fault::of(FaultKind::LockTimeout, "could not get a lock in time"));
        }
        let arguments = Arguments::of(params);
        let answer = if matches!(method, "multiCall" | "system.multicall") {
            self.many(caller, MultiCall::of(arguments)?)
        } else {
            table::dispatch(self, caller, method, arguments)
        };
        let writes_number = is_change(method) && !matches!(method, "login" | "logout");
        if answer.is_ok() && writes_number {
            self.keep_number(caller, credentials.number);
        }
        self.settle();
        answer
    }

    /// Carries out several calls: each has its answer in a separate list, or a fault.
    fn many(&mut self, caller: Caller, call: MultiCall) -> Result<Value, Fault> {
        let answers = call.calls.into_iter().map(|call| {
            match table::dispatch(self, caller, &call.method, Arguments::of(call.params)) {
                Ok(value) => Value::List(vec![value]),
                Err(fault) => Value::Struct(Map::from([
                    ("faultCode".to_owned(), Value::Int(fault.code())),
                    ("faultString".to_owned(), fault.text.into()),
                    ("traceback".to_owned(), Value::List(Vec::new())),
                ])),
            }
        });
        Ok(Value::List(answers.collect()))
    }

    /// Applies the notices of the simulated hub at this moment.
    fn settle(&mut self) {
        self.advance(self.now);
    }

    fn add_user(&mut self, user: User) -> i64 {
        self.users.push(user);
        i64::try_from(self.users.len()).expect("few users")
    }

    fn moment(&self) -> Moment {
        self.moment_of(self.now)
    }

    fn moment_of(&self, time: Timestamp) -> Moment {
        self.epoch.saturating_add(i64::try_from(time.0).unwrap_or(i64::MAX))
    }

    /// Returns when an event was.
    fn event_moment(&self, event: i64) -> Moment {
        let event = crate::hub::EventId(u32::try_from(event).unwrap_or_default());
        self.sim.event_time(event).map_or(self.epoch, |time| self.moment_of(time))
    }

    /// Writes a moment as koji does.
    #[expect(clippy::unused_self, reason = "beside `seconds`, which it goes with")]
    fn text(&self, moment: Moment) -> String {
        let time = jiff::Timestamp::from_millisecond(moment).unwrap_or_default();
        let time = time.to_zoned(jiff::tz::TimeZone::UTC);
        time.strftime("%Y-%m-%d %H:%M:%S.%6f+00:00").to_string()
    }

    /// Returns a moment in seconds since 1970.
    #[expect(clippy::unused_self, reason = "beside `text`, which it goes with")]
    #[expect(clippy::cast_precision_loss, reason = "exact below 285 000 years")]
    fn seconds(&self, moment: Moment) -> f64 {
        moment as f64 / 1000.0
    }
}

/// Reads the call of a request.
fn calls_of(text: &str) -> Result<(String, Vec<Value>), Fault> {
    crate::koji::codec::read_call(text)
        .map_err(|error| Fault::of(FaultKind::Unexpected, format!("Invalid request: {error}")))
}

/// Returns whether a method changes something, even if only a task's wait ends.
fn is_change(method: &str) -> bool {
    !calls::is_read(method) || method == calls::HostTaskWaitResults::METHOD
}

/// Returns the index of a number; numbers begin at 1.
fn index(id: i64) -> usize {
    usize::try_from(id - 1).expect("a number that was looked up")
}

/// Returns the index of a number given by a caller, which may not exist.
fn place(id: i64) -> Option<usize> {
    usize::try_from(id.checked_sub(1)?).ok()
}

fn permission_id(name: &str) -> Option<i64> {
    PERMISSIONS.iter().zip(1..).find(|(known, _)| **known == name).map(|(_, id)| id)
}

/// Returns whether a text matches a shell pattern with `*` and `?`.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    // Each entry: whether the pattern up to here fits the text up to there.
    let mut fits = vec![false; text.len() + 1];
    fits[0] = true;
    for &sign in &pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = match sign {
                '*' => fits[at] || at > 0 && next[at - 1],
                _ => at > 0 && fits[at - 1] && (sign == '?' || sign == text[at - 1]),
            };
        }
        fits = next;
    }
    fits[text.len()]
}
