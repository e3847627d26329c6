//! A wire between a client and a hub, which does something wrong with the next request.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use modplan::koji::{Fault, Value};

/// The fault of the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It does not reach the hub.
    RequestLost,
    /// The hub carries it out, and its answer does not come back.
    AnswerLost,
    /// The hub gets it twice; the second answer comes back.
    Doubled,
    /// It is delayed.
    Delayed,
    /// The hub answers that it is offline.
    Offline,
    /// The hub does not know the session any more.
    SessionGone,
}

impl Trouble {
    /// Every trouble.
    pub(crate) const ALL: [Self; 6] = [
        Self::RequestLost,
        Self::AnswerLost,
        Self::Doubled,
        Self::Delayed,
        Self::Offline,
        Self::SessionGone,
    ];
}

/// What goes wrong, and after how many requests that are let through.
#[derive(Clone, Copy, Debug)]
struct Next {
    passed: usize,
    trouble: Trouble,
}

/// A wire.
pub(crate) struct Wire {
    /// The address for the client.
    pub(crate) server: String,
    next: Arc<Mutex<Option<Next>>>,
    seen: Arc<Mutex<Vec<String>>>,
    is_cut: Arc<AtomicBool>,
    bell: Arc<Mutex<Option<Bell>>>,
    instead: Arc<Mutex<Instead>>,
    watch: Arc<Mutex<Option<Watch>>>,
}

/// Sees every request before the hub does.
type Watch = Box<dyn FnMut(&[u8]) + Send>;

/// Rings after some requests.
struct Bell {
    left: usize,
    rings: Sender<()>,
}

/// What is answered in the place of the hub, by method: the first answer first; none: the hub's own.
type Instead = BTreeMap<String, VecDeque<Option<Result<Value, Fault>>>>;

impl Wire {
    /// Puts a wire before a hub.
    pub(crate) fn start(hub: &str) -> Self {
        let hub = address_of(hub);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let next = Arc::new(Mutex::new(None));
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let is_cut = Arc::new(AtomicBool::new(false));
        let instead: Arc<Mutex<Instead>> = Arc::default();
        let (of_thread, log, cut) = (Arc::clone(&next), Arc::clone(&seen), Arc::clone(&is_cut));
        let bell: Arc<Mutex<Option<Bell>>> = Arc::default();
        let heard = Arc::clone(&bell);
        let answers = Arc::clone(&instead);
        let watch: Arc<Mutex<Option<Watch>>> = Arc::default();
        let watches = Arc::clone(&watch);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (next, log, cut) = (Arc::clone(&of_thread), Arc::clone(&log), Arc::clone(&cut));
                let (bell, answers) = (Arc::clone(&heard), Arc::clone(&answers));
                let watch = Arc::clone(&watches);
                thread::spawn(move || {
                    serve(stream, hub, (&cut, &bell, &watch), (&next, &log, &answers));
                });
            }
        });
        Self {
            server: format!("http://{address}/kojihub"),
            next,
            seen,
            is_cut,
            bell,
            instead,
            watch,
        }
    }

    /// Has every request looked at before the hub gets it.
    pub(crate) fn watch(&self, watch: impl FnMut(&[u8]) + Send + 'static) {
        *self.watch.lock().expect("no panic") = Some(Box::new(watch));
    }

    /// Says when so many more requests have come; each is passed on all the same.
    pub(crate) fn after(&self, requests: usize) -> Receiver<()> {
        let (rings, heard) = channel();
        *self.bell.lock().expect("no panic") = Some(Bell { left: requests, rings });
        heard
    }

    /// Answers the next call of a method in the place of the hub; those after it by what is given after it.
    /// Calls that go together are named as in [`seen`](Self::seen).
    pub(crate) fn instead(&self, method: &str, answer: Result<Value, Fault>) {
        let mut instead = self.instead.lock().expect("no panic");
        instead.entry(method.to_owned()).or_default().push_back(Some(answer));
    }

    /// Lets the next call of a method through, before what is answered in the place of the hub.
    pub(crate) fn let_through(&self, method: &str) {
        let mut instead = self.instead.lock().expect("no panic");
        instead.entry(method.to_owned()).or_default().push_back(None);
    }

    /// Returns how many answers are left of those for a method.
    pub(crate) fn left(&self, method: &str) -> usize {
        self.instead.lock().expect("no panic").get(method).map_or(0, VecDeque::len)
    }

    /// Returns the methods called since the last time; several at once as `multiCall(one,two)`.
    pub(crate) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().expect("no panic"))
    }

    /// Lets nothing through any more, or everything again.
    pub(crate) fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::SeqCst);
    }

    /// Has something go wrong with the next request.
    pub(super) fn trouble(&self, trouble: Trouble) {
        self.trouble_after(0, trouble);
    }

    /// Has something go wrong with one request, after so many others.
    pub(crate) fn trouble_after(&self, passed: usize, trouble: Trouble) {
        *self.next.lock().expect("no panic") = Some(Next { passed, trouble });
    }
}

