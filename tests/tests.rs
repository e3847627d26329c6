//! The one integration test binary.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod house;
#[cfg(all(test, feature = "live"))]
mod live;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod support;
#[cfg(test)]
mod worlds;
