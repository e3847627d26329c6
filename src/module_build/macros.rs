//! `module-build-macros`: the package that puts a module's macros into its buildroot, and keeps RPMs
//! out of it that must not be there.
//!
//! It is the first build of every module. Its two files are text here, the same bytes for the same
//! input; `rpmbuild -bs` makes the source RPM of them, and [`RPMBUILD_DEFINES`] makes that
//! reproducible too.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::conflicts::Conflict;
use crate::name::Nsvc;

/// The name of the package.
pub const NAME: &str = "module-build-macros";
/// Its version.
pub const VERSION: &str = "0.1";
/// The name of its spec file.
pub const SPEC_FILE: &str = "module-build-macros.spec";
/// The name of its only source.
pub const MACRO_FILE: &str = "macros.modules";
/// Where it is installed: after the distribution's files, which RPM reads in the order of their names.
pub const INSTALLED_AS: &str = "/etc/rpm/macros.zz-modules";

/// What `rpmbuild` is given with `--define`, so that the same files make the same source RPM: times from
/// the changelog, and no host.
pub const RPMBUILD_DEFINES: [&str; 5] = [
    "source_date_epoch_from_changelog 1",
    "use_source_date_epoch_as_buildtime 1",
    "clamp_mtime_to_source_date_epoch 1",
    "_buildhost localhost",
    "_source_payload w2.gzdio",
];

/// What the package is made of.
#[derive(Clone, Copy, Debug)]
pub struct MacrosPackage<'a> {
    /// The build of the module.
    pub nsvc: &'a Nsvc,
    /// The dist tag, without a dot before it.
    pub dist: &'a str,
    /// `buildopts.rpms.macros`, as the author wrote it.
    pub author: Option<&'a str>,
    /// What must not be installed beside it.
    pub conflicts: &'a BTreeSet<Conflict>,
    /// The time of the module's commit, the day of the changelog.
    pub committed: Timestamp,
}

/// A part of a module's identity that would be read as something else in a spec file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{text}` cannot stand in a spec file: it holds {character:?}")]
pub struct NotASpecText {
    /// Which part.
    pub what: &'static str,
    /// The text.
    pub text: String,
    /// The first character that RPM would read as something else.
    pub character: char,
}

impl MacrosPackage<'_> {
    /// Returns the spec file.
    ///
    /// # Errors
    ///
    /// A part of the identity holds a blank, a percent sign or a backslash, which RPM does not read as
    /// they are.
    pub fn spec(&self) -> Result<String, NotASpecText> {
        self.check()?;
        let Nsvc { name, stream, version, context } = self.nsvc;
        let mut spec = format!(
            "%global dist .{dist}\n\
             %global modularitylabel {nsvc}\n\
             %global _module_name {name}\n\
             %global _module_stream {stream}\n\
             %global _module_version {version}\n\
             %global _module_context {context}\n\n\
             Name: {NAME}\n\
             Version: {VERSION}\n\
             Release: 1%{{?dist}}\n\
             Summary: Macros and conflicts for building {nsvc}\n\
             License: MIT\n\
             BuildArch: noarch\n\
             Source0: {MACRO_FILE}\n",
            dist = self.dist,
            nsvc = self.nsvc,
        );
        for conflict in self.conflicts {
            writeln!(spec, "Conflicts: {conflict}").expect("writing to a string cannot fail");
        }
        // The source RPM keeps the spec as RPM expands it: a macro for a directory would put that into it.
        let day = self.committed.to_zoned(TimeZone::UTC).strftime("%a %b %d %Y");
        write!(
            spec,
            "\n%description\n\
             RPM macros that the packages of the module {nsvc} are built with.\n\n\
             %prep\n\n\
             %build\n\n\
             %install\n\
             install -D -m 644 \"$RPM_SOURCE_DIR/{MACRO_FILE}\" \"$RPM_BUILD_ROOT{INSTALLED_AS}\"\n\n\
             %files\n\
             {INSTALLED_AS}\n\n\
             %changelog\n\
             * {day} modplan <modplan@localhost> - {VERSION}-1\n\
             - Macros of {nsvc}\n",
            nsvc = self.nsvc,
        )
        .expect("writing to a string cannot fail");
        Ok(spec)
    }

    /// Returns the macro file, the author's macros last, as they were written.
    ///
    /// # Errors
    ///
    /// As [`MacrosPackage::spec`].
    pub fn macro_file(&self) -> Result<String, NotASpecText> {
        self.check()?;
        let Nsvc { name, stream, version, context } = self.nsvc;
        let mut file = format!(
            "%dist .{dist}\n\
             %modularitylabel {nsvc}\n\
             %_module_build 1\n\
             %_module_name {name}\n\
             %_module_stream {stream}\n\
             %_module_version {version}\n\
             %_module_context {context}\n",
            dist = self.dist,
            nsvc = self.nsvc,
        );
        if let Some(author) = self.author.filter(|author| !author.is_empty()) {
            let end = if author.ends_with('\n') { "" } else { "\n" };
            write!(file, "\n{author}{end}").expect("writing to a string cannot fail");
        }
        Ok(file)
    }

    /// Returns the name of the source RPM.
    #[must_use]
    pub fn source_rpm(&self) -> String {
        source_rpm(self.dist)
    }

    fn check(&self) -> Result<(), NotASpecText> {
        let Nsvc { name, stream, context, .. } = self.nsvc;
        let parts = [
            ("the name", name.as_str()),
            ("the stream", stream.as_str()),
            ("the context", context.as_str()),
            ("the dist tag", self.dist),
        ];
        let is_odd = |character: &char| {
            character.is_whitespace() || character.is_control() || matches!(character, '%' | '\\')
        };
        let odd = parts
            .into_iter()
            .find_map(|(what, text)| Some((what, text, text.chars().find(is_odd)?)));
        match odd {
            Some((what, text, character)) => {
                Err(NotASpecText { what, text: text.to_owned(), character })
            }
            None => Ok(()),
        }
    }
}

