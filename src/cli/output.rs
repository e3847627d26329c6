//! Where data goes: standard output, a file that is replaced whole, or a directory of such files.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::console::Console;
use super::status::{PipeClosed, Refusal};
use super::width::width;

/// `-o FILE`, where `-` is standard output.
#[derive(Clone, Debug, Args)]
pub(crate) struct OutputArgs {
    /// Write to FILE, replaced whole once all is known; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}

impl OutputArgs {
    /// Writes all of `data`.
    pub(crate) fn write(&self, data: impl AsRef<[u8]>) -> anyhow::Result<()> {
        self.write_with(|out| out.write_all(data.as_ref()))
    }

    /// Writes what `fill` makes, piece by piece: for data too large to hold twice.
    pub(crate) fn write_with(
        &self,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        if self.output == Path::new("-") {
            return write_stdout(fill);
        }
        replace(&self.output, fill)
            .with_context(|| format!("cannot write {}", self.output.display()))
    }
}

/// How a sweep is printed, and where its files go.
#[derive(Clone, Debug, Args)]
pub(crate) struct SweepOutput {
    /// What goes to standard output [default: table]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<SweepFormat>,
    /// Write the files of the report into DIR, made if need be; `-` writes none
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write into DIR although it holds files already; those of the same name are replaced
    #[arg(long, requires = "output")]
    force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SweepFormat {
    /// A table for people
    Table,
    /// `summary.json`
    Json,
    /// The rows, for spreadsheets
    Csv,
}

impl SweepOutput {
    /// Returns where files go; `-` is standard output, as without the flag.
    fn directory(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }

    /// Returns how wide the table may be, which goes to standard output.
    pub(crate) fn width(&self) -> usize {
        width(Path::new("-"))
    }

    /// Returns whether files are written besides.
    pub(crate) fn has_directory(&self) -> bool {
        self.directory().is_some()
    }

