//! Stream expansion as a whole.
