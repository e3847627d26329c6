//! Mails to the people of a module: files in a spool folder, from which a mailer sends them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::stop::Stop;
use crate::orchestrate::{CallId, Catalog, Concern, Owner, Standing};

/// One mail.
pub(super) struct Mail<'a> {
    /// The call that sends it: it names the file, so a mail that is sent again is one file.
    pub(super) id: CallId,
    /// Whose modules it is about.
    pub(super) to: Owner,
    /// What it is about.
    pub(super) about: &'a [Concern],
    /// What the numbers in it mean.
    pub(super) catalog: &'a Catalog,
}

impl Mail<'_> {
    /// Returns its text: a subject, an empty line, and a line for each concern.
    pub(super) fn text(&self) -> String {
        let owner = self.catalog.owned(self.to);
        let is_over = self.about.iter().all(|concern| concern.standing == Standing::Recovered);
        let subject = if is_over { "the rebuild continues" } else { "the rebuild is stuck" };
        let mut text = format!("Subject: {owner}: {subject}\n\n");
        for concern in self.about {
            let module = &self.catalog.module(concern.module).id;
            let what = match concern.component {
                Some(component) => format!("{} of {module}", self.catalog.key(component)),
                None => module.to_string(),
            };
            writeln!(text, "{what}: {}", words(concern.standing)).expect("writing to a string");
        }
        text
    }
}

fn words(standing: Standing) -> &'static str {
    match standing {
        Standing::NotPassed => "a test did not pass",
        Standing::NoResult => "a test gave no result in time",
        Standing::BuildFailed => "a build failed, and no retry is left",
        Standing::NotDefined => "what it is made of is unknown",
        Standing::NoAnswer => "nobody answers",
        Standing::Recovered => "it continues",
    }
}

/// Writes a mail into the spool, and into the log.
pub(super) fn send(mail: &Mail<'_>, spool: Option<&Path>) -> Result<(), Stop> {
    let text = mail.text();
    tracing::info!(mail = text.trim_end(), "mail");
    let Some(spool) = spool else { return Ok(()) };
    let file = spool.join(format!("{:08}.txt", mail.id.0));
    let written = fs::create_dir_all(spool).and_then(|()| fs::write(&file, text));
    written.map_err(|error| Stop::refused(format!("cannot write {}: {error}", file.display())))
}
