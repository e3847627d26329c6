//! A test that hangs must fail, not hang the run.

use std::sync::mpsc;
use std::time::Duration;

/// Returns what `work` makes, or fails where that takes more than a minute.
pub(crate) fn within_a_minute<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        // Nobody listens any more where the minute is over.
        let _late = sender.send(work());
    });
    match receiver.recv_timeout(Duration::from_secs(60)) {
        Ok(made) => made,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what} takes more than a minute"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().expect_err("it died"))
        }
    }
}