/// Returns the name of the source RPM with a dist tag.
#[must_use]
pub fn source_rpm(dist: &str) -> String {
    format!("{NAME}-{VERSION}-1.{dist}.src.rpm")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Version;

    fn nsvc(stream: &str) -> Nsvc {
        let (name, context) = ("perl".into(), "9d367344".into());
        Nsvc { name, stream: stream.into(), version: Version(8_020_020_200_101), context }
    }

    fn package<'a>(nsvc: &'a Nsvc, conflicts: &'a BTreeSet<Conflict>) -> MacrosPackage<'a> {
        MacrosPackage {
            nsvc,
            dist: "module+el8.2.0+7+aabbccdd",
            author: Some("%perl_bootstrap 1"),
            conflicts,
            committed: "2020-01-01T23:00:00Z".parse().expect("a time"),
        }
    }

    #[test]
    fn the_macro_file_ends_with_what_the_author_wrote() {
        let (nsvc, none) = (nsvc("5.30"), BTreeSet::new());
        let file = package(&nsvc, &none).macro_file().expect("plain names");
        let wanted = "%dist .module+el8.2.0+7+aabbccdd\n\
                      %modularitylabel perl:5.30:8020020200101:9d367344\n\
                      %_module_build 1\n%_module_name perl\n%_module_stream 5.30\n\
                      %_module_version 8020020200101\n%_module_context 9d367344\n\n\
                      %perl_bootstrap 1\n";
        assert_eq!(file, wanted);
    }

    #[test]
    fn conflicts_stand_in_the_spec_in_order() {
        let conflict = |name: &str| Conflict {
            name: name.to_owned(),
            epoch: 0,
            version: "1".to_owned(),
            release: "2.el8".to_owned(),
        };
        let (nsvc, conflicts) = (nsvc("5.30"), BTreeSet::from([conflict("zsh"), conflict("bash")]));
        let spec = package(&nsvc, &conflicts).spec().expect("plain names");
        assert!(
            spec.contains("\nConflicts: bash = 0:1-2.el8\nConflicts: zsh = 0:1-2.el8\n"),
            "{spec}"
        );
        assert!(spec.contains("\n* Wed Jan 01 2020 "), "{spec}");
        assert!(!spec.contains("_module_build "), "{spec}");
    }

    #[test]
    fn what_rpm_would_expand_is_refused() {
        let (nsvc, none) = (nsvc("5%30"), BTreeSet::new());
        let error = package(&nsvc, &none).spec().expect_err("a percent sign");
        assert_eq!(
            error.to_string(),
            "the stream `5%30` cannot stand in a spec file: it holds '%'"
        );
    }
}
