//! A hub made of one function from requests to bytes, for answers that no proper hub gives.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use modplan::koji::{Fault, Value, codec};

/// A request, as received.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The first line and the headers.
    pub(super) head: String,
    /// The body.
    pub(super) body: String,
    /// How many came before.
    pub(super) number: usize,
}

impl Request {
    /// The method that is called.
    pub(super) fn method(&self) -> String {
        codec::read_call(&self.body).map_or_else(|_| String::new(), |(method, _)| method)
    }

    /// The whole request, as a proxy would repeat it.
    pub(super) fn text(&self) -> String {
        format!("{}\r\n\r\n{}", self.head, self.body)
    }
}

/// The answer.
pub(super) enum Answer {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// The first bytes, then the second again and again until the client goes.
    Endless(Vec<u8>, Vec<u8>),
    /// These bytes, then spaces one by one as the client reads them.
    Trickle(Vec<u8>),
    /// Nothing, until the client goes.
    Silence,
    /// The connection is reset.
    Reset,
}

impl Answer {
    /// An answer with a status, headers and a body.
    pub(super) fn http(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        Self::Bytes(text.into_bytes())
    }

    /// An answer of koji.
    pub(super) fn koji(answer: Result<Value, Fault>) -> Self {
        Self::http("200 OK", "Content-Type: text/xml\r\n", &codec::write_answer(answer))
    }

    /// An answer to a log-in.
    pub(super) fn session(key: &str) -> Self {
        let session = serde_json::json!({"session-id": 7, "session-key": key, "header-auth": true});
        Self::koji(Ok(Value::from(session)))
    }
}

/// The hub.
pub(super) struct RawHub {
    /// Its address.
    pub(super) server: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl RawHub {
    /// Starts a hub that answers with a function.
    pub(super) fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (of_thread, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&of_thread), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self { server: format!("http://{address}/kojihub"), seen }
    }

    /// Every request so far.
    pub(super) fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("no panic").clone()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Request>>, answer: &dyn Fn(&Request) -> Answer) {
    let Some((mut request, length)) = look(&stream) else { return };
    {
        let mut seen = seen.lock().expect("no panic");
        request.number = seen.len();
        seen.push(request.clone());
    }
    let answer = answer(&request);
    // Unread data makes the kernel reset the connection when it is closed.
    if matches!(answer, Answer::Reset) || stream.read_exact(&mut vec![0; length]).is_err() {
        return;
    }
    match answer {
        // A client that went away is part of the test.
        Answer::Bytes(bytes) => drop(stream.write_all(&bytes)),
        Answer::Endless(head, more) => {
            if stream.write_all(&head).is_ok() {
                while stream.write_all(&more).is_ok() {}
            }
        }
        Answer::Trickle(head) => {
            if stream.write_all(&head).is_ok() {
                while stream.write_all(b" ").is_ok() {
                    thread::yield_now();
                }
            }
        }
        Answer::Silence => while stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {},
        Answer::Reset => {}
    }
}

/// Returns a request and how many bytes it has, without taking them off the connection.
fn look(stream: &TcpStream) -> Option<(Request, usize)> {
    let mut bytes = vec![0; 1 << 20];
    loop {
        match stream.peek(&mut bytes) {
            Ok(0) => return None,
            Ok(count) => {
                if let Some(request) = whole(&bytes[..count]) {
                    return Some((request, count));
                }
                thread::yield_now();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

fn whole(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let body = bytes.get(end + 4..end + 4 + length.unwrap_or(0))?;
    Some(Request { head, body: String::from_utf8_lossy(body).into_owned(), number: 0 })
}
