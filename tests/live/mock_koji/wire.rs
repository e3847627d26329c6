//! A wire between a client and a hub, which does something wrong with the next request.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
    ways: Arc<Ways>,
}

/// What becomes of every request.
#[derive(Default)]
struct Ways {
    /// The header that is not passed on, in small letters.
    hidden: Mutex<Option<&'static str>>,
    /// Every so many requests; 0: never.
    every: AtomicUsize,
    requests: AtomicUsize,
    lost: AtomicUsize,
}

impl Ways {
    /// Returns a request as the hub gets it.
    fn passed_on(&self, request: Vec<u8>) -> Vec<u8> {
        let Some(hidden) = *self.hidden.lock().expect("no panic") else { return request };
        let end = request.windows(4).position(|four| four == b"\r\n\r\n").expect("it has a head");
        let head = String::from_utf8_lossy(&request[..end]).into_owned();
        let is_seen = |line: &&str| !line.to_lowercase().starts_with(&format!("{hidden}:"));
        let head: Vec<&str> = head.split("\r\n").filter(is_seen).collect();
        [head.join("\r\n").as_bytes(), &request[end..]].concat()
    }

    /// Returns whether the answer to a request that just came is lost.
    fn loses(&self) -> bool {
        let (every, number) = (&self.every, self.requests.fetch_add(1, Ordering::SeqCst) + 1);
        let every = every.load(Ordering::SeqCst);
        let is_lost = every > 0 && number.is_multiple_of(every);
        self.lost.fetch_add(usize::from(is_lost), Ordering::SeqCst);
        is_lost
    }
}

/// Rings after some requests.
struct Bell {
    left: usize,
    rings: Sender<()>,
}

/// What becomes of the next calls of a method: the first of them first.
type Instead = BTreeMap<String, VecDeque<Given>>;

/// What becomes of a call.
enum Given {
    /// It is answered in the place of the hub.
    Answer(Result<Value, Fault>),
    /// The hub answers it.
    Through,
    /// The hub carries it out, and its answer does not come back.
    Lost,
}

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
        let ways: Arc<Ways> = Arc::default();
        let all_ways = Arc::clone(&ways);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (next, log, cut) = (Arc::clone(&of_thread), Arc::clone(&log), Arc::clone(&cut));
                let (bell, answers) = (Arc::clone(&heard), Arc::clone(&answers));
                let ways = Arc::clone(&all_ways);
                let served = move || {
                    serve(stream, hub, (&cut, &bell, &ways), (&next, &log, &answers));
                };
                thread::spawn(served);
            }
        });
        Self {
            server: format!("http://{address}/kojihub"),
            next,
            seen,
            is_cut,
            bell,
            instead,
            ways,
        }
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
        instead.entry(method.to_owned()).or_default().push_back(Given::Answer(answer));
    }

    /// Lets the next call of a method through, before what is answered in the place of the hub.
    pub(crate) fn let_through(&self, method: &str) {
        let mut instead = self.instead.lock().expect("no panic");
        instead.entry(method.to_owned()).or_default().push_back(Given::Through);
    }

    /// Loses the hub's answer to the next call of a method, as [`instead`](Self::instead) counts them.
    pub(crate) fn lose(&self, method: &str) {
        let mut instead = self.instead.lock().expect("no panic");
        instead.entry(method.to_owned()).or_default().push_back(Given::Lost);
    }

    /// Returns how many answers are left of those for a method.
    pub(crate) fn left(&self, method: &str) -> usize {
        self.instead.lock().expect("no panic").get(method).map_or(0, VecDeque::len)
    }

    /// Loses the hub's answer to every so many requests, from now on.
    pub(crate) fn lose_every(&self, requests: usize) {
        self.ways.every.store(requests, Ordering::SeqCst);
    }

    /// Passes requests on without a header, as if the hub did not know it.
    pub(crate) fn hide(&self, header: &'static str) {
        *self.ways.hidden.lock().expect("no panic") = Some(header);
    }

    /// Returns how many answers were lost in that way.
    pub(crate) fn lost(&self) -> usize {
        self.ways.lost.load(Ordering::SeqCst)
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
    (cut, bell, ways): (&AtomicBool, &Mutex<Option<Bell>>, &Ways),
    (next, seen, instead): (&Mutex<Option<Next>>, &Mutex<Vec<String>>, &Mutex<Instead>),
) {
    while let Some(request) = message(&mut client) {
        let request = ways.passed_on(request);
        if cut.load(Ordering::SeqCst) {
            return;
        }
        let method = method(&request);
        seen.lock().expect("no panic").extend(method.clone());
        ring(&mut bell.lock().expect("no panic"));
        let given = method
            .and_then(|method| instead.lock().expect("no panic").get_mut(&method)?.pop_front());
        match given {
            Some(Given::Answer(answer)) => {
                let answer = http(&modplan::koji::codec::write_answer(answer));
                if client.write_all(&answer).is_err() {
                    return;
                }
                continue;
            }
            Some(Given::Lost) => {
                drop(forward(&request, hub));
                return;
            }
            Some(Given::Through) | None => {}
        }
        let lost = ways.loses().then_some(Trouble::AnswerLost);
        let trouble = due(&mut next.lock().expect("no panic")).or(lost);
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
