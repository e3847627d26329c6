//! The platform that a build was made on, according to its document.

use super::platform::Platforms;
use crate::load::{Dependencies, Lock, Stream};
use crate::name::NameStream;

/// The platform that a build was made on, according to its document.
pub(crate) struct MadeOn {
    /// The platform.
    pub(crate) base: NameStream,
    /// The exact build of it, if the document records it.
    pub(crate) lock: Option<Lock>,
}

/// Finds the platform of a build: the one in its lock, otherwise the single platform stream of its
/// last dependency group, where expansion leaves the pinned group.
pub(crate) fn made_on(stream: &Stream, platforms: &Platforms) -> Option<MadeOn> {
    let locked = platforms.names.iter().find_map(|name| Some((name, stream.locks.get(name)?)));
    if let Some((name, lock)) = locked {
        let base = NameStream { name: name.clone(), stream: lock.stream.clone() };
        return Some(MadeOn { base, lock: Some(lock.clone()) });
    }
    let of_group = |group: &Dependencies| {
        let name = platforms.names.iter().find(|name| group.buildrequires.contains_key(*name))?;
        let mut streams = group.buildrequires[name].streams.iter();
        let only = streams.next().filter(|stream| stream.negated().is_none())?;
        let base = NameStream { name: name.clone(), stream: only.clone() };
        streams.next().is_none().then_some(MadeOn { base, lock: None })
    };
    stream.dependencies.iter().rev().find_map(of_group)
}

/// Returns the platform that a build was made on, according to its document.
pub(crate) fn platform_of(stream: &Stream, platforms: &Platforms) -> Option<NameStream> {
    made_on(stream, platforms).map(|made| made.base)
}
