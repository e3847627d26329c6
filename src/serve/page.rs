//! The pages for people: what runs, what waits and why, and one page a build. They work without scripts.

use super::{Book, ComponentBuild, ModuleBuild, moment_text};
use crate::report::page::html::{Link, Page, Rows};

/// So many finished builds are listed.
const FINISHED_MAX: usize = 50;

/// Renders the page of all builds.
#[must_use]
pub fn index(book: &Book) -> String {
    let mut page = Page::new("Module builds");
    let is_base = |build: &&std::sync::Arc<ModuleBuild>| build.run.is_none() && build.is_over();
    let link = |build: &std::sync::Arc<ModuleBuild>| Link {
        address: format!("/builds/{}", build.id),
        text: build.nsvc(),
        rest: said(build),
    };
    let open: Vec<Link> = book.all().rev().filter(|build| !build.is_over()).map(link).collect();
    page.section("open", "Builds under way");
    if open.is_empty() {
        page.paragraph("Nothing is built at the moment.");
    }
    page.links(&open);
    page.section("over", "Finished builds");
    let over = book.all().rev().filter(|build| build.is_over() && !is_base(build));
    let over: Vec<Link> = over.take(FINISHED_MAX).map(link).collect();
    if over.is_empty() {
        page.paragraph("Nothing was built so far.");
    }
    page.links(&over);
    page.finish()
}

fn said(build: &ModuleBuild) -> String {
    let done = build.components.iter().filter(|one| one.nvr.is_some()).count();
    let parts = match build.components.len() {
        0 => String::new(),
        all => format!(", {done} of {all} components"),
    };
    let why = build.state_reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{}{parts}, by {}{why}", build.state.as_str(), build.owner)
}

/// Renders the page of a build; `weburl` is where koji's own pages are.
#[must_use]
pub fn build(build: &ModuleBuild, book: &Book, weburl: &str) -> String {
    let mut page = Page::new(&format!("Build {}: {}", build.id, build.nsvc()));
    page.section("state", "Where it stands");
    page.paragraph(&said(build));
    let mut facts = Rows::words(&["what", "is"]);
    let mut fact = |name: &str, text: Option<String>| {
        if let Some(text) = text {
            facts.push([name.to_owned(), text]);
        }
    };
    fact("submitted", Some(moment_text(build.submitted)));
    fact("ended", build.completed.map(moment_text));
    fact("source", build.scmurl.clone());
    fact("koji tag", build.koji_tag.clone());
    fact("run", build.run.as_ref().map(|run| format!("{run}; `modplan runs why {run}` says more")));
    page.table("Facts", &facts);
    let others: Vec<Link> = (book.siblings(build).into_iter())
        .filter_map(|id| book.get(id))
        .map(|other| Link {
            address: format!("/builds/{}", other.id),
            text: other.nsvc(),
            rest: said(other),
        })
        .collect();
    if !others.is_empty() {
        page.section("contexts", "Other contexts of the same submission");
        page.links(&others);
    }
    page.section("components", "Components by batch");
    let mut components: Vec<&ComponentBuild> = build.components.iter().collect();
    components.sort_by_key(|one| (one.batch, one.component.clone()));
    let rows: Vec<Link> = components.iter().map(|one| component(one, weburl)).collect();
    page.links(&rows);
    page.section("log", "What happened");
    let mut log = Rows::words(&["when", "what"]);
    for message in build.messages.iter().rev() {
        log.push([moment_text(message.time), message.text.clone()]);
    }
    page.table("What happened", &log);
    page.finish()
}

fn component(one: &ComponentBuild, weburl: &str) -> Link {
    let state = one.state.map_or("waiting".to_owned(), |state| state.as_str().to_lowercase());
    let why = one.state_reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let nvr = one.nvr.as_ref().map(|nvr| format!(", {nvr}")).unwrap_or_default();
    let is_web = weburl.starts_with("https://") || weburl.starts_with("http://");
    let address = one.task_id.filter(|_| is_web);
    Link {
        address: address.map(|id| format!("{weburl}/taskinfo?taskID={id}")).unwrap_or_default(),
        text: one.component.clone(),
        rest: format!("batch {}, {state}{nvr}{why}", one.batch),
    }
}
