//! The process that drives a run, and whether it lives.

use std::fmt;
use std::fs;

/// A process on a host. A number of a process is used again after its end; the time of its birth tells
/// the two apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The name of its host.
    pub host: String,
    /// Its number there.
    pub pid: u32,
    /// The boot of the host and when the process began in it; empty where the system does not say.
    pub birth: String,
}

impl Holder {
    /// Returns this process.
    #[must_use]
    pub fn this_process() -> Self {
        Self::of(std::process::id())
    }

    /// Returns a process of this host by its number.
    #[must_use]
    pub fn of(pid: u32) -> Self {
        Self { host: host(), pid, birth: birth(pid).unwrap_or_default() }
    }

    /// Returns whether the process is known to be dead: it was of this host, and is there no more. Of a
    /// process on another host, or on a system that does not say, nothing is known.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        let is_here = self.host == host() && !self.birth.is_empty();
        is_here && birth(self.pid).as_deref() != Some(&self.birth)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.pid)
    }
}

fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname");
    name.map_or_else(|_| "localhost".to_owned(), |name| name.trim().to_owned())
}

/// Returns the boot of this host and the start of a process in it, from Linux's `/proc`: the 22nd field
/// of `stat`, counted behind the name in parentheses, which may hold blanks. A process that has ended
/// but was not waited for is dead.
fn birth(pid: u32) -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    let start = fields.nth(18)?;
    (state != "Z" && state != "X").then(|| format!("{}/{start}", boot.trim()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ended_is_dead_and_one_elsewhere_is_unknown() {
        let here = Holder::this_process();
        assert!(!here.is_dead(), "{here:?}");
        let older = Holder { birth: format!("{}9", here.birth), ..here.clone() };
        assert!(older.is_dead(), "the number was used again");
        let elsewhere = Holder { host: "elsewhere.example.org".to_owned(), ..older };
        assert!(!elsewhere.is_dead());
        assert_eq!(here.to_string(), format!("{}:{}", host(), std::process::id()));
    }
}
