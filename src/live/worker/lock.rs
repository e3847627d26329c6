//! The lock file of a worker: two of one machine would take the host from each other for ever.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::WorkerError;

/// A lock that is held until it is dropped; the system gives up that of a process that dies.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "open, it is locked")] File);

impl Lock {
    /// Takes the lock of a file, which is made where it is not there.
    pub(super) fn take(path: &Path) -> Result<Self, WorkerError> {
        let failed = |source| WorkerError::Lock { path: path.to_owned(), source };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(path);
        let file = file.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(WorkerError::Held { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_held_by_one_at_a_time() {
        let path = std::env::temp_dir().join(format!("modplan-lock-{}", std::process::id()));
        let first = Lock::take(&path).expect("it is free");
        assert!(matches!(Lock::take(&path), Err(WorkerError::Held { .. })));
        drop(first);
        assert!(Lock::take(&path).is_ok());
        std::fs::remove_file(&path).expect("it is there");
    }
}
