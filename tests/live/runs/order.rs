//! The rows first, then the hub: what a traced program had on the disk when it wrote at its hub.

use tempfile::TempDir;

use super::super::explained::{Written, writes};
use super::super::mock_koji::block_on;
use super::super::store::trace::{Act, Disk, Trace, is_traceable, strace};
use super::*;
use modplan::store::Store;

/// A request that is being sent, with the files as the disk had them when it began.
struct Sending {
    bytes: Vec<u8>,
    image: TempDir,
}

impl Sending {
    fn begin(disk: &Disk) -> Self {
        let image = tempfile::tempdir().expect("a directory");
        disk.after_loss(image.path(), 0);
        Self { bytes: Vec::new(), image }
    }

    /// Returns whether all of the request is there.
    fn is_whole(&self) -> bool {
        let text = String::from_utf8_lossy(&self.bytes);
        let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        self.bytes.len() >= head.len() + 4 + length.unwrap_or(0)
    }

    /// Returns the journal that was on the disk.
    fn journal(&self) -> String {
        let url = format!("sqlite:{}", self.image.path().join("runs.db").display());
        block_on(async {
            let store = Store::open(&url).await.expect("it opens");
            let runs = store.runs().await.expect("it answers");
            let run = &runs.first().expect("a run begins before anything is written").run;
            store.journal(run).await.expect("it is whole")
        })
    }
}

#[test]
fn whatever_a_run_writes_at_its_hub_follows_from_rows_that_are_on_the_disk() {
    let Some(site) = Site::small() else { return };
    if !is_traceable() {
        return;
    }
    let directory = site.case.directory.path();
    let sum = site.checksum();
    let (mut disk, log) = (Disk::of(directory), directory.join("trace"));
    let said = Program::after(&format!("exec {}", strace(&log)), site.yes(&sum)).run();
    assert_eq!(said.code, 0, "{}", said.err);
    let text = std::fs::read_to_string(&log).expect("it is written");
    let mut sending: BTreeMap<String, Sending> = BTreeMap::new();
    let mut checked: Vec<Written> = Vec::new();
    for act in &Trace::read(&text, directory).acts {
        disk.act(act);
        let Act::Sent { socket, bytes } = act else { continue };
        let one = sending.entry(socket.clone()).or_insert_with(|| Sending::begin(&disk));
        one.bytes.extend_from_slice(bytes);
        if !one.is_whole() {
            continue;
        }
        let written = writes(&one.bytes);
        if !written.is_empty() {
            let journal = one.journal();
            let wrong = written.iter().find(|written| !written.is_explained_by(&journal));
            assert!(wrong.is_none(), "{wrong:?} does not follow from\n{journal}");
        }
        checked.extend(written);
        sending.remove(socket);
    }
    let count = |method: &str| checked.iter().filter(|one| one.method == method).count();
    assert_eq!(count("build"), 9, "eight components and the macros package");
    assert_eq!(count("tagBuild"), 19, "the shipped ones twice, the macros and the module once");
    assert!(count("createTag") > 1 && count("CGImport") > 0, "{checked:?}");
}
