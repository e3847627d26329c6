//! Stream expansion: one document becomes one build for every valid choice of buildrequired streams.

mod streams;

pub use streams::{AmbiguousStream, StreamContext, expand_streams, negated};
