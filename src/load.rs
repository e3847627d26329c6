//! Bytes in, plain data and findings out.
//!
//! A [`Snapshot`] is what one or many inputs say together: modulemd documents, PDC rows, pages of
//! a Module Build Service. Problems in them are data: each is a [`Finding`] with its place, and
//! reading goes on. Nothing here knows what a graph is, and nothing here decides what is newest.

pub mod problem;
mod stream;

pub use problem::{Code, Finding, Place, Severity};
pub use stream::{Component, Dependencies, IncludedModule, Lock, Origin, Requirement, Stream};

/// Everything the inputs say, in the order in which it was read.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The inputs, in the order given; a [`Place`] points into this list.
    pub inputs: Vec<Input>,
    /// Every module build read, of every version and arch, duplicates of one NSVCA left out.
    pub streams: Vec<Stream>,
    /// Documents that could not be read but told enough to be missed.
    pub unreadable: Vec<Unreadable>,
    /// What is wrong or odd, in input order.
    pub findings: Vec<Finding>,
}

/// One input file, after directories and repositories are resolved to files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The path as findings print it; `-` for standard input.
    pub path: String,
    /// What the content is, in the words of the plan's `inputs[].kind`: `modulemd`, `pdc`, `mbs`.
    pub kind: &'static str,
    /// How many documents or rows it holds, good and bad.
    pub documents: usize,
    /// SHA-256 of the bytes as stored, in hexadecimal.
    pub sha256: String,
}

/// A document of a stream that could not be read: were it the newest of its stream, stepping back
/// to an older one in silence would be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The module it speaks of.
    pub module: crate::name::NameStream,
    /// Its version, 0 when that could not be read either.
    pub version: crate::name::Version,
    /// Where it stands.
    pub place: Place,
}
