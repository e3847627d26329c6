//! The parameters of a request, repeated ones too.

/// Parameters in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands behind the `?` of an address.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// Returns every value of a parameter.
    pub fn all<'q>(&'q self, key: &str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Returns the last value of a parameter.
    #[must_use]
    pub fn last(&self, key: &str) -> Option<&str> {
        self.all(key).last()
    }

    /// Returns whether any value of a parameter says yes.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.all(key).any(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }

    /// Returns a count; what is not a number above 0 is the usual one.
    #[must_use]
    pub fn count(&self, key: &str, usual: u64) -> u64 {
        let given = self.last(key).and_then(|text| text.parse().ok());
        given.filter(|count| *count > 0).unwrap_or(usual)
    }

    /// Returns all parameters, each as often as it was sent.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_come_twice_and_in_any_case() {
        let query = Query::read("verbose=true&state=5&verbose=True&x=%2B+%C3%BC&per_page=0&page=x");
        assert!(query.flag("verbose") && !query.flag("short"));
        assert_eq!(query.all("verbose").count(), 2);
        assert_eq!(query.last("x"), Some("+ ü"));
        assert_eq!((query.count("per_page", 10), query.count("page", 1)), (10, 1));
        assert!(Query::read("verbose=1").flag("verbose"));
        assert!(!Query::read("verbose=no").flag("verbose"));
    }
}
