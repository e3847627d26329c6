//! What a traced process did to its files, and what a disk keeps of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One thing that a process did.
#[derive(Debug)]
pub(super) enum Act {
    /// It said that so many lines are kept.
    Kept(u64),
    /// It wrote to a file; the kernel may keep it in memory.
    Written { path: PathBuf, offset: usize, bytes: Vec<u8> },
    /// It cut a file, or made it longer.
    Cut { path: PathBuf, length: usize },
    /// What it wrote to a file is on the disk.
    Synced(PathBuf),
    /// It removed a file.
    Removed(PathBuf),
}

/// All of that, in order.
pub(super) struct Trace {
    pub(super) acts: Vec<Act>,
}

impl Trace {
    /// Reads what strace writes with `-f -y -xx`, of the files below a directory.
    pub(super) fn read(text: &str, directory: &Path) -> Self {
        let mut halves: BTreeMap<&str, &str> = BTreeMap::new();
        let mut acts = Vec::new();
        for line in text.lines() {
            let (pid, call) = line.split_once(' ').expect("a process and a call");
            let call = call.trim_start();
            // A write counts from its beginning, a sync from its end.
            if let Some(begun) = call.strip_suffix(" <unfinished ...>") {
                halves.insert(pid, begun);
                continue;
            }
            let whole = match call.split_once(" resumed>") {
                Some((_, rest)) => format!("{}{rest}", halves.remove(pid).unwrap_or_default()),
                None => call.to_owned(),
            };
            acts.extend(act(&whole).filter(|act| act.is_below(directory)));
        }
        Self { acts }
    }

    /// Returns how often the file itself was synced: the log was folded into it.
    pub(super) fn folds(&self) -> usize {
        let is_fold = |act: &&Act| matches!(act, Act::Synced(path) if path.ends_with("runs.db"));
        self.acts.iter().filter(is_fold).count()
    }
}

impl Act {
    fn is_below(&self, directory: &Path) -> bool {
        match self {
            Self::Kept(_) => true,
            Self::Written { path, .. }
            | Self::Cut { path, .. }
            | Self::Synced(path)
            | Self::Removed(path) => path.starts_with(directory) && !path.ends_with("trace"),
        }
    }
}

/// Reads one call that did not fail.
fn act(call: &str) -> Option<Act> {
    let (name, rest) = call.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    if result.starts_with('-') {
        return None;
    }
    let arguments = arguments.trim_end().strip_suffix(')')?;
    let path = || Some(PathBuf::from(text(arguments.split_once('<')?.1.split_once('>')?.0)));
    let mut parts = arguments.split(", ");
    match name {
        "pwrite64" => {
            let (_, bytes, _, offset) =
                (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
            let offset = offset.parse().expect("an offset");
            Some(Act::Written { path: path()?, offset, bytes: bytes_of(bytes) })
        }
        "write" => {
            let said = String::from_utf8(bytes_of(parts.nth(1)?)).ok()?;
            let number = said.strip_prefix("kept ")?.trim_end().parse().ok()?;
            Some(Act::Kept(number))
        }
        "ftruncate" => {
            let length = parts.nth(1)?.parse().expect("a length");
            Some(Act::Cut { path: path()?, length })
        }
        "fdatasync" | "fsync" => Some(Act::Synced(path()?)),
        "unlink" => Some(Act::Removed(PathBuf::from(text(arguments)))),
        _ => None,
    }
}

/// Reads a string in quotes of which every byte is written as `\x41`.
fn bytes_of(quoted: &str) -> Vec<u8> {
    assert!(!quoted.ends_with("..."), "strace shows whole strings");
    let hex = quoted.trim_matches('"').split("\\x").skip(1);
    hex.map(|digits| u8::from_str_radix(digits, 16).expect("two digits")).collect()
}

/// Reads a name, which strace writes as it is or in that way.
fn text(name: &str) -> String {
    let name = name.trim_matches('"');
    if name.starts_with("\\x") {
        return String::from_utf8(bytes_of(name)).expect("names are UTF-8");
    }
    name.to_owned()
}

/// The files as the disk has them, and what was done to each since its last sync.
#[derive(Default)]
pub(super) struct Disk {
    files: BTreeMap<PathBuf, File>,
}

#[derive(Default)]
struct File {
    synced: Vec<u8>,
    since: Vec<Change>,
}

enum Change {
    Written { offset: usize, bytes: Vec<u8> },
    Cut { length: usize },
}

impl Disk {
    pub(super) fn act(&mut self, act: &Act) {
        match act {
            Act::Written { path, offset, bytes } => {
                let change = Change::Written { offset: *offset, bytes: bytes.clone() };
                self.files.entry(path.clone()).or_default().since.push(change);
            }
            Act::Cut { path, length } => {
                let change = Change::Cut { length: *length };
                self.files.entry(path.clone()).or_default().since.push(change);
            }
            Act::Synced(path) => {
                if let Some(file) = self.files.get_mut(path) {
                    let since = std::mem::take(&mut file.since);
                    since.iter().for_each(|change| change.apply(&mut file.synced));
                }
            }
            Act::Removed(path) => drop(self.files.remove(path)),
            Act::Kept(_) => {}
        }
    }

    /// Returns the files of which something is not on the disk. The index of the log (`-shm`) is made
    /// again from the log, and never synced.
    pub(super) fn unsynced(&self) -> Vec<PathBuf> {
        let is_index = |path: &Path| path.to_string_lossy().ends_with("-shm");
        let files =
            self.files.iter().filter(|(path, file)| !file.since.is_empty() && !is_index(path));
        files.map(|(path, _)| path.clone()).collect()
    }

    /// Writes the files as they are after a loss of power: what was synced, and every `share`th change
    /// since; 0: none.
    pub(super) fn after_loss(&self, directory: &Path, share: usize) {
        for (path, file) in &self.files {
            let mut bytes = file.synced.clone();
            let reached =
                file.since.iter().enumerate().filter(|(at, _)| share > 0 && at % share == 0);
            reached.for_each(|(_, change)| change.apply(&mut bytes));
            let name = path.file_name().expect("a file");
            if !name.to_string_lossy().ends_with("-shm") {
                std::fs::write(directory.join(name), bytes).expect("it is written");
            }
        }
    }
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Cut { length } => file.resize(*length, 0),
            Self::Written { offset, bytes } => {
                let end = offset + bytes.len();
                file.resize(file.len().max(end), 0);
                file[*offset..end].copy_from_slice(bytes);
            }
        }
    }
}
