//! Files that clients send in parts, with their checksums.

use super::Mock;
use super::imports::{path_of, size_value};
use super::state::{Caller, File};
use crate::koji::calls::*;
use crate::koji::shapes::{Upload, Uploaded};
use crate::koji::{Fault, Value};

impl Mock {
    pub(super) fn check_upload(
        &mut self,
        caller: Caller,
        call: CheckUpload,
    ) -> Result<Option<Uploaded>, Fault> {
        self.logged_in(caller)?;
        let file = self.uploads.get(&path_of(&[&call.path, &call.name]));
        Ok(file.map(|file| Uploaded {
            size: size_value(file.bytes.len()),
            mtime: self.seconds(file.changed),
            sumtype: None,
            hexdigest: None,
        }))
    }

    /// Keeps a piece of a file.
    pub(super) fn upload(
        &mut self,
        caller: Caller,
        directory: &str,
        name: &str,
        offset: i64,
        bytes: &[u8],
    ) -> Result<Value, Fault> {
        self.logged_in(caller)?;
        let is_bad = |path: &str| path.is_empty() || path.starts_with('/') || path.contains("..");
        if is_bad(directory) || is_bad(name) {
            return Err(Fault::generic(format!("Invalid upload path: {directory}/{name}")));
        }
        let now = self.moment();
        let file = self
            .uploads
            .entry(path_of(&[directory, name]))
            .or_insert_with(|| File { bytes: Vec::new(), changed: now });
        let at = usize::try_from(offset).unwrap_or(file.bytes.len());
        if at > file.bytes.len() {
            let text = format!("Invalid offset: {offset} for {directory}/{name}");
            return Err(Fault::generic(text));
        }
        file.bytes.truncate(at);
        file.bytes.extend_from_slice(bytes);
        file.changed = now;
        let sum = crate::koji::codec::adler32(bytes);
        Ok(Value::of(&Upload {
            size: size_value(bytes.len()),
            fileverify: "adler32".to_owned(),
            offset,
            hexdigest: Some(format!("{sum:08x}")),
        }))
    }
}
