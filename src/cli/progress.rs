//! A progress bar for work that takes longer than a second, on a terminal only.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::Console;

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Counts steps, and shows their rate and the time left; any thread may count, and nothing of it reaches data.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
    may_show: bool,
    shown: OnceLock<()>,
}

impl Progress {
    /// Starts to count up to `steps` of `what`, such as `replications`.
    #[expect(clippy::disallowed_methods, reason = "a bar for people waits by the wall clock")]
    pub(crate) fn start(console: &Console, what: &'static str, steps: u64) -> Self {
        let style =
            ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}, {per_sec}, {eta} left")
                .expect("the template is right")
                .progress_chars("=> ");
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden())
            .with_style(style)
            .with_message(what);
        let may_show = console.shows_progress();
        Self { bar, started: Instant::now(), may_show, shown: OnceLock::new() }
    }

    /// Counts one step.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
        self.show();
    }

    /// Says how many steps are done.
    #[cfg(feature = "live")]
    pub(crate) fn set(&self, done: u64) {
        self.bar.set_position(done);
        self.show();
    }

    fn show(&self) {
        if self.may_show && self.started.elapsed() > PATIENCE {
            self.shown.get_or_init(|| self.bar.set_draw_target(ProgressDrawTarget::stderr()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
