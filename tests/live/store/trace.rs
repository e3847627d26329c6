//! What a traced process did to its files, and what a disk keeps of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One thing that a process did.
#[derive(Debug)]
pub(in crate::live) enum Act {
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
    /// It began to send bytes over a connection.
    Sent { socket: String, bytes: Vec<u8> },
}

/// Returns the start of a command line that traces a program: what it writes, syncs and sends.
pub(in crate::live) fn strace(log: &Path) -> String {
    let calls = "pwrite64,write,writev,sendto,ftruncate,fdatasync,fsync,unlink";
    format!("strace -f -y -xx -s 10000000 -e trace={calls} -o '{}' \"$0\" \"$@\"", log.display())
}

/// Returns whether this machine traces programs; else the test is left out.
pub(in crate::live) fn is_traceable() -> bool {
    let mut strace = std::process::Command::new("strace");
    let traced = strace.args(["-f", "-o", "/dev/null", "true"]).stderr(std::process::Stdio::null());
    let is_it = traced.status().is_ok_and(|status| status.success());
    if !is_it {
        crate::support::left_out("no strace (Debian's strace), or tracing is not allowed");
    }
    is_it
}

/// All of that, in order.
pub(in crate::live) struct Trace {
    pub(in crate::live) acts: Vec<Act>,
}

impl Trace {
    /// Reads what strace writes with `-f -y -xx`, of the files below a directory.
    pub(in crate::live) fn read(text: &str, directory: &Path) -> Self {
        let mut halves: BTreeMap<&str, &str> = BTreeMap::new();
        let mut acts: Vec<Act> = Vec::new();
        // Where in `acts` the unfinished send of each process is.
        let mut sends: BTreeMap<&str, usize> = BTreeMap::new();
        for line in text.lines() {
            let (pid, call) = line.split_once(' ').expect("a process and a call");
            let call = call.trim_start();
            // What is sent counts from its beginning, all else from its end.
            if let Some(begun) = call.strip_suffix(" <unfinished ...>") {
                if let Some(sent) = sent(begun) {
                    sends.insert(pid, acts.len());
                    acts.push(sent);
                }
                halves.insert(pid, begun);
                continue;
            }
            let whole = match call.split_once(" resumed>") {
                Some((_, rest)) => format!("{}{rest}", halves.remove(pid).unwrap_or_default()),
                None => call.to_owned(),
            };
            if let Some(mut whole) = sent(&whole) {
                whole.cut_to_result(&call);
                match sends.remove(pid) {
                    Some(at) => acts[at] = whole,
                    None => acts.push(whole),
                }
                continue;
            }
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

/// Reads a call that sends something over a connection, finished or not.
fn sent(call: &str) -> Option<Act> {
    let (name, arguments) = call.split_once('(')?;
    let socket = arguments.split_once('<')?.1.split_once('>')?.0;
    if !["write", "writev", "sendto"].contains(&name) || !text(socket).starts_with("socket:") {
        return None;
    }
    // Every text among the arguments is of what is sent.
    let texts = arguments.split('"').skip(1).step_by(2);
    let bytes = texts.flat_map(|quoted| bytes_of(quoted)).collect();
    Some(Act::Sent { socket: text(socket), bytes })
}

impl Act {
    /// Keeps of what was sent what the kernel took.
    fn cut_to_result(&mut self, call: &str) {
        let result = call.rsplit_once(" = ").and_then(|(_, result)| result.trim().parse().ok());
        if let Self::Sent { bytes, .. } = self {
            bytes.truncate(result.unwrap_or(0));
        }
    }

    fn is_below(&self, directory: &Path) -> bool {
        match self {
            Self::Kept(_) | Self::Sent { .. } => true,
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
pub(in crate::live) struct Disk {
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
    /// Has the files of a store that nobody uses, as they are.
    pub(in crate::live) fn of(directory: &Path) -> Self {
        let mut files = BTreeMap::new();
        for name in ["runs.db", "runs.db-wal"] {
            let path = directory.join(name);
            if let Ok(synced) = std::fs::read(&path) {
                files.insert(path, File { synced, since: Vec::new() });
            }
        }
        Self { files }
    }

    pub(in crate::live) fn act(&mut self, act: &Act) {
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
            Act::Kept(_) | Act::Sent { .. } => {}
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
    pub(in crate::live) fn after_loss(&self, directory: &Path, share: usize) {
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