/// Returns the socket of a hub's address.
pub(crate) fn address_of(hub: &str) -> SocketAddr {
    hub.strip_prefix("http://")
        .and_then(|rest| rest.strip_suffix("/kojihub"))
        .and_then(|address| address.parse().ok())
        .expect("a hub on loopback")
}

fn serve(
    mut client: TcpStream,
    hub: SocketAddr,
    (cut, bell, watch): (&AtomicBool, &Mutex<Option<Bell>>, &Mutex<Option<Watch>>),
    (next, seen, instead): (&Mutex<Option<Next>>, &Mutex<Vec<String>>, &Mutex<Instead>),
) {
    while let Some(request) = message(&mut client) {
        if cut.load(Ordering::SeqCst) {
            return;
        }
        if let Some(watch) = &mut *watch.lock().expect("no panic") {
            watch(&request);
        }
        let method = method(&request);
        seen.lock().expect("no panic").extend(method.clone());
        ring(&mut bell.lock().expect("no panic"));
        let given = method
            .and_then(|method| instead.lock().expect("no panic").get_mut(&method)?.pop_front()?);
        if let Some(answer) = given {
            let answer = http(&modplan::koji::codec::write_answer(answer));
            if client.write_all(&answer).is_err() {
                return;
            }
            continue;
        }
        let trouble = due(&mut next.lock().expect("no panic"));
        let answer = match trouble {
            Some(Trouble::RequestLost) => return,
            Some(Trouble::AnswerLost) => {
                drop(forward(&request, hub));
                return;
            }
            Some(Trouble::Doubled) => {
                drop(forward(&request, hub));
                forward(&request, hub)
            }
            Some(Trouble::Delayed) => {
                thread::sleep(Duration::from_millis(50));
                forward(&request, hub)
            }
            Some(Trouble::Offline) => fault(1014, "hub is offline"),
            Some(Trouble::SessionGone) => forward(&without_session(&request), hub),
            None => forward(&request, hub),
        };
        if client.write_all(&answer).is_err() {
            return;
        }
    }
}

/// Counts a request.
fn ring(bell: &mut Option<Bell>) {
    if let Some(Bell { left, rings }) = bell {
        *left = left.saturating_sub(1);
        if *left == 0 {
            // Nobody waits any more where the process has ended.
            let _unheard = rings.send(());
            *bell = None;
        }
    }
}

/// Returns what goes wrong with a request.
fn due(next: &mut Option<Next>) -> Option<Trouble> {
    match next {
        Some(Next { passed, .. }) if *passed > 0 => {
            *passed -= 1;
            None
        }
        _ => next.take().map(|next| next.trouble),
    }
}

/// Returns the method of a request, if it is a call.
fn method(request: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(request);
    let (_, body) = text.split_once("\r\n\r\n")?;
    let (method, params) = modplan::koji::codec::read_call(body).ok()?;
    if method != "multiCall" {
        return Some(method);
    }
    let calls = params.first().and_then(Value::as_list).unwrap_or_default().iter();
    let names = calls.filter_map(|call| call.get("methodName").and_then(Value::as_str));
    Some(format!("multiCall({})", names.collect::<Vec<_>>().join(",")))
}

/// Damages the key of the session, so that the hub itself reports it as unknown.
fn without_session(request: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(request).into_owned();
    let Some(at) = text.to_lowercase().find("koji-session-key: ") else { return request.to_vec() };
    let at = at + "koji-session-key: ".len();
    let mut bytes = request.to_vec();
    bytes[at] = b'x';
    bytes
}

fn fault(code: i32, text: &str) -> Vec<u8> {
    http(&modplan::koji::codec::write_answer(Err(Fault::new(code.into(), text))))
}

fn http(body: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n";
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Passes a request on, and returns the answer.
pub(crate) fn forward(request: &[u8], hub: SocketAddr) -> Vec<u8> {
    let mut stream = TcpStream::connect(hub).expect("the hub is there");
    stream.write_all(request).expect("it takes it");
    message(&mut stream).expect("it answers")
}

/// Reads one HTTP message with its body.
pub(crate) fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65_536];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Some(bytes);
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
