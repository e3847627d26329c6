//! The package named in a task's request.

use serde_json::Value;

use super::collect::Source;

/// Reads a request: a list whose first value is a source, or the XML of a call.
pub(super) fn source(json: &str) -> Option<Source> {
    match serde_json::from_str(json).ok()? {
        Value::Array(values) => of_text(values.first()?.as_str()?),
        Value::String(xml) => {
            let (_, rest) = xml.split_once("<string>")?;
            of_text(rest.split_once("</string>")?.0)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Reads the path of a source package, or the address of a repository of sources.
pub(super) fn of_text(text: &str) -> Option<Source> {
    if let Some(path) = text.strip_suffix(".src.rpm") {
        return of_nvr(path.rsplit('/').next()?);
    }
    if !text.contains("://") {
        return None;
    }
    let address = text.split('#').next()?;
    // Both `…/rpms/perl.git` and the older `…/?rpms/perl` are in use.
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().map(str::to_owned);
    let path = if path.ends_with('/') && !query.is_empty() { query } else { path };
    let name = last(path)?;
    let package = name.strip_suffix(".git").unwrap_or(&name);
    (!package.is_empty()).then(|| Source { package: package.into(), nvr: None })
}

/// Splits `name-version-release`.
pub(super) fn of_nvr(nvr: &str) -> Option<Source> {
    let mut parts = nvr.rsplitn(3, '-');
    let (_release, _version) = (parts.next()?, parts.next()?);
    let package = parts.next().filter(|name| !name.is_empty())?;
    Some(Source { package: package.into(), nvr: Some(nvr.into()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_named_by_its_source_package_or_its_repository() {
        let named = |json: &str| source(json).map(|source| source.package.to_string());
        let cases = [
            (r#"["tasks/1/perl-DBI-1.64-3.el8.src.rpm", 2, "x86_64"]"#, Some("perl-DBI")),
            (r#"["git+https://example.org/rpms/bash#5.2", "f99", {}]"#, Some("bash")),
            (r#"["git://example.org/rpms/bash.git?#0a1", "f99"]"#, Some("bash")),
            (r#"["git://example.org/?rpms/bash#0a1", "f99"]"#, Some("bash")),
            (r#""<value><string>git://h/rpms/p7#1</string></value>""#, Some("p7")),
            (r#"[17, 23, false]"#, None),
            (r#"["f99-build"]"#, None),
            ("[]", None),
        ];
        for (json, package) in cases {
            assert_eq!(named(json).as_deref(), package, "{json}");
        }
        let nvr = of_text("x/perl-DBI-1.64-3.el8.src.rpm").and_then(|source| source.nvr);
        assert_eq!(nvr.as_deref(), Some("perl-DBI-1.64-3.el8"));
    }
}
