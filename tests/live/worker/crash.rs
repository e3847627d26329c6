//! A worker that dies anywhere, and requests that are lost anywhere: each component is built once, and the
//! module is imported once.
