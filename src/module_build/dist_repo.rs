//! Repositories that koji makes for users of a tag: its dist-repos. koji takes the signed copies of RPMs, and
//! writes those that are missing; of modules it knows nothing.

use std::collections::BTreeSet;

use super::hub_call::{HubCall, Permission};
use crate::koji::Value;
use crate::koji::calls::{DistRepo, Map};
use crate::name::Arch;

/// koji knows a key by its last digits.
const KEY_DIGITS: usize = 8;

/// Returns the keys as koji knows them.
#[must_use]
pub fn koji_keys(keys: &[String]) -> Vec<String> {
    let short = |key: &String| key[key.len().saturating_sub(KEY_DIGITS)..].to_owned();
    keys.iter().map(short).collect()
}

/// Returns the call that has a dist-repo of a tag made: all of the tag for its arches, with sources, without
/// what the tag inherits. With keys, every RPM must have a signature by one of them, the first that has one.
///
/// koji's own client sends every option, and koji misses some that are left out.
#[must_use]
pub fn dist_repo(tag: &str, arches: &BTreeSet<Arch>, keys: &[String]) -> HubCall {
    let keys = koji_keys(keys);
    let all = arches.iter().map(Arch::as_str).chain(["src"]);
    let settings = [
        ("allow_missing_signatures", Value::Bool(keys.is_empty())),
        ("arch", Value::List(all.map(Value::from).collect())),
        ("comps", Value::Nil),
        ("delta", Value::List(Vec::new())),
        ("event", Value::Nil),
        ("inherit", Value::Bool(false)),
        ("latest", Value::Bool(true)),
        ("multilib", Value::Bool(false)),
        ("skip_missing_signatures", Value::Bool(false)),
        ("skip_stat", Value::Bool(true)),
        ("split_debuginfo", Value::Bool(false)),
        ("volume", Value::Nil),
        ("write_signed_rpms", Value::Bool(!keys.is_empty())),
        ("zck", Value::Bool(false)),
        ("zck_dict_dir", Value::Nil),
    ];
    let settings: Map = settings.map(|(name, value)| (name.to_owned(), value)).into();
    let call = DistRepo { tag: tag.into(), keys, settings };
    HubCall::of(&call, Permission::DistRepo)
}

/// A dist-repo that was asked for, as its task shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedDistRepo {
    /// The tag.
    pub tag: String,
    /// koji's number of the repository.
    pub repo_id: i64,
    /// The keys.
    pub keys: Vec<String>,
    /// The event of the tag that it shows; `None` where the hub does not say.
    pub event: Option<i64>,
}

impl AskedDistRepo {
    /// Reads the request of a `distRepo` task: the tag, the number, the keys and the options.
    #[must_use]
    pub fn read(request: &Value) -> Option<Self> {
        let parts = request.as_list()?;
        let keys = parts.get(2)?.as_list()?.iter().map(|key| Some(key.as_str()?.to_owned()));
        Some(Self {
            tag: parts.first()?.as_str()?.to_owned(),
            repo_id: parts.get(1)?.as_int()?,
            keys: keys.collect::<Option<_>>()?,
            event: parts.get(3).and_then(|options| options.get("event")?.as_int()),
        })
    }

    /// Returns whether it shows a tag as it is since an event, by the same keys.
    #[must_use]
    pub fn shows(&self, tag: &str, keys: &[String], since: i64) -> bool {
        self.tag == tag && self.keys == koji_keys(keys) && self.event.is_some_and(|at| at >= since)
    }

    /// Returns the steps from the top of the hub's files to it.
    #[must_use]
    pub fn place(&self) -> Vec<String> {
        ["repos-dist", &self.tag, &self.repo_id.to_string()].map(str::to_owned).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_option_is_sent_and_keys_are_short() {
        let arches = ["x86_64".into()].into();
        let call = dist_repo("module-perl", &arches, &["99f0b2eaabcd1234".to_owned()]);
        let params = serde_json::Value::from(Value::List(call.params()));
        assert_eq!((&params[0], &params[1]), (&json!("module-perl"), &json!(["abcd1234"])));
        assert_eq!(params[2]["arch"], json!(["x86_64", "src"]));
        assert_eq!(params[2]["allow_missing_signatures"], json!(false));
        assert_eq!(params[2]["write_signed_rpms"], json!(true));
        assert_eq!(params[2].as_object().expect("a map").len(), 16);
        let unsigned = dist_repo("module-perl", &arches, &[]).params();
        assert_eq!(unsigned[2].get("allow_missing_signatures"), Some(&Value::Bool(true)));
        assert!(call.is_write());
    }

    #[test]
    fn what_was_asked_for_is_read_from_its_task() {
        let request = json!(["module-perl", 17, ["abcd1234"], {"event": 221, "arch": ["src"]}]);
        let asked = AskedDistRepo::read(&Value::from(request)).expect("it has the shape");
        assert_eq!(asked.place(), ["repos-dist", "module-perl", "17"]);
        let keys = ["abcd1234".to_owned()];
        assert!(asked.shows("module-perl", &keys, 221));
        assert!(!asked.shows("module-perl", &keys, 222), "the tag changed");
        assert!(!asked.shows("module-perl", &[], 1) && !asked.shows("perl", &keys, 1));
        assert_eq!(AskedDistRepo::read(&Value::from(json!(["t", "17"]))), None);
    }
}
