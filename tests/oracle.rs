//! The library against independent judges: brute force, theory, other programs, hostile input.

mod bad_input;
mod bounds;
mod certificate;
mod graph;
mod margins;
mod peer_simpy;
mod plan;
mod resolution;
mod theory;
