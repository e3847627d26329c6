//! No password, session key or token is in anything that is written: errors, `Debug`, logs, output, files.

mod echoes;
mod program;

use std::io;
use std::sync::{Arc, Mutex};

/// So many bytes of a secret in a row are a leak.
const PART: usize = 8;

/// Everything written during a test.
#[derive(Clone, Default)]
pub(super) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    pub(super) fn add(&self, text: &str) {
        self.0.lock().expect("no panic").extend(text.as_bytes());
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned()
    }

    /// Runs something; the log of the library and its HTTP client is captured here.
    pub(super) fn logging<T>(&self, run: impl FnOnce() -> T) -> T {
        let own = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::level_filters::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || own.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, run)
    }

    /// Fails if a secret, or a part of it, was written.
    pub(super) fn holds_none_of(&self, secrets: &[&str]) {
        let text = self.text();
        for secret in secrets {
            for part in parts(secret) {
                let at = text.find(part);
                assert_eq!(at, None, "`{part}` of a secret was written:\n{text}");
            }
        }
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns each part of a secret that is a leak.
fn parts(secret: &str) -> Vec<&str> {
    let starts = 0..=secret.len().saturating_sub(PART);
    starts.filter_map(|at| secret.get(at..(at + PART).min(secret.len()))).collect()
}

#[test]
fn a_part_of_a_secret_is_found() {
    assert_eq!(parts("0123456789"), ["01234567", "12345678", "23456789"]);
    assert_eq!(parts("0123"), ["0123"]);
}
