//! Why a component is rebuilt, in words.

use std::fmt;

use super::Strategy;
use crate::name::{ComponentKey, ModuleName, NameStream};

/// Why a component is not reused; the first reason that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The strategy is to build everything.
    StrategyAll,
    /// There is no earlier build of the module.
    NoEarlierBuild,
    /// There are earlier builds of the module, but none on a usable platform.
    OtherPlatform {
        /// The newest of them, `name:stream:version:context`.
        build: String,
        /// The platform it was made on; `None` if unknown.
        on: Option<NameStream>,
        /// The platform to build on.
        wanted: NameStream,
    },
    /// There are earlier builds of the module, all made with other streams.
    OtherStreams {
        /// The newest of them, `name:stream:version:context`.
        build: String,
        /// A module that it was made with in another stream; `None` if not recorded.
        differs: Option<ModuleName>,
    },
    /// The earlier build was not made with a strategy that this one can follow.
    EarlierStrategy(Strategy),
    /// The earlier build did not have the component.
    NewComponent,
    /// Its module, or its package, was named as changed.
    Named,
    /// Nothing pins the source: a branch may have moved.
    Unpinned,
    /// The artifacts of one build include several source packages of it.
    AmbiguousSource {
        /// The packages, sorted.
        packages: Vec<String>,
    },
    /// The source is another one.
    SourceChanged {
        /// The earlier value.
        from: String,
        /// The current value.
        to: String,
    },
    /// The arches are other ones.
    ArchesChanged,
    /// It is in another batch.
    BatchChanged {
        /// The earlier one.
        from: u32,
        /// The one now.
        to: u32,
    },
    /// The module's macros are other ones.
    MacrosChanged,
    /// A component of an earlier batch was added, removed, changed or rebuilt.
    EarlierBatchChanged {
        /// The batch.
        batch: u32,
        /// One such component.
        component: ComponentKey,
    },
    /// It waits for other components than before.
    OrderChanged,
    /// A component it waits for is rebuilt.
    DependsOn(ComponentKey),
    /// A buildrequired module is a different build than before.
    BuildrequireChanged {
        /// The module.
        name: ModuleName,
        /// The earlier build, as `stream:version:context`; `None` if it was not buildrequired.
        from: Option<String>,
        /// The current build; `None` if it is rebuilt and has no version yet, or is gone.
        to: Option<String>,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StrategyAll => f.write_str("the rebuild strategy is all"),
            Self::NoEarlierBuild => f.write_str("there is no earlier build of the module"),
            Self::OtherPlatform { build, on: Some(on), wanted } => {
                write!(f, "the earlier build {build} was made on {on}, which {wanted} cannot use")
            }
            Self::OtherPlatform { build, on: None, wanted } => {
                write!(f, "the earlier build {build} does not say that it was made for {wanted}")
            }
            Self::OtherStreams { build, differs: Some(name) } => {
                write!(f, "the earlier build {build} was made with another stream of {name}")
            }
            Self::OtherStreams { build, differs: None } => {
                write!(f, "the earlier build {build} was made in another buildroot")
            }
            Self::EarlierStrategy(strategy) => {
                write!(f, "the earlier build was made with {strategy}, which cannot be reused")
            }
            Self::NewComponent => f.write_str("the earlier build does not contain it"),
            Self::Named => f.write_str("it was named as changed"),
            Self::Unpinned => f.write_str("its source is not pinned to a commit"),
            Self::AmbiguousSource { packages } => {
                write!(f, "its source is ambiguous: {}", packages.join(" or "))
            }
            Self::SourceChanged { from, to } => write!(f, "its source changed from {from} to {to}"),
            Self::ArchesChanged => f.write_str("its arches changed"),
            Self::BatchChanged { from, to } => {
                write!(f, "it moved from batch {from} to batch {to}")
            }
            Self::MacrosChanged => f.write_str("the macros of the module changed"),
            Self::EarlierBatchChanged { batch, component } => {
                write!(
                    f,
                    "batch {batch} before it changed: {component} was added, removed or rebuilt"
                )
            }
            Self::OrderChanged => f.write_str("it waits for different components than before"),
            Self::DependsOn(component) => write!(f, "{component} before it is rebuilt"),
            Self::BuildrequireChanged { name, from, to } => match (from, to) {
                (Some(from), Some(to)) => write!(f, "{name} changed from {from} to {to}"),
                (Some(from), None) => write!(f, "{name} is no longer {from}"),
                (None, Some(to)) => write!(f, "{name} {to} was not there before"),
                (None, None) => write!(f, "{name} is rebuilt"),
            },
        }
    }
}
