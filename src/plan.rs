//! What is rebuilt, from which builds, in which order.

pub mod batch;
pub mod context;
pub mod expand;
pub mod names;
pub mod platform;
pub mod resolve;
pub mod schedule;
pub mod version;
