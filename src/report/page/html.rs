//! What every page is made of: text made safe, tables, and figures with their numbers.

use std::fmt::Write as _;

const STYLE: &str = include_str!("style.css");

/// A page that grows.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    sections: Vec<(&'static str, &'static str)>,
    body: String,
}

/// A table: its headings, and rows of as many cells.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// Whether its cells are words, which are broken, or numbers, which are not.
    pub(super) has_words: bool,
    /// Whether it has so many columns that they are kept narrow, and cells are broken.
    pub(super) is_narrow: bool,
}

/// A chart with what it says to those who do not see it.
#[derive(Clone, Debug)]
pub(super) struct Figure<'a> {
    /// What it shows.
    pub(super) title: &'a str,
    /// How to read it.
    pub(super) caption: &'a str,
    /// The picture.
    pub(super) svg: String,
    /// The same numbers.
    pub(super) rows: Rows,
}

/// Makes a text safe between tags and in attributes.
pub(super) fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

impl Rows {
    pub(super) fn new(head: &[&str]) -> Self {
        let head = head.iter().map(|cell| (*cell).to_owned()).collect();
        Self { head, ..Self::default() }
    }

    /// Makes a table of words.
    pub(super) fn words(head: &[&str]) -> Self {
        Self { has_words: true, ..Self::new(head) }
    }

    pub(super) fn push(&mut self, row: impl IntoIterator<Item = String>) {
        self.rows.push(row.into_iter().collect());
    }

    /// Writes the table within a region that scrolls by itself and that a keyboard reaches.
    pub(super) fn html(&self, name: &str) -> String {
        let name = safe(name);
        let class = match (self.has_words, self.is_narrow) {
            (_, true) => " class=\"words narrow\"",
            (true, false) => " class=\"words\"",
            (false, false) => "",
        };
        let mut text = format!(
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{name}, table\"><table{class}>\n<thead><tr>"
        );
        for cell in &self.head {
            write!(text, "<th scope=\"col\">{}</th>", safe(cell)).expect(EXPECTED);
        }
        text.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            text.push_str("<tr>");
            for (at, cell) in row.iter().enumerate() {
                let cell = safe(cell);
                match at {
                    0 => write!(text, "<th scope=\"row\">{cell}</th>"),
                    _ => write!(text, "<td>{cell}</td>"),
                }
                .expect(EXPECTED);
            }
            text.push_str("</tr>\n");
        }
        text.push_str("</tbody></table></div>\n");
        text
    }
}

const EXPECTED: &str = "a string takes all";

impl Page {
    pub(super) fn new(title: &str) -> Self {
        let title = safe(title);
        let text = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta \
             name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" \
             href=\"data:,\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <header><h1>{title}</h1></header>\n"
        );
        Self { text, sections: Vec::new(), body: String::new() }
    }

    /// Begins a section; `id` is what links name.
    pub(super) fn section(&mut self, id: &'static str, title: &'static str) {
        let end = if self.sections.is_empty() { "" } else { "</section>\n" };
        self.sections.push((id, title));
        write!(
            self.body,
            "{end}<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n"
        )
        .expect(EXPECTED);
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        writeln!(self.body, "<p>{}</p>", sentence(text)).expect(EXPECTED);
    }

    /// Writes something that must not be missed.
    pub(super) fn warning(&mut self, text: &str) {
        writeln!(self.body, "<p class=\"warning\"><strong>Mind:</strong> {}</p>", safe(text))
            .expect(EXPECTED);
    }

    pub(super) fn list(&mut self, items: &[String]) {
        self.body.push_str("<ul>\n");
        for item in items {
            writeln!(self.body, "<li>{}</li>", sentence(item)).expect(EXPECTED);
        }
        self.body.push_str("</ul>\n");
    }

    pub(super) fn code(&mut self, text: &str) {
        writeln!(self.body, "<pre tabindex=\"0\">{}</pre>", safe(text)).expect(EXPECTED);
    }

    pub(super) fn table(&mut self, name: &str, rows: &Rows) {
        self.body.push_str(&rows.html(name));
    }

    /// Writes a chart, with its numbers in a table below it.
    pub(super) fn figure(&mut self, figure: &Figure<'_>) {
        let Figure { title, caption, svg, rows } = figure;
        let title = safe(title);
        let svg = svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{title}\" "), 1);
        write!(
            self.body,
            "<figure>\n<div class=\"scroll chart\" role=\"region\" tabindex=\"0\" aria-label=\"{title}, \
             chart\">\n{svg}</div>\n<figcaption>{}</figcaption>\n<details><summary>{title}: the same \
             numbers as a table</summary>\n{}</details>\n</figure>\n",
            safe(caption),
            rows.html(&title)
        )
        .expect(EXPECTED);
    }

    pub(super) fn finish(self) -> String {
        let Self { mut text, sections, body } = self;
        text.push_str("<nav aria-label=\"Sections\"><ul>\n");
        for (id, title) in &sections {
            writeln!(text, "<li><a href=\"#{id}\">{title}</a></li>").expect(EXPECTED);
        }
        let end = if sections.is_empty() { "" } else { "</section>\n" };
        text.push_str("</ul></nav>\n<main>\n");
        text.push_str(&body);
        text.push_str(end);
        text.push_str("</main>\n</body>\n</html>\n");
        text
    }
}

/// Escapes a sentence and sets what stands between backticks as code. A backtick without a partner stays.
fn sentence(text: &str) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some((before, code, after)) = first_code(rest) {
        write!(html, "{}<code>{}</code>", safe(before), safe(code)).expect(EXPECTED);
        rest = after;
    }
    html + &safe(rest)
}

fn first_code(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    Some((before, code, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_shown_is_read_as_markup() {
        let mut page = Page::new("<script>");
        page.section("why", "Why");
        let mut rows = Rows::new(&["a & b"]);
        rows.push(["<b>\"x\"".to_owned()]);
        page.table("t", &rows);
        let text = page.finish();
        assert!(text.contains("&lt;script&gt;") && text.contains("a &amp; b"), "{text}");
        assert!(text.contains("&lt;b&gt;&quot;x&quot;") && !text.contains("<script"), "{text}");
    }

    #[test]
    fn a_page_needs_nothing_from_outside() {
        let text = Page::new("x").finish();
        for outside in ["http://", "https://", "<script", "@import", "url("] {
            assert!(!text.contains(outside), "{outside}");
        }
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(sentence("with `a: <b>` it"), "with <code>a: &lt;b&gt;</code> it");
        assert_eq!(sentence("a lone ` stays"), "a lone ` stays");
    }
}
