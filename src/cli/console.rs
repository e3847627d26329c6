//! How a command speaks on standard error: findings, errors with hints, log lines, colour.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};

use clap::builder::styling::{AnsiColor, Style};
use modplan::load::{Code, Finding, Input, Severity};
use modplan::report::plan::Remark;
use serde::Serialize;
use tracing::level_filters::LevelFilter;

use super::status::{PipeClosed, Refusal, Status, status_of};
use super::{Color, LogFormat, Manners};

/// Whether and how to speak, settled once from the flags and the terminal.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    verbose: u8,
    quiet: bool,
    log_format: LogFormat,
    color_messages: bool,
}

impl Console {
    pub(super) fn new(manners: &Manners) -> Self {
        let color_on = |is_terminal| match manners.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !color_is_unwanted(),
        };
        Self {
            verbose: manners.verbose,
            quiet: manners.quiet,
            log_format: manners.log_format,
            color_messages: color_on(io::stderr().is_terminal()),
        }
    }

    /// Returns whether progress may be shown: to a person who did not ask for quiet.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && self.log_format == LogFormat::Text && io::stderr().is_terminal()
    }

    /// Sends what the library traces to standard error, as much of it as was asked for.
    pub(crate) fn start_logging(&self) {
        let level = match (self.quiet, self.verbose) {
            (true, _) => LevelFilter::ERROR,
            (false, 0) => LevelFilter::WARN,
            (false, 1) => LevelFilter::INFO,
            (false, _) => LevelFilter::DEBUG,
        };
        let lines = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(io::stderr)
            .with_ansi(self.color_messages);
        match self.log_format {
            LogFormat::Text => lines.without_time().with_target(self.verbose > 1).init(),
            LogFormat::Json => lines.json().init(),
        }
    }

    /// Prints findings in the order given, warnings not under `--quiet`.
    pub(crate) fn findings(&self, findings: &[Finding], inputs: &[Input]) {
        let mut text = String::new();
        for finding in findings.iter().filter(|finding| self.shows(finding)) {
            self.add_finding(&mut text, finding, inputs, &finding.message);
        }
        print(&text);
    }

    /// Prints the first finding of each code with how many more there are; all of them as JSON.
    pub(crate) fn findings_in_short(&self, findings: &[Finding], inputs: &[Input]) {
        if self.log_format == LogFormat::Json {
            return self.findings(findings, inputs);
        }
        let mut text = String::new();
        let mut told = Vec::new();
        for finding in findings.iter().filter(|finding| self.shows(finding)) {
            if told.contains(&finding.code) {
                continue;
            }
            told.push(finding.code);
            let message = match findings.iter().filter(|other| other.code == finding.code).count() {
                1 => finding.message.clone(),
                count => format!("{} (and {} more like it)", finding.message, count - 1),
            };
            self.add_finding(&mut text, finding, inputs, &message);
        }
        print(&text);
    }

    /// Counts findings about documents outside what was selected, in one line.
    pub(crate) fn count_findings(&self, findings: &[Finding]) {
        self.count_findings_of("documents outside the selection", findings);
    }

    /// Counts findings about something in one line, by code.
    pub(crate) fn count_findings_of(&self, what: &str, findings: &[Finding]) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in findings {
            *counts.entry(finding.code.as_str()).or_default() += 1;
        }
        let counts: Vec<String> =
            counts.iter().map(|(code, count)| format!("{count} {code}")).collect();
        if !counts.is_empty() {
            let counts = counts.join(", ");
            self.note(&format!("findings about {what}: {counts}; `modplan check` lists them"));
        }
    }

    fn shows(&self, finding: &Finding) -> bool {
        !self.quiet || finding.severity() != Severity::Warning
    }

    fn add_finding(&self, text: &mut String, finding: &Finding, inputs: &[Input], message: &str) {
        let place = finding.place;
        let path = inputs.get(place.input as usize).map(|input| input.path.as_str());
        self.add(
            text,
            &Message {
                level: finding.severity().into(),
                code: Some(finding.code.as_str()),
                path,
                line: path.map(|_| place.line),
                column: path.map(|_| place.column),
                message,
                hint: finding.hint.as_deref(),
            },
        );
    }

    /// Prints what to know about a plan; what it leaves out also under `--quiet`.
    pub(crate) fn remark(&self, remark: &Remark) {
        if self.quiet && remark.code != Code::LeftOut {
            return;
        }
        let mut text = String::new();
        let message = Message {
            level: remark.code.severity().into(),
            code: Some(remark.code.as_str()),
            path: remark.at.as_ref().map(|at| at.path.as_str()),
            line: remark.at.as_ref().map(|at| at.line),
            column: remark.at.as_ref().map(|at| at.column),
            message: &remark.message,
            hint: Some(&remark.hint),
        };
        self.add(&mut text, &message);
        print(&text);
    }

    /// Prints one warning that belongs to no line of an input.
    pub(crate) fn warn(&self, message: &str, hint: Option<&str>) {
        if !self.quiet {
            self.say(Level::Warning, message, hint);
        }
    }

    /// Prints one remark that is neither warning nor error.
    pub(crate) fn note(&self, message: &str) {
        if !self.quiet {
            self.say(Level::Note, message, None);
        }
    }

    /// Prints an error with its causes and hint, and returns the status to end with.
    pub(crate) fn report(&self, error: &anyhow::Error) -> Status {
        if !error.is::<PipeClosed>() {
            let hint = error.downcast_ref::<Refusal>().and_then(|refusal| refusal.hint.as_deref());
            self.say(Level::Error, &format!("{error:#}"), hint);
        }
        status_of(error)
    }

    fn say(&self, level: Level, message: &str, hint: Option<&str>) {
        let mut text = String::new();
        let message =
            Message { level, message, hint, code: None, path: None, line: None, column: None };
        self.add(&mut text, &message);
        print(&text);
    }

    fn add(&self, text: &mut String, message: &Message<'_>) {
        match self.log_format {
            LogFormat::Text => message.add_lines(text, self.color_messages),
            LogFormat::Json => {
                text.push_str(
                    &serde_json::to_string(message).expect("texts and numbers are JSON always"),
                );
                text.push('\n');
            }
        }
    }
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
    Note,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
        }
    }
}

