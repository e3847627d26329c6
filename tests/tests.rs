//! The one integration test binary.

#[cfg(test)]
mod house;
#[cfg(test)]
#[expect(dead_code, reason = "until the first test over the shared data")]
mod support;
