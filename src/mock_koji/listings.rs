//! Which builds were in which tag, and when.

use std::collections::BTreeMap;

use super::state::{Caller, Listing, Tagged};
use super::{Mock, index};
use crate::koji::calls::{Map, QueryHistory};
use crate::koji::{Fault, Ref, Value};

impl Mock {
    /// Puts a build into a tag.
    pub(super) fn put_into(&mut self, tag: i64, build: i64, user: i64) {
        let event = self.change_tag(tag);
        let builds = &mut self.tags[index(tag)].builds;
        builds.retain(|tagged| tagged.build != build);
        builds.push(Tagged { build, event });
        self.listings.push(Listing { tag, build, event, user, revoked: None });
    }

    /// Removes a build from a tag.
    pub(super) fn take_from(&mut self, tag: i64, build: i64, user: i64) {
        self.tags[index(tag)].builds.retain(|tagged| tagged.build != build);
        let event = self.change_tag(tag);
        let is_it = |at: &&mut Listing| at.tag == tag && at.build == build && at.revoked.is_none();
        for listing in self.listings.iter_mut().filter(is_it) {
            listing.revoked = Some((event, user));
        }
    }

    pub(super) fn query_history(
        &mut self,
        _: Caller,
        call: QueryHistory,
    ) -> Result<BTreeMap<String, Vec<Map>>, Fault> {
        let of = |name: &str| call.filters.get(name).filter(|value| !value.is_nil()).cloned();
        let reference = |value: Value| -> Result<Ref, Fault> {
            value.read().map_err(|error| Fault::generic(error.to_string()))
        };
        let tag = of("tag").map(|tag| self.tag_id(&reference(tag)?)).transpose()?;
        let build = of("build").map(|build| self.build_id(&reference(build)?)).transpose()?;
        let package = of("package").and_then(|name| name.as_str().map(str::to_owned));
        let active = match of("active") {
            Some(Value::Bool(active)) => Some(active),
            _ => None,
        };
        let is_asked = |listing: &&Listing| {
            tag.is_none_or(|tag| listing.tag == tag)
                && build.is_none_or(|build| listing.build == build)
                && package.as_ref().is_none_or(|name| self.build(listing.build).name == *name)
                && active.is_none_or(|active| listing.revoked.is_none() == active)
        };
        let rows = self.listings.iter().filter(is_asked).map(|listing| self.listing_row(listing));
        let wants =
            call.tables.as_ref().is_none_or(|names| names.iter().any(|n| n == "tag_listing"));
        let tables = wants.then(|| ("tag_listing".to_owned(), rows.collect()));
        Ok(tables.into_iter().collect())
    }

    fn listing_row(&self, listing: &Listing) -> Map {
        let build = self.build(listing.build);
        let (revoked, revoker) = listing.revoked.unzip();
        let when = |event: i64| Value::Double(self.seconds(self.event_moment(event)));
        let number = |id: Option<i64>| id.map_or(Value::Nil, Value::Int);
        let name = |user: i64| Value::from(self.user_name(user));
        let active = if revoked.is_none() { Value::Bool(true) } else { Value::Nil };
        [
            ("active", active),
            ("build.state", Value::Int(build.state.into())),
            ("build_id", Value::Int(listing.build)),
            ("create_event", Value::Int(listing.event)),
            ("create_ts", when(listing.event)),
            ("creator_id", Value::Int(listing.user)),
            ("creator_name", name(listing.user)),
            ("epoch", number(build.epoch)),
            ("name", build.name.as_str().into()),
            ("release", build.release.as_str().into()),
            ("revoke_event", number(revoked)),
            ("revoke_ts", revoked.map_or(Value::Nil, when)),
            ("revoker_id", number(revoker)),
            ("revoker_name", revoker.map_or(Value::Nil, name)),
            ("tag.name", self.tag(listing.tag).name.as_str().into()),
            ("tag_id", Value::Int(listing.tag)),
            ("version", build.version.as_str().into()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }
}
