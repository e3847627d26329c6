//! Every recorded case.
