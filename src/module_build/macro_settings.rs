//! The macros of a module as settings of its build tag: koji puts every `rpm.macro.NAME` of a tag into the
//! buildroots made from it. So a module that has nothing to keep out of its buildroot needs no macros package,
//! and saves the build of it and a repo.

use crate::koji::Value;
use crate::koji::calls::Map;
use crate::load::Stream;
use crate::name::Nsvc;

/// What koji's settings of macros begin with.
const PREFIX: &str = "rpm.macro.";

/// Returns the settings of a module's tag: its dist tag, its identity, and the author's macros as far as they
/// are definitions of one line.
#[must_use]
pub fn settings(nsvc: &Nsvc, dist: &str, stored: &Stream) -> Map {
    let Nsvc { name, stream, version, context } = nsvc;
    let own = [
        ("dist", format!(".{dist}")),
        ("modularitylabel", nsvc.to_string()),
        ("_module_build", "1".to_owned()),
        ("_module_name", name.to_string()),
        ("_module_stream", stream.to_string()),
        ("_module_version", version.to_string()),
        ("_module_context", context.to_string()),
    ];
    let own = own.map(|(name, body)| (name.to_owned(), body)).into_iter();
    let author = stored.macros.iter().flat_map(|text| text.lines()).filter_map(definition);
    let author = author.map(|(name, body)| (name.to_owned(), body.to_owned()));
    own.chain(author).map(|(name, body)| (format!("{PREFIX}{name}"), Value::Text(body))).collect()
}

/// Returns whether settings can hold all of the author's macros: none with parameters, and none of several
/// lines.
#[must_use]
pub fn hold_all(stored: &Stream) -> bool {
    let is_said = |line: &&str| line.trim_start().starts_with('%');
    let lines = stored.macros.iter().flat_map(|text| text.lines());
    // RPM reads nothing but definitions and what continues them.
    let goes_on = |line: &str| line.trim_end().ends_with('\\');
    lines.clone().filter(is_said).all(|line| definition(line).is_some())
        && !lines.into_iter().any(goes_on)
}

/// Reads the definition of a macro without parameters: `%NAME BODY`.
fn definition(line: &str) -> Option<(&str, &str)> {
    let (name, body) = line.trim().strip_prefix('%')?.split_once([' ', '\t'])?;
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name = name.starts_with(is_letter)
        && name.len() > 2
        && name.chars().all(|c| is_letter(c) || c.is_ascii_digit());
    let body = body.trim();
    let open = body.matches('{').count() == body.matches('}').count();
    (is_name && open && !body.is_empty() && !body.ends_with('\\')).then_some((name, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Version;

    fn stored(macros: &str) -> Stream {
        Stream { macros: Some(macros.to_owned()), ..Stream::default() }
    }

    #[test]
    fn a_tag_says_what_the_macros_package_would_say() {
        let nsvc = Nsvc {
            name: "perl".into(),
            stream: "5.30".into(),
            version: Version(7),
            context: "c0ffee00".into(),
        };
        let stored = stored("# what perl needs\n%perl_bootstrap 1\n%_without_x --without x\n");
        let settings = settings(&nsvc, "module+el8+7+01326e37", &stored);
        let text = |name: &str| settings[&format!("rpm.macro.{name}")].as_str().expect("a text");
        assert_eq!(text("dist"), ".module+el8+7+01326e37");
        assert_eq!(text("modularitylabel"), "perl:5.30:7:c0ffee00");
        assert_eq!((text("_module_build"), text("_module_version")), ("1", "7"));
        assert_eq!((text("perl_bootstrap"), text("_without_x")), ("1", "--without x"));
        assert_eq!(settings.len(), 9);
        assert!(hold_all(&stored));
    }

    #[test]
    fn what_a_setting_cannot_hold_is_seen() {
        assert!(hold_all(&Stream::default()) && hold_all(&stored("plain text\n")));
        for macros in
            ["%cmake() echo\n", "%many one \\\ntwo\n", "%open %{expand:\n}\n", "%x y\n", "%alone\n"]
        {
            assert!(!hold_all(&stored(macros)), "{macros}");
        }
    }
}
