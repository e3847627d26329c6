//! The complete parser: granit's events into a tree, and checks for texts that granit accepts but
//! libyaml refuses.

mod breaks;

use std::borrow::Cow;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, Span, StructureStyle};

use super::split::lines;
use super::{DEPTH_MAX, Fault, Framing, Kind, Mark, Raw, Refusal, Tree};

/// Reads one document of `text`, which starts at `line` of its file. On an error the tree has the
/// nodes before it.
pub(crate) fn read<'t>(
    text: &'t str,
    line: u32,
    framing: Framing,
    tree: &mut Tree<'t>,
) -> Result<(), Refusal> {
    tree.nodes.clear();
    if framing == Framing::AfterEnd {
        let mark = Mark { line, column: 1 };
        return Err(syntax(mark, "text after `...` without a `---` before it"));
    }
    refuse_directives(text, line)?;
    match breaks::broken(text) {
        None => {
            let keep = |text, _| text;
            parse(
                text,
                &mut Builder {
                    tree,
                    open: Vec::new(),
                    flow_depth: 0,
                    line,
                    text,
                    keep,
                    added: Vec::new(),
                },
            )
        }
        Some((text, added)) => {
            let keep = |text: Cow<'_, str>, style| Cow::Owned(breaks::unbroken(&text, style));
            let text = text.as_str();
            parse(
                text,
                &mut Builder { tree, open: Vec::new(), flow_depth: 0, line, text, keep, added },
            )
        }
    }
}

fn parse<'s>(text: &'s str, builder: &mut Builder<'_, 's, '_>) -> Result<(), Refusal> {
    let options = granit_parser::options! {
        block_scalar_eof_without_line_feed: true,
        emit_unresolved_aliases: true,
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            let mark = builder.mark(*error.marker());
            // It reads ahead, so it reaches the limit before the builder does.
            if *error.kind() == ErrorKind::RecursionLimitExceeded {
                return too_deep(mark);
            }
            syntax(mark, format!("not valid YAML: {}", error.info()))
        })?;
        builder.event(event, &span)?;
    }
    Ok(())
}

fn syntax(mark: Mark, message: impl Into<String>) -> Refusal {
    Refusal { fault: Fault::Syntax, mark, message: message.into() }
}

fn too_deep(mark: Mark) -> Refusal {
    let message = format!("lists and maps nest deeper than {DEPTH_MAX} levels");
    Refusal { fault: Fault::Nesting, mark, message }
}

/// Refuses, like libyaml, directives other than `%TAG` and a `%YAML` of 1.1 or 1.2.
fn refuse_directives(text: &str, first: u32) -> Result<(), Refusal> {
    for (line, number) in lines(text.as_bytes()).zip(first..) {
        if line.starts_with(b"---") {
            break;
        }
        let Some(directive) = line.strip_prefix(b"%") else { continue };
        let mut words = directive.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let known = match words.next() {
            Some(b"YAML") => matches!(words.next(), Some(b"1.1" | b"1.2")),
            Some(b"TAG") => true,
            _ => false,
        };
        if !known {
            let mark = Mark { line: number, column: 1 };
            let shown = String::from_utf8_lossy(line);
            return Err(syntax(mark, format!("directive `{}` is not supported", shown.trim_end())));
        }
    }
    Ok(())
}

struct Builder<'b, 's, 't> {
    tree: &'b mut Tree<'t>,
    /// The open collections, and whether the next node of a map is a key.
    open: Vec<(usize, bool)>,
    /// The number of those written with brackets or braces.
    flow_depth: usize,
    line: u32,
    text: &'s str,
    /// Copies the text of a scalar if it would not outlive the parsed text.
    keep: fn(Cow<'s, str>, ScalarStyle) -> Cow<'t, str>,
    /// The lines, counted from 1, that end in a break unknown to editors.
    added: Vec<usize>,
}

impl<'s, 't> Builder<'_, 's, 't> {
    fn event(&mut self, event: Event<'s>, span: &Span) -> Result<(), Refusal> {
        let mark = self.mark(span.start);
        match event {
            Event::Scalar(text, style, ..) => self.scalar(text, style, span),
            Event::SequenceStart(style, ..) => self.collection(Kind::List, style, mark),
            Event::MappingStart(style, ..) => self.collection(Kind::Map, style, mark),
            Event::SequenceEnd | Event::MappingEnd => {
                self.close();
                self.flow_depth = self.flow_depth.saturating_sub(1);
                Ok(())
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => Err(Refusal {
                fault: Fault::Alias,
                mark,
                message: format!("alias `{}` is not allowed", span.slice(self.text).unwrap_or("*")),
            }),
            Event::DocumentStart(..) if !self.tree.nodes.is_empty() => {
                Err(syntax(mark, "a second document without a `---` before it"))
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::Comment(..) => Ok(()),
            _ => Err(syntax(mark, "the parser reported an unknown event")),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'s, str>,
        style: ScalarStyle,
        span: &Span,
    ) -> Result<(), Refusal> {
        let mark = self.mark(span.start);
        let is_absent = style == ScalarStyle::Plain && span.is_empty();
        let is_key = self.open.last().is_some_and(|&(_, is_key)| is_key);
        if is_absent && is_key {
            return Err(syntax(mark, "a value without a key"));
        }
        // libyaml reads the question mark as a key even without a blank after it.
        if self.flow_depth > 0 && style == ScalarStyle::Plain && text.starts_with('?') {
            return Err(syntax(mark, "a text in a flow collection starts with `?`"));
        }
        if text.contains('\0') {
            return Err(Refusal {
                fault: Fault::Characters,
                mark,
                message: "a text contains an escaped NUL character".to_owned(),
            });
        }
        let text = if is_absent { Cow::Borrowed("") } else { (self.keep)(text, style) };
        self.push(Kind::Scalar, text, mark);
        Ok(())
    }

    fn collection(&mut self, kind: Kind, style: StructureStyle, mark: Mark) -> Result<(), Refusal> {
        // Collections inside a flow collection are flow collections, too.
        self.flow_depth += usize::from(style == StructureStyle::Flow);
        self.open(kind, mark)
    }

    fn open(&mut self, kind: Kind, mark: Mark) -> Result<(), Refusal> {
        if self.open.last().is_some_and(|&(_, is_key)| is_key) {
            return Err(syntax(mark, "a key must be a text, not a list or map"));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(too_deep(mark));
        }
        let index = self.push(kind, Cow::Borrowed(""), mark);
        self.open.push((index, kind == Kind::Map));
        Ok(())
    }

    fn push(&mut self, kind: Kind, text: Cow<'t, str>, mark: Mark) -> usize {
        let index = self.tree.nodes.len();
        if let Some((parent, is_key)) = self.open.last_mut()
            && self.tree.nodes[*parent].kind == Kind::Map
        {
            *is_key = !*is_key;
        }
        let end = if kind == Kind::Scalar { index + 1 } else { usize::MAX };
        self.tree.nodes.push(Raw { kind, text, mark, end });
        index
    }

    fn close(&mut self) {
        let (index, _) = self.open.pop().expect("granit balances starts and ends");
        self.tree.nodes[index].end = self.tree.nodes.len();
    }

    fn mark(&self, marker: Marker) -> Mark {
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let added = self.added.partition_point(|&line| line < marker.line());
        Mark {
            line: self.line + small(marker.line() - added).saturating_sub(1),
            column: small(marker.col()).saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests;
