//! What a run left at its hub, listed before it is deleted and after.

use std::fmt::Write as _;

use serde::Serialize;

use super::layout::{Indent, Layout, wrapped};
use super::runs::json as written;
use crate::koji_plan::{Leftover, LeftoverKind};
use crate::live::cleanup::{Cleaned, Fate, LeftBehind};
use crate::store::RunState;

const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    run: &'a str,
    hub: &'a str,
    user: &'a str,
    state: &'static str,
    checksum: Option<&'a str>,
    is_done: bool,
    things: Vec<Thing<'a>>,
}

#[derive(Serialize)]
struct Thing<'a> {
    kind: LeftoverKind,
    name: &'a str,
    id: Option<i64>,
    module: &'a str,
    action: Action,
    because: Option<&'a str>,
}

/// What is done with a thing, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Action {
    Delete,
    Keep,
    Deleted,
    Gone,
    Failed,
    NotTried,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Keep => "keep",
            Self::Deleted => "deleted",
            Self::Gone => "gone",
            Self::Failed => "FAILED",
            Self::NotTried => "not tried",
        }
    }
}

impl<'a> Thing<'a> {
    fn listed(leftover: &'a Leftover) -> Self {
        let Leftover { kind, name, id, module, keep } = leftover;
        let action = if keep.is_some() { Action::Keep } else { Action::Delete };
        Self { kind: *kind, name, id: *id, module, action, because: keep.as_deref() }
    }

    fn became(&mut self, fate: &'a Fate) {
        (self.action, self.because) = match fate {
            Fate::Deleted => (Action::Deleted, None),
            Fate::Gone => (Action::Gone, None),
            Fate::Kept(why) => (Action::Keep, Some(why.as_str())),
            Fate::Failed(why) => (Action::Failed, Some(why.as_str())),
            Fate::NotTried => (Action::NotTried, None),
        };
    }
}

fn listed(left: &LeftBehind) -> Vec<Thing<'_>> {
    left.things.iter().map(Thing::listed).collect()
}

/// Returns every thing with what became of it; what was to be kept comes as it was listed.
fn ended(cleaned: &Cleaned) -> Vec<Thing<'_>> {
    let mut fates = cleaned.fates.iter();
    let mut things = listed(&cleaned.left);
    for thing in things.iter_mut().filter(|thing| thing.action == Action::Delete) {
        if let Some(fate) = fates.next() {
            thing.became(fate);
        }
    }
    things
}

fn document<'a>(left: &'a LeftBehind, is_done: bool, things: Vec<Thing<'a>>) -> String {
    written(&Document {
        format: FORMAT,
        run: &left.row.run,
        hub: &left.row.hub,
        user: &left.user,
        state: left.row.state.as_str(),
        checksum: left.checksum.as_deref(),
        is_done,
        things,
    })
}

/// Writes what a run left as JSON.
///
/// # Panics
/// Never: it is JSON.
#[must_use]
pub fn left_json(left: &LeftBehind) -> String {
    document(left, false, listed(left))
}

/// Writes what was deleted of a run as JSON.
///
/// # Panics
/// Never: it is JSON.
#[must_use]
pub fn cleaned_json(cleaned: &Cleaned) -> String {
    document(&cleaned.left, true, ended(cleaned))
}

/// Writes what a run left for people, in lines of at most `width` characters but for names that are longer.
#[must_use]
pub fn left(left: &LeftBehind, width: usize) -> String {
    let LeftBehind { row, user, things, checksum } = left;
    let mut text = wrapped(
        &format!("Run {}, {}, on {} as {user}. Nothing was changed.", row.run, row.state, row.hub),
        width,
        Indent::NONE,
    );
    text.push('\n');
    if things.is_empty() {
        return text + "The hub has nothing of this run.\n";
    }
    text.push_str(&table(&listed(left), width));
    text.push('\n');
    let Some(checksum) = checksum else { return text + "There is nothing to delete.\n" };
    writeln!(text, "Checksum {checksum}").expect("writing to a string cannot fail");
    let ends_it = |thing: &Leftover| thing.keep.is_none() && thing.kind != LeftoverKind::Lock;
    if row.state == RunState::Failed && things.iter().any(ends_it) {
        let warning =
            "The run can be resumed until then. Without these tags it cannot, and is canceled.";
        text.push_str(&wrapped(warning, width, Indent::NONE));
    }
    let next = "Next: read the list, then run the same command with --yes CHECKSUM.";
    text.push_str(&wrapped(next, width, Indent::NONE));
    text
}

/// Writes what was deleted of a run for people, as [`left`] does.
#[must_use]
pub fn cleaned(cleaned: &Cleaned, width: usize) -> String {
    let row = &cleaned.left.row;
    if cleaned.left.things.is_empty() {
        return "The hub has nothing of this run.\n".to_owned();
    }
    let mut text = table(&ended(cleaned), width);
    let of = |wanted: &Fate| cleaned.fates.iter().filter(|fate| *fate == wanted).count();
    let (deleted, gone) = (of(&Fate::Deleted), of(&Fate::Gone));
    let rest = cleaned.fates.len() - deleted - gone;
    let counts = [(deleted, "deleted"), (gone, "gone already"), (rest, "still there")];
    let counts = counts.into_iter().filter(|&(count, word)| count > 0 || word == "deleted");
    let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    text.push('\n');
    text.push_str(&wrapped(&format!("{}: {}", row.run, counts.join(", ")), width, Indent::NONE));
    text
}

fn table(things: &[Thing<'_>], width: usize) -> String {
    let mut table = Layout::new(&["", "KIND", "NAME", "BECAUSE"], &[]);
    for thing in things {
        let because = thing.because.unwrap_or_default().to_owned();
        let (action, kind) = (thing.action.as_str().to_owned(), thing.kind.to_string());
        table.add(vec![action, kind, thing.name.to_owned(), because]);
    }
    table.render(width)
}
