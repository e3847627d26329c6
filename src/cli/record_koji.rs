//! `modplan record koji`: a live hub into a trace, a farm file and a snapshot.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use modplan::live::hub::{HubError, Options, Patience};
use modplan::live::{KojiRecordError, KojiRequest, KojiStep, record_koji};

use super::console::Console;
use super::profile::ProfileArgs;
use super::progress::Progress;
use super::status::{Answer, Refusal};

#[derive(Debug, Args)]
pub(crate) struct KojiArgs {
    #[command(flatten)]
    profile: ProfileArgs,
    /// Record what ended since TIME: `2026-11-01`, RFC 3339, or so long ago, such as `30d`
    #[arg(long, value_name = "TIME")]
    since: String,
    /// Up to TIME; now where not given
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Record only what was built for TAG
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Write into DIR; what was read before stays, and the same command continues after it
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Ask for N rows at once
    #[arg(long, value_name = "N", default_value = "500", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    page_size: u32,
    /// Wait so many milliseconds between two requests
    #[arg(long, value_name = "MS", default_value = "200")]
    pause: u64,
    /// Ask N times at most where no proper answer comes
    #[arg(long, value_name = "N", default_value = "6", value_parser = clap::value_parser!(u32).range(1..))]
    attempts: u32,
}

impl KojiArgs {
    #[expect(clippy::disallowed_methods, reason = "a recording ends now")]
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let now = jiff::Timestamp::now();
        let since = moment(&self.since, now).map_err(Refusal::usage)?;
        let until = match &self.until {
            Some(text) => moment(text, now).map_err(Refusal::usage)?,
            None => now.as_second(),
        };
        if since >= until {
            return Err(Refusal::usage("--since must be before --until").into());
        }
        let profile = self.profile.read(None)?;
        let mut options = Options::of(&profile);
        options.patience = Patience { tries_max: self.attempts, ..options.patience };
        let request = KojiRequest {
            options,
            since,
            until,
            tag: self.tag,
            directory: self.output,
            page_size: self.page_size,
            pause: Duration::from_millis(self.pause),
        };
        let mut progress: Option<Progress> = None;
        let recorded = record_koji(&request, &mut |step| match step {
            KojiStep::Note(note) => console.note(&note),
            KojiStep::Tasks { done, total } => {
                progress.get_or_insert_with(|| Progress::start(console, "tasks", total)).set(done);
            }
        });
        drop(progress);
        let recording = recorded.map_err(|error| explained(error, &request))?;
        let directory = request.directory.display();
        console.note(&format!(
            "{} tasks, {} builders and {} module builds in {directory}, by {} requests",
            recording.tasks, recording.builders, recording.modules, recording.requests
        ));
        if recording.rows == 0 {
            console.warn(
                "no task that ended in this time says how long it took",
                Some("record a longer time with --since"),
            );
        }
        let modules = match recording.modules {
            0 => "MODULES".to_owned(),
            _ => format!("{directory}/modules.yaml"),
        };
        let farm = match recording.builders {
            0 => "FARM".to_owned(),
            _ => format!("{directory}/farm.yaml"),
        };
        let given = format!("--trace {directory}/trace.csv --farm {farm}");
        super::output::lines(&[
            format!("modplan plan {modules} --changed NAME:STREAM {given}"),
            format!(
                "modplan capacity {modules} --changed NAME:STREAM {given} --vary GROUP=4..16 --deadline 12h"
            ),
        ])?;
        Ok(Answer::Yes)
    }
}

/// Reads a time: a date, RFC 3339, or how long ago; in seconds since 1970.
fn moment(text: &str, now: jiff::Timestamp) -> Result<i64, String> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.as_second());
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|error| error.to_string())?;
        return Ok(zoned.timestamp().as_second());
    }
    let (number, seconds) = match text.split_at_checked(text.len().saturating_sub(1)) {
        Some((number, "s")) => (number, 1),
        Some((number, "m")) => (number, 60),
        Some((number, "h")) => (number, 3600),
        Some((number, "d")) => (number, 86_400),
        _ => ("", 0),
    };
    let ago = number.parse::<i64>().ok().and_then(|number| number.checked_mul(seconds));
    ago.filter(|ago| *ago >= 0).map(|ago| now.as_second() - ago).ok_or_else(|| {
        format!(
            "`{text}` is not a time: write 2026-11-01, 2026-11-01T12:00:00Z, or 30d for so long ago"
        )
    })
}

/// Returns an error with what to do about it.
#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
fn explained(error: KojiRecordError, request: &KojiRequest) -> anyhow::Error {
    let directory = request.directory.display();
    match &error {
        KojiRecordError::Other { .. } => {
            Refusal::usage(error.to_string()).hint("give another directory with -o").into()
        }
        KojiRecordError::Hub(HubError::Setup(_)) => Refusal::usage(error.to_string()).into(),
        KojiRecordError::Hub(_) => {
            let hint = format!("the same command continues with what {directory} holds");
            Refusal::outside(error.to_string()).hint(hint).into()
        }
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_date_a_moment_or_so_long_ago() {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let read = |text: &str| moment(text, now);
        assert_eq!(read("2026-11-22"), Ok(1_795_305_600));
        assert_eq!(read("2026-11-22T12:00:00Z"), Ok(1_795_348_800));
        assert_eq!(read("30d"), Ok(1_795_348_800 - 30 * 86_400));
        assert!(read("yesterday").unwrap_err().starts_with("`yesterday` is not a time"));
        assert!(read("-3d").is_err());
    }
}
