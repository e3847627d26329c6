//! Numbers of what a hub keeps: tasks, tags, requests for repos, and events of tags.

/// A task of one hub, numbered from 0 in the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

/// A build tag: what is built in it sees what is tagged into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagId(pub u32);

/// A request for a repo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

/// A place in the history of all tags, from 1; 0: before everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u32);

/// Returns the number of what comes after so many.
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).expect("a hub numbers what it keeps by u32")
}
