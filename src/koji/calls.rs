//! The calls that the client makes and the mock hub answers, by koji's names.
//!
//! Parameters before `;` are required. A name in quotes is koji's spelling of a parameter, if it
//! differs from ours. Signatures are those of hub 1.35.3.

mod builder;
mod builds;
mod hosts;
mod repos;
mod session;
mod tags;
mod tasks;

use std::collections::BTreeMap;

use super::call::{Arguments, Call};
use super::fault::Fault;
use super::value::{Mismatch, Value};

pub use builder::*;
pub use builds::*;
pub use hosts::*;
pub use repos::*;
pub use session::*;
pub use tags::*;
pub use tasks::*;

/// A struct without a fixed shape, such as the `extra` of a tag.
pub type Map = BTreeMap<String, Value>;

/// A typed call, for code that handles calls by the names of their methods.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The method.
    pub method: &'static str,
    /// Its parameters in koji's order.
    pub parameters: &'static [&'static str],
    /// How many of them are required.
    pub required: usize,
    /// Reads the typed call and writes it in its original spelling.
    pub respell: fn(Arguments) -> Result<Arguments, Fault>,
    /// Reads the typed answer and writes it.
    pub reread: fn(Value) -> Result<Value, Mismatch>,
}

impl Entry {
    const fn of<C: Call>() -> Self {
        Self {
            method: C::METHOD,
            parameters: C::PARAMETERS,
            required: C::REQUIRED,
            respell: |arguments| {
                let spelling = arguments.spelling();
                C::of(arguments).map(|call| call.spelled(&spelling))
            },
            reread: |answer| answer.read::<C::Answer>().map(|answer| Value::of(&answer)),
        }
    }
}

/// Returns every typed call, by area.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    let tables = [
        session::CALLS,
        hosts::CALLS,
        tags::CALLS,
        repos::CALLS,
        tasks::CALLS,
        builds::CALLS,
        builder::CALLS,
    ];
    tables.into_iter().flatten()
}

/// Returns whether a method changes nothing at the hub, so that a call that may have been carried
/// out can be repeated with another number. koji has no flag for this, so it is known from the
/// names. A multicall counts as writing.
#[must_use]
pub fn is_read(method: &str) -> bool {
    const PREFIXES: [&str; 4] = ["get", "list", "query", "scheduler.get"];
    const OTHERS: [&str; 20] = [
        "_listapi",
        "checkUpload",
        "downloadTaskOutput",
        "echo",
        "findBuildID",
        "hasPerm",
        "host.getHost",
        "host.getHostTasks",
        "host.getID",
        "mavenEnabled",
        "repo.checkRequest",
        "repo.get",
        "repo.query",
        "repo.queryQueue",
        "repoInfo",
        "search",
        "showSession",
        "tagLastChangeEvent",
        "taskFinished",
        "host.taskWaitResults",
    ];
    PREFIXES.iter().any(|prefix| method.starts_with(prefix)) || OTHERS.contains(&method)
}

/// Returns the typed call of a method.
#[must_use]
pub fn of(method: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.method == method)
}

/// Spells a parameter as koji does.
macro_rules! wire {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $wire:literal) => {
        $wire
    };
}

/// Names the field that holds arguments of any other name.
macro_rules! rest {
    () => {
        None
    };
    ($field:ident) => {
        Some(stringify!($field))
    };
}

/// Declares calls: `Name "method" (required; optional) -> Answer`, with `..name` for arguments of any
/// other name.
macro_rules! calls {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident $method:literal (
            $($required:ident $($rwire:literal)? : $rtype:ty),*
            $(; $($optional:ident $($owire:literal)? : $otype:ty),*)?
            $(; .. $rest:ident)?
        ) -> $answer:ty,
    )*) => {
        pub(super) const CALLS: &[super::Entry] =
            &[$($crate::koji::calls::Entry::of::<$name>(),)*];
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
            pub struct $name {
                $(
                    #[doc = concat!("Koji's `", $crate::koji::calls::wire!($required $($rwire)?), "`.")]
                    $(#[serde(rename = $rwire)])?
                    pub $required: $rtype,
                )*
                $($(
                    #[doc = concat!("Koji's `", $crate::koji::calls::wire!($optional $($owire)?), "`.")]
                    $(#[serde(rename = $owire)])?
                    pub $optional: Option<$otype>,
                )*)?
                $(
                    /// Arguments of any other name.
                    #[serde(default)]
                    pub $rest: std::collections::BTreeMap<String, $crate::koji::Value>,
                )?
            }

            impl $crate::koji::Call for $name {
                type Answer = $answer;
                const METHOD: &'static str = $method;
                const PARAMETERS: &'static [&'static str] = &[
                    $($crate::koji::calls::wire!($required $($rwire)?),)*
                    $($($crate::koji::calls::wire!($optional $($owire)?),)*)?
                ];
                const REQUIRED: usize = <[&str]>::len(&[$(stringify!($required),)*]);
                const REST: Option<&'static str> = $crate::koji::calls::rest!($($rest)?);
            }
        )*
    };
}

use {calls, rest, wire};
