//! The one integration test binary.

#[expect(dead_code, reason = "until the first test over the shared data")]
mod support;
