//! Starting the service.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::auth::Gatekeeper;
use super::limits::Pace;
use super::reader::Reader;
use super::state::{ServeError, Service, Serving};
use super::{http, runner};
use crate::koji::Secret;
use crate::live::clock;
use crate::live::identity::Provider;
use crate::serve::api::Rules;
use crate::serve::{Known, Rights, base_builds};
use crate::site::Auth;
use crate::store::{NewModuleBuild, Store, StoreError};

/// How often the service looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(200);
/// So many submissions are fetched and expanded at a time.
pub(super) const SUBMISSIONS_MAX: usize = 4;

/// Serves until it is to stop; `ready` is called with the address once it can be reached. Runs that are being
/// driven are left to be resumed.
///
/// # Errors
/// The address or the store is not available, or the socket breaks.
///
/// # Panics
/// When no runtime can be made.
pub fn serve(serving: Serving, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    let serving = Arc::new(serving);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let address = serving.site.serve.listen.clone();
    let (wake, woken) = std::sync::mpsc::channel();
    let served = runtime.block_on(async {
        let taken = |source| ServeError::Address { address: address.clone(), source };
        let listener = tokio::net::TcpListener::bind(&address).await.map_err(taken)?;
        let service = prepare(Arc::clone(&serving), wake).await?;
        let stop = serving.stop;
        let runner = {
            let serving = Arc::clone(&serving);
            std::thread::spawn(move || runner::run(&serving, &woken))
        };
        ready(listener.local_addr().map_err(ServeError::Socket)?);
        let served = http::answer_all(listener, Arc::new(service), until_stopped(stop)).await;
        stop.store(true, Ordering::Relaxed);
        served.map_err(ServeError::Socket).map(|()| runner)
    })?;
    if served.join().is_err() {
        tracing::error!("the thread that drives submissions broke");
    }
    Ok(())
}

async fn until_stopped(stop: &'static AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(LOOK).await;
    }
}

async fn prepare(
    serving: Arc<Serving>,
    wake: std::sync::mpsc::Sender<()>,
) -> Result<Service, StoreError> {
    let store = Store::open(serving.store.reveal()).await?;
    let mut reader = Reader::default();
    reader.read(&store).await?;
    add_bases(&serving, &store, &mut reader).await?;
    let site = &serving.site;
    let gatekeeper = match (&site.serve.auth, &serving.secret) {
        (Auth::None, _) => Gatekeeper::Nobody,
        (Auth::Proxy(proxy), _) => Gatekeeper::Proxy(proxy.clone()),
        (Auth::Oidc(oidc), secret) => {
            let secret = secret.clone().unwrap_or_else(|| Secret::new(""));
            Gatekeeper::Oidc(Box::new(Provider::new(oidc.clone(), secret)))
        }
    };
    let rules = Rules {
        auth_method: gatekeeper.method().to_owned(),
        rights: Rights {
            admins: site.serve.admins.iter().cloned().collect(),
            submitters: match site.serve.auth {
                Auth::None => std::collections::BTreeSet::new(),
                Auth::Proxy(_) | Auth::Oidc(_) => site.serve.submitters.iter().cloned().collect(),
            },
            names_owner: site.serve.auth == Auth::None,
        },
        scm: site.scm.clone(),
        takes_yaml: site.serve.takes_yaml,
    };
    let known = Known::new(serving.snapshot.clone());
    Ok(Service {
        book: reader.book(),
        reader: tokio::sync::Mutex::new(reader),
        known: Mutex::new(known),
        slots: tokio::sync::Semaphore::new(SUBMISSIONS_MAX),
        pace: Mutex::new(Pace::default()),
        requests: Mutex::default(),
        serving,
        store,
        rules,
        gatekeeper,
        wake,
    })
}

/// Keeps the base modules of the site as builds that others can name by number.
async fn add_bases(
    serving: &Serving,
    store: &Store,
    reader: &mut Reader,
) -> Result<(), StoreError> {
    let bases = base_builds(&serving.snapshot, &serving.site, clock::now_ms() / 1000);
    for base in bases {
        let nsvc = base.nsvc();
        let is_there = reader.book().read().is_ok_and(|book| book.find(&nsvc).is_some());
        if is_there {
            continue;
        }
        let new = [NewModuleBuild { nsvc, components: 0 }];
        let first = serving.first_id();
        let added = store.add_builds(&new, first, |_, numbers| base.numbered(numbers).text()).await;
        match added {
            Ok(_) | Err(StoreError::BuildExists { .. }) => reader.read(store).await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
