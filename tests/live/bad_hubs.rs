//! Hubs and networks at their worst: each is reported in words, nothing hangs, and nothing secret is shown.

mod answers;
mod sessions;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use modplan::koji::calls::{CreateTag, GetTag};
use modplan::koji::profile::Profile;
use modplan::koji::shapes::Secret;
use modplan::live::hub::{Hub, HubError, Login, Options, Patience, Pauses};

use super::mock_koji::block_on;
use super::raw_hub::{Answer, RawHub, Request};

const PASSWORD: &str = "hunter2-and-more";
const KEY: &str = "7-AbCdEfGhIjKlMnOpQrS";

/// The waits of a client, replaced by none.
#[derive(Clone, Default)]
struct Waited(Arc<Mutex<Vec<Duration>>>);

impl Waited {
    fn pauses(&self) -> Pauses {
        let own = self.clone();
        Pauses::instead(move |delay| own.0.lock().expect("no panic").push(delay))
    }

    fn all(&self) -> Duration {
        self.0.lock().expect("no panic").iter().sum()
    }
}

/// A client with the official defaults, but three tries.
fn options(server: &str) -> Options {
    let options = Options::of(&Profile::new("koji"));
    let patience = Patience { tries_max: 3, ..options.patience };
    Options {
        server: server.to_owned(),
        call_max: Duration::from_secs(30),
        login_max: Duration::from_secs(30),
        bytes_max: 1 << 20,
        patience,
        ..options
    }
}

fn alice() -> Login {
    Login::Password { user: "alice".to_owned(), password: Secret::new(PASSWORD) }
}

/// Logs in at a hub, whose waits take no time.
async fn connect(options: Options, waited: &Waited) -> Result<Hub, HubError> {
    Hub::connect_waiting(options, alice(), waited.pauses()).await
}

/// A hub that accepts the log-in and answers other calls with a function.
fn hub(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> RawHub {
    RawHub::start(move |request| match request.method().as_str() {
        "login" => Answer::session(KEY),
        _ => answer(request),
    })
}

/// Reads and writes at a hub; returns the client's result of each.
fn said_of(hub: &RawHub, options: Options) -> [String; 2] {
    let waited = Waited::default();
    let errors = block_on(async {
        let mut client = connect(options, &waited).await.expect("it logs in");
        let get = GetTag { tag: "f99".into(), ..GetTag::default() };
        let create = CreateTag { name: "f99".to_owned(), ..CreateTag::default() };
        let read = client.call(&get).await.expect_err("no answer");
        let write = client.call(&create).await.expect_err("no answer");
        let is_known = matches!(write, HubError::Unknown { .. } | HubError::Setup(_));
        assert!(is_known, "the hub may have made the tag: {write:?}");
        [read, write]
    });
    let texts = errors.map(|error| format!("{error} {error:?}"));
    for text in &texts {
        assert!(!text.contains(PASSWORD) && !text.contains(KEY), "{text}");
    }
    assert!(hub.seen().len() <= 1 + 2 * 3, "{} requests", hub.seen().len());
    texts
}
