//! The library against judges of its own: brute force, theory, other programs, hostile input.

mod bad_input;
mod graph;
mod peer_simpy;
mod plan;
mod resolution;
mod theory;
