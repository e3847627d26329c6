//! Interned names: a repository repeats `perl` ten thousand times, and one copy is kept.

use std::sync::Arc;

use rustc_hash::FxHashSet;

/// Every name seen so far.
#[derive(Debug, Default)]
pub(super) struct Names(FxHashSet<Arc<str>>);

impl Names {
    /// Returns the shared text as one of the name types.
    pub(super) fn name<T: From<Arc<str>>>(&mut self, text: &str) -> T {
        if let Some(known) = self.0.get(text) {
            return T::from(Arc::clone(known));
        }
        let shared: Arc<str> = text.into();
        self.0.insert(Arc::clone(&shared));
        T::from(shared)
    }
}