/// One thing said: a finding, or an error, warning or remark without a place.
#[derive(Serialize)]
struct Message<'a> {
    level: Level,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl Message<'_> {
    fn add_lines(&self, text: &mut String, color: bool) {
        let (word, ansi) = match self.level {
            Level::Error => ("error", AnsiColor::Red),
            Level::Warning => ("warning", AnsiColor::Yellow),
            Level::Note => ("note", AnsiColor::Cyan),
        };
        let style = if color { ansi.on_default().bold() } else { Style::new() };
        if let (Some(path), Some(line), Some(column)) = (self.path, self.line, self.column) {
            add(text, format_args!("{path}:{line}:{column}: "));
        }
        let code = self.code.map(|code| format!("[{code}]")).unwrap_or_default();
        add(text, format_args!("{style}{word}{code}{style:#}: {}\n", self.message));
        if let Some(hint) = self.hint {
            let style = if color { AnsiColor::Green.on_default() } else { Style::new() };
            add(text, format_args!("{style}hint{style:#}: {hint}\n"));
        }
    }
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes all that is written to it");
}

/// Writes to standard error; when that fails, there is nowhere to report it.
fn print(text: &str) {
    let _unheard = io::stderr().lock().write_all(text.as_bytes());
}

/// Follows no-color.org: any value but an empty one; a dumb terminal knows no colours either.
fn color_is_unwanted() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|term| term == OsStr::new("dumb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing_name() -> Message<'static> {
        Message {
            level: Level::Error,
            code: Some("missing-field"),
            path: Some("perl.yaml"),
            line: Some(3),
            column: Some(1),
            message: "`data.name` is missing",
            hint: Some("add the module's name"),
        }
    }

    #[test]
    fn a_finding_reads_as_compilers_write_theirs() {
        let mut text = String::new();
        missing_name().add_lines(&mut text, false);
        assert_eq!(
            text,
            "perl.yaml:3:1: error[missing-field]: `data.name` is missing\n\
             hint: add the module's name\n"
        );
    }

    #[test]
    fn colour_adds_escapes_and_changes_no_word() {
        let mut text = String::new();
        missing_name().add_lines(&mut text, true);
        assert!(text.contains("\u{1b}[1m\u{1b}[31merror[missing-field]\u{1b}[0m: "), "{text:?}");
    }
}
