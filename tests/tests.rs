//! The one integration test binary.

#[cfg(test)]
mod arrivals;
#[cfg(test)]
mod assumptions;
#[cfg(test)]
mod bad_ends;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod cases_mbs;
#[cfg(test)]
mod cases_modulemd;
#[cfg(test)]
mod check_show;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod expand;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod house;
#[cfg(test)]
mod peer_simpy;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod real_files;
#[cfg(all(test, feature = "live"))]
mod record;
#[cfg(test)]
mod recorded_hub;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod resolution;
#[cfg(test)]
mod reuse_plan;
#[cfg(test)]
mod support;
#[cfg(test)]
mod sweeps;
#[cfg(test)]
mod theory;
#[cfg(test)]
mod troubles;
#[cfg(test)]
mod worlds;
