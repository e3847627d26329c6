//! The one integration test binary.

#[cfg(test)]
mod cases_mbs;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod house;
#[cfg(test)]
mod resolution;
#[cfg(test)]
mod support;
