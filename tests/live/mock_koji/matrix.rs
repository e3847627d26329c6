//! Every method of the typed calls through a connection with each fault: a write is carried out
//! once in any case, and the client reports that or that it cannot know.
//!
//! Calls carried out are counted in the state file of the mock, independently of the client.

mod builders;
mod builds;
mod hosts;
mod recorded;
mod sessions;
mod tags;
mod tasks;
mod world;

use std::collections::BTreeSet;

use modplan::koji::calls::{self, Login as LoginCall};
use modplan::koji::{Arguments, Call, Value};
use modplan::live::hub::HubError;
use serde_json::Value as Json;

use super::wire::Trouble;
use world::World;

/// The expectation for a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It changes nothing, and answers another session the same.
    Read,
    /// It changes nothing, and its answer is about the caller's session.
    OwnRead,
    /// It changes something, and done twice that would be something else.
    Write,
    /// Done again it is the same; the hub does not keep its number.
    Same,
    /// The hub always refuses.
    Refused,
}

/// A method with its preparation, which returns the parameters; a last object with `__starstar` has
/// the named ones.
struct Row {
    method: &'static str,
    kind: Kind,
    /// Whether a builder makes the call, in an exclusive session.
    by_builder: bool,
    params: fn(&mut World) -> Json,
}

impl Row {
    const fn new(method: &'static str, kind: Kind, params: fn(&mut World) -> Json) -> Self {
        Self { method, kind, by_builder: false, params }
    }

    const fn read(method: &'static str, params: fn(&mut World) -> Json) -> Self {
        Self::new(method, Kind::Read, params)
    }

    const fn write(method: &'static str, params: fn(&mut World) -> Json) -> Self {
        Self::new(method, Kind::Write, params)
    }

    /// A call of a builder.
    const fn own(method: &'static str, kind: Kind, params: fn(&mut World) -> Json) -> Self {
        Self { by_builder: true, ..Self::new(method, kind, params) }
    }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    let tables: [&[Row]; 6] =
        [sessions::ROWS, hosts::ROWS, tags::ROWS, tasks::ROWS, builds::ROWS, builders::ROWS];
    tables.into_iter().flatten()
}

/// The outcome of a call.
struct Came {
    answer: Result<Value, HubError>,
    /// How often the hub carried it out.
    done: usize,
    /// The previous answer to another session.
    before: Option<Value>,
}

impl Row {
    fn through(&self, world: &mut World, trouble: Trouble) -> Came {
        if self.by_builder {
            world.connect_builder();
        }
        let params = (self.params)(world);
        let entry = calls::of(self.method).expect("a typed call");
        let params = Arguments::of(world::values(params));
        let params = (entry.respell)(params).expect("the parameters fit").into_params();
        let before = (self.kind == Kind::Read).then(|| world.answer(self.method, params.clone()));
        let kept = world.kept();
        world.trouble(trouble);
        let answer = world.client(self.method, params.clone());
        if let Ok(answer) = &answer {
            let read = (entry.reread)(answer.clone());
            assert!(read.is_ok(), "{} {trouble:?}: {read:?}", self.method);
        }
        Came { answer, done: world.done_since(kept, self.method, &params), before }
    }

    /// Describes an unexpected outcome of a call.
    fn wrong(&self, trouble: Trouble, came: &Came) -> Option<String> {
        let is_ok = came.answer.is_ok();
        let is_unknown = matches!(came.answer, Err(HubError::Unknown { .. }));
        let is_lost = matches!(trouble, Trouble::AnswerLost | Trouble::Doubled);
        let is_as_expected = match self.kind {
            // An exclusive session of a builder is not renewed: the builder must look up the
            // outcome.
            _ if self.by_builder && trouble == Trouble::SessionGone => {
                matches!(came.answer, Err(HubError::Login { .. })) && came.done == 0
            }
            Kind::Read => is_ok && came.answer.as_ref().ok() == came.before.as_ref(),
            Kind::OwnRead => is_ok,
            Kind::Write if is_lost => is_unknown && came.done == 1,
            Kind::Write => is_ok && came.done == 1,
            Kind::Same => (is_ok || is_lost && is_unknown) && (1..=2).contains(&came.done),
            Kind::Refused => matches!(came.answer, Err(HubError::Fault { .. })) && came.done == 0,
        };
        let (method, kind, done) = (self.method, self.kind, came.done);
        let told =
            || format!("{method} {kind:?} {trouble:?}: done {done} times, {:?}", came.answer);
        (!is_as_expected).then(told)
    }
}

#[test]
fn every_typed_call_stands_in_the_matrix_once() {
    let all: BTreeSet<&str> = calls::all().map(|entry| entry.method).collect();
    let own: Vec<&str> = rows().map(|row| row.method).collect();
    assert_eq!(own.iter().copied().collect::<BTreeSet<_>>(), all);
    assert_eq!(own.len(), all.len(), "a method stands there twice");
    for row in rows() {
        let is_read = matches!(row.kind, Kind::Read | Kind::OwnRead);
        assert!(
            row.kind == Kind::Refused || calls::is_read(row.method) == is_read,
            "{}",
            row.method
        );
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the count is part of the evidence")]
fn no_write_is_done_twice_or_lost_whatever_the_wire_does() {
    let mut wrong = Vec::new();
    let mut made = 0;
    let mut world = World::start();
    for row in rows() {
        world.connect("alice");
        for trouble in Trouble::ALL {
            let came = row.through(&mut world, trouble);
            wrong.extend(row.wrong(trouble, &came));
            made += 1;
        }
    }
    let (methods, troubles) = (rows().count(), Trouble::ALL.len());
    let writes = rows().filter(|row| row.kind == Kind::Write).count();
    println!("calls through a wire with trouble: {made} ({methods} methods, {troubles} troubles)");
    println!("methods of these that write, done once each: {writes}");
    assert!(wrong.is_empty(), "{} of {made}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Logging in has no session and no call number yet: doubled, it leaves an unused session, which
/// expires.
#[test]
fn a_client_logs_in_whatever_the_wire_does() {
    let mut world = World::start();
    for trouble in Trouble::ALL {
        world.trouble(trouble);
        world.connect("alice");
        let user = world.client("getLoggedInUser", Vec::new()).expect("it is logged in");
        assert_eq!(user.get("name").and_then(Value::as_str), Some("alice"), "{trouble:?}");
    }
    assert!(!calls::is_read(LoginCall::METHOD));
}