    /// Makes the directory and refuses one that holds something or cannot be written, before anything
    /// is simulated for it.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let Some(directory) = self.directory() else { return Ok(()) };
        make_directory(directory)?;
        let cannot = || format!("cannot write into {}", directory.display());
        // Under a name of its own: parts of a sweep are made side by side.
        let probe = directory.join(format!(".modplan.{}", std::process::id()));
        File::create(&probe).and_then(|_| fs::remove_file(&probe)).with_context(cannot)?;
        let mut held = fs::read_dir(directory)
            .with_context(|| format!("cannot read {}", directory.display()))?
            .filter_map(Result::ok)
            .filter(|entry| !is_passed_over(&entry.path()));
        match held.next() {
            Some(_) if !self.force => {
                Err(Refusal::usage(format!("{} is not empty", directory.display()))
                    .hint("name another directory, or replace what it holds with --force")
                    .into())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Writes one of the forms (table, JSON, CSV) to standard output, and all files, each a name
    /// and what it holds, into the directory. What is not asked for is not made.
    pub(crate) fn write(
        &self,
        forms: [Pieces<'_>; 3],
        files: Vec<(String, Pieces<'_>)>,
        console: &Console,
    ) -> anyhow::Result<()> {
        if let Some(directory) = self.directory() {
            let count = files.len();
            write_directory(directory, files)?;
            console.note(&format!("wrote {count} files into {}", directory.display()));
        }
        let [table, json, csv] = forms;
        write_stdout(|out| match self.format {
            None | Some(SweepFormat::Table) => write_pieces(out, table),
            Some(SweepFormat::Json) => write_pieces(out, json),
            Some(SweepFormat::Csv) => write_pieces(out, csv),
        })
    }

    /// Writes the one file there is: into the directory, or to standard output.
    pub(crate) fn write_only(
        &self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
        console: &Console,
    ) -> anyhow::Result<()> {
        let Some(directory) = self.directory() else {
            return write_stdout(fill);
        };
        make_directory(directory)?;
        let cannot = || format!("cannot write into {}", directory.display());
        if directory.join(name).exists() && !self.force {
            return Err(Refusal::usage(format!("{} exists", directory.join(name).display()))
                .hint("name another directory, or replace the file with --force")
                .into());
        }
        replace(&directory.join(name), fill).with_context(cannot)?;
        console.note(&format!("wrote {}", directory.join(name).display()));
        Ok(())
    }
}

/// Returns the command that makes a sweep again: as it was typed, but for what changes no figure.
pub(crate) fn again() -> String {
    const WITH_VALUE: [&str; 7] =
        ["-o", "--output", "--shard", "--threads", "--format", "--color", "--log-format"];
    const ALONE: [&str; 5] = ["--force", "-q", "--quiet", "-v", "--verbose"];
    let mut words = vec!["modplan".to_owned()];
    let mut arguments = std::env::args_os().skip(1).map(|one| one.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        if WITH_VALUE.contains(&&*argument) {
            arguments.next();
        } else if !ALONE.contains(&&*argument)
            && !WITH_VALUE.iter().any(|flag| argument.starts_with(&format!("{flag}=")))
        {
            words.push(quoted(argument));
        }
    }
    words.join(" ")
}

/// Quotes a word for a shell, where it needs that.
pub(crate) fn quoted(word: String) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,%+@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Returns whether a file makes a directory no less empty: a hidden one, such as another part's draft,
/// and a part of a sweep, as parts of one sweep share a directory.
fn is_passed_over(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with('.')
        || name.starts_with("shard-")
            && path.extension().is_some_and(|extension| extension == "json")
}

/// What a file holds, piece by piece and made when it is written: no file need be held whole.
pub(crate) type Pieces<'a> = Box<dyn Iterator<Item = String> + 'a>;

/// Makes a text when it is written.
pub(crate) fn whole<'a>(text: impl FnOnce() -> String + 'a) -> Pieces<'a> {
    Box::new(std::iter::once_with(text))
}

fn write_pieces(out: &mut dyn Write, mut pieces: Pieces<'_>) -> io::Result<()> {
    pieces.try_for_each(|piece| out.write_all(piece.as_bytes()))
}

fn make_directory(directory: &Path) -> anyhow::Result<()> {
    if directory.exists() && !directory.is_dir() {
        return Err(Refusal::usage(format!("{} is not a directory", directory.display()))
            .hint("`-o` takes a directory here, since several files are written")
            .into());
    }
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot write into {}", directory.display()))
}

/// Writes files into `directory`, made if need be: every one is complete before the first
/// appears under its name.
pub(crate) fn write_directory(
    directory: &Path,
    files: Vec<(String, Pieces<'_>)>,
) -> anyhow::Result<()> {
    make_directory(directory)?;
    let cannot = || format!("cannot write into {}", directory.display());
    let draft = |(name, pieces): (String, Pieces<'_>)| {
        Draft::write(&directory.join(name), |out| write_pieces(out, pieces))
    };
    let drafts =
        files.into_iter().map(draft).collect::<io::Result<Vec<_>>>().with_context(cannot)?;
    drafts.into_iter().try_for_each(Draft::publish).with_context(cannot)
}

/// Writes lines to standard output at once, for a reader that waits for them.
#[cfg(feature = "live")]
pub(crate) fn lines(lines: &[String]) -> anyhow::Result<()> {
    write_stdout(|out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))
}

fn write_stdout(fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match fill(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(PipeClosed.into()),
        result => result.context("cannot write to standard output"),
    }
}

fn replace(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // A device or a named pipe has no content to replace, and must stay what it is.
    let is_special = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    if is_special {
        let mut out = BufWriter::new(File::options().write(true).open(path)?);
        fill(&mut out)?;
        return out.flush();
    }
    Draft::write(path, fill)?.publish()
}

/// A file written in full beside the one it will replace; removed unless it is published.
struct Draft {
    draft: PathBuf,
    target: PathBuf,
    published: bool,
}

impl Draft {
    fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Self> {
        // A link stays a link: what it points to is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if target.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let mut draft_name = std::ffi::OsString::from(".");
        draft_name.push(name);
        draft_name.push(format!(".{}.tmp", std::process::id()));
        let draft = target.with_file_name(draft_name);
        let mut out = BufWriter::new(File::create(&draft)?);
        let draft = Self { draft, target, published: false };
        fill(&mut out)?;
        out.flush()?;
        if let Ok(found) = fs::metadata(&draft.target) {
            out.get_ref().set_permissions(found.permissions())?;
        }
        Ok(draft)
    }

    fn publish(mut self) -> io::Result<()> {
        fs::rename(&self.draft, &self.target)?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            // The write has failed already; a draft that stays is hidden and harmless.
            let _unheard = fs::remove_file(&self.draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_no_draft() {
        let directory = tempfile::tempdir().unwrap();
        let output = directory.path().join("plan.json");
        fs::write(&output, "old").unwrap();
        let out = OutputArgs { output: output.clone() };
        let failed = out.write_with(|out| {
            out.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&output).unwrap(), "old");
        assert_eq!(names(directory.path()), ["plan.json"]);
        out.write("new").unwrap();
        assert_eq!(fs::read_to_string(&output).unwrap(), "new");
        assert_eq!(names(directory.path()), ["plan.json"]);
    }

    #[test]
    fn a_directory_gets_all_files_or_none() {
        let directory = tempfile::tempdir().unwrap();
        let into = directory.path().join("reports/today");
        let files = |files: [(&str, &'static str); 2]| {
            files.map(|(name, text)| (name.to_owned(), whole(|| text.to_owned()))).into()
        };
        write_directory(&into, files([("a.csv", "a"), ("b.svg", "b")])).unwrap();
        assert_eq!(names(&into), ["a.csv", "b.svg"]);

        fs::create_dir(into.join("c.svg")).unwrap();
        assert!(write_directory(&into, files([("a.csv", "changed"), ("c.svg", "c")])).is_err());
        assert_eq!(fs::read_to_string(into.join("a.csv")).unwrap(), "a");
        assert_eq!(names(&into), ["a.csv", "b.svg", "c.svg"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_stays_a_device() {
        OutputArgs { output: "/dev/null".into() }.write("gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
