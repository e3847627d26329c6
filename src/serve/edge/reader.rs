//! Reads from the store what has changed there.

use std::sync::{Arc, PoisonError, RwLock};

use crate::serve::{Book, ModuleBuild};
use crate::store::{Store, StoreError};

/// A book, and up to which change of the store it was read.
#[derive(Debug, Default)]
pub(super) struct Reader {
    change: i64,
    book: Arc<RwLock<Book>>,
}

impl Reader {
    /// Returns the book.
    pub(super) fn book(&self) -> Arc<RwLock<Book>> {
        Arc::clone(&self.book)
    }

    /// Reads what has changed since the last time.
    pub(super) async fn read(&mut self, store: &Store) -> Result<(), StoreError> {
        let rows = store.builds_after(self.change).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut book = self.book.write().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            let build = ModuleBuild::of_text(&row.record);
            book.put(build.map_err(|reason| StoreError::Corrupt { reason })?);
            self.change = row.change;
        }
        Ok(())
    }
}
