//! A wire to a mock hub on which builds become real: for every build that the hub lists in a tag, rpmbuild
//! makes the RPMs with the macros of the module, and they are kept as koji keeps its files. A build has two
//! subpackages more than the mock knows: `NAME-tests` for each arch and `NAME-doc` for all.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use modplan::koji::Value;
use modplan::koji::codec::{read_answer, read_call, write_answer};

use crate::live::mock_koji::wire::{address_of, forward, message};
use crate::support::rpms::{files, query, rpmbuild, run};

/// Numbers of RPMs that the mock does not know begin here.
const OWN: i64 = 1_000_000;
/// The byte of a file's lead that is different in a signed copy, and what it is there.
pub(super) const SIGNED_BYTE: usize = 70;
pub(super) const SIGNED: u8 = b'S';

/// The wire with what was made.
pub(super) struct Forge {
    /// The address for the client.
    pub(super) server: String,
    /// The top of the hub's files.
    pub(super) top: PathBuf,
    made: Arc<Mutex<Made>>,
}

#[derive(Default)]
struct Made {
    top: PathBuf,
    /// The home of a builder: its macros are the module's.
    home: PathBuf,
    /// The dist tag, with its dot.
    dist: String,
    /// The key by which everything is signed from now on.
    key: Option<String>,
    /// How often signatures are asked for until they are there.
    unsigned_looks: usize,
    /// The numbers of RPMs that the mock does not know.
    numbers: BTreeMap<String, i64>,
}

impl Forge {
    /// Puts a forge before a hub; it works below a directory, with the macros of a module.
    pub(super) fn start(hub: &str, directory: &Path, (macros, dist): (&str, &str)) -> Self {
        let (top, home) = (directory.join("koji"), directory.join("home"));
        fs::create_dir_all(&home).expect("it can be made");
        fs::write(home.join(".rpmmacros"), macros).expect("it can be written");
        let dist = format!(".{dist}");
        let made = Made { top: top.clone(), home, dist, ..Made::default() };
        let made = Arc::new(Mutex::new(made));
        let hub = address_of(hub);
        let server = serve_each({
            let made = Arc::clone(&made);
            move |stream| serve(stream, hub, &made)
        });
        Self { server: format!("http://{server}/kojihub"), top, made }
    }

    /// Has everything signed by a key once it was looked for so often.
    pub(super) fn sign(&self, key: &str, unsigned_looks: usize) {
        let mut made = self.made.lock().expect("no panic");
        (made.key, made.unsigned_looks) = (Some(key.to_owned()), unsigned_looks);
    }
}

/// Serves files below a directory over HTTP; returns the address.
pub(in crate::live) fn serve_files(top: &Path) -> String {
    let top = top.to_owned();
    let address = serve_each(move |mut stream| {
        while let Some(request) = message(&mut stream) {
            let text = String::from_utf8_lossy(&request).into_owned();
            let path = text.split(' ').nth(1).expect("a path").trim_start_matches('/');
            let (status, body) = match fs::read(top.join(path)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
            if stream.write_all(&[head.as_bytes(), &body].concat()).is_err() {
                return;
            }
        }
    });
    format!("http://{address}")
}

fn serve_each(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
    address
}

fn serve(mut client: TcpStream, hub: SocketAddr, made: &Mutex<Made>) {
    while let Some(request) = message(&mut client) {
        let answer = forward(&request, hub);
        let answer = made.lock().expect("no panic").changed(&request, &answer).unwrap_or(answer);
        if client.write_all(&answer).is_err() {
            return;
        }
    }
}

impl Made {
    /// Returns another answer, if the answer is about RPMs.
    fn changed(&mut self, request: &[u8], answer: &[u8]) -> Option<Vec<u8>> {
        let body = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
        };
        let (method, params) = read_call(&body(request)?).ok()?;
        let answer = read_answer(&body(answer)?).ok()?.ok()?;
        let answer = match method.as_str() {
            "listTaggedRPMS" => self.rpms(answer),
            "getTaskInfo" => {
                self.dist_repo(&answer);
                return None;
            }
            "multiCall" => self.each(params.first()?.as_list()?, answer)?,
            _ => return None,
        };
        let body = write_answer(Ok(answer));
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n";
        Some(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
    }

    /// Answers what is asked about single RPMs.
    fn each(&mut self, calls: &[Value], answers: Value) -> Option<Value> {
        let Value::List(mut answers) = answers else { return None };
        let looks = calls.iter().zip(&mut answers);
        let (mut is_changed, mut has_looked) = (false, false);
        for (call, answer) in looks {
            let params = call.get("params")?.as_list()?;
            let id = params.iter().find_map(|one| one.get("rpmID").or_else(|| one.get("rpm_id")));
            let own = match call.get("methodName")?.as_str()? {
                "queryRPMSigs" => {
                    has_looked = true;
                    self.signatures(id)
                }
                "getRPMHeaders" => structure([
                    ("license", "MIT".into()),
                    ("exclusivearch", Value::List(Vec::new())),
                    ("excludearch", Value::List(Vec::new())),
                ]),
                _ => continue,
            };
            is_changed = true;
            *answer = Value::List(vec![own]);
        }
        if has_looked && self.key.is_some() {
            self.unsigned_looks = self.unsigned_looks.saturating_sub(1);
        }
        is_changed.then_some(Value::List(answers))
    }

    /// Returns the rows of an RPM's signatures: one of its copy without, and one of a key.
    fn signatures(&self, rpm: Option<&Value>) -> Value {
        let row = |key: &str| {
            let id = rpm.cloned().unwrap_or_default();
            structure([("rpm_id", id), ("sigkey", key.into()), ("sighash", "0".into())])
        };
        let key = self.key.as_deref().filter(|_| self.unsigned_looks == 0);
        Value::List([Some(""), key].into_iter().flatten().map(row).collect())
    }

    /// Makes the RPMs of every build, and returns their rows.
    fn rpms(&mut self, answer: Value) -> Value {
        let Value::List(mut parts) = answer else { panic!("rows of RPMs and of builds") };
        let builds = parts.pop().expect("builds");
        let Some(Value::List(rows)) = parts.pop() else { panic!("RPMs") };
        let mut all = Vec::new();
        for build in builds.as_list().expect("builds") {
            let of_build = |row: &&Value| row.get("build_id") == build.get("build_id");
            let rows: Vec<&Value> = rows.iter().filter(of_build).collect();
            all.extend(self.build(build, &rows));
        }
        Value::List(vec![Value::List(all), builds])
    }

    fn build(&mut self, build: &Value, rows: &[&Value]) -> Vec<Value> {
        let text = |name: &str| build.get(name).and_then(Value::as_str).expect("a text").to_owned();
        let (name, version, release) = (text("package_name"), text("version"), text("release"));
        let place = self.top.join("packages").join(&name).join(&version).join(&release);
        if !place.exists() {
            let arches = rows.iter().filter_map(|row| row.get("arch").and_then(Value::as_str));
            for arch in arches.filter(|arch| *arch != "src") {
                self.forge((&name, &version, &release), arch, &place);
            }
        }
        let files = files(&place);
        let plain = files.iter().filter(|path| !path.to_string_lossy().contains("/data/"));
        plain.map(|path| self.row(path, rows)).collect()
    }

    /// Has a builder of one arch build a package. Its release ends with the dist tag that its macros have.
    fn forge(&self, (name, version, release): (&str, &str, &str), arch: &str, place: &Path) {
        let own = release.strip_suffix(&self.dist);
        let own = own.unwrap_or_else(|| panic!("{name} {release} is not of {}", self.dist));
        let spec = format!(
            "Name: {name}\nVersion: {version}\nRelease: {own}%{{?dist}}\nSummary: s\nLicense: MIT\n\
             %description\nd\n%package tests\nSummary: s\n%description tests\nd\n\
             %package doc\nSummary: s\nBuildArch: noarch\n%description doc\nd\n\
             %files\n%files tests\n%files doc\n"
        );
        let directory = self.top.with_file_name(format!("work-{name}-{arch}"));
        let made = rpmbuild(&directory, Some(&self.home), &["-ba", "--target", arch], &spec);
        for path in &made {
            let mut bytes = fs::read(path).expect("it was made");
            keep(path, &bytes, place);
            // A signature stands before what is hashed, as the lead does, in which a byte tells copies apart.
            bytes[SIGNED_BYTE] = SIGNED;
            if let Some(key) = &self.key {
                keep(path, &bytes, &place.join("data/signed").join(key));
            }
        }
        fs::remove_dir_all(&directory).expect("it can be removed");
    }

    /// Returns the row of a file: that of the mock, if it knows the RPM, with the file's payload hash.
    fn row(&mut self, path: &Path, rows: &[&Value]) -> Value {
        let told = query(path, "%{NAME} %{SIGMD5}");
        let (name, hash) = told.split_once(' ').expect("two words");
        let arch = arch_of(path);
        let is_it = |row: &&&Value| {
            row.get("name").and_then(Value::as_str) == Some(name)
                && row.get("arch").and_then(Value::as_str) == Some(&arch)
        };
        let known = rows.iter().find(is_it);
        let Value::Struct(mut row) = (*known.unwrap_or(&rows[0])).clone() else {
            panic!("a row is a struct")
        };
        if known.is_none() {
            let next = OWN + i64::try_from(self.numbers.len()).expect("few");
            let id = *self.numbers.entry(path.display().to_string()).or_insert(next);
            row.insert("id".to_owned(), Value::Int(id));
        }
        row.insert("name".to_owned(), name.into());
        row.insert("arch".to_owned(), arch.as_str().into());
        row.insert("payloadhash".to_owned(), hash.into());
        Value::Struct(row)
    }
}

impl Made {
    /// Has a builder make the dist-repo of a task: all packages of each arch, signed copies where keys are asked
    /// for, by the first letter of their names.
    fn dist_repo(&self, task: &Value) {
        let is_it = task.get("method").and_then(Value::as_str) == Some("distRepo");
        let Some(request) = task.get("request").and_then(Value::as_list).filter(|_| is_it) else {
            return;
        };
        let [Value::Text(tag), Value::Int(id), Value::List(keys), options] = request else {
            panic!("{request:?}")
        };
        let base = self.top.join("repos-dist").join(tag).join(id.to_string());
        let arches = options.get("arch").and_then(Value::as_list).expect("arches");
        let of_key = |path: &&PathBuf| match keys.first().and_then(Value::as_str) {
            Some(key) => path.to_string_lossy().contains(&format!("/data/signed/{key}/")),
            None => !path.to_string_lossy().contains("/data/"),
        };
        let all = files(&self.top.join("packages"));
        for arch in arches.iter().filter_map(Value::as_str) {
            let packages = base.join(arch).join("Packages");
            fs::create_dir_all(&packages).expect("it can be made");
            let is_its = |path: &&PathBuf| {
                let of = arch_of(path);
                of == arch || (arch != "src" && of == "noarch")
            };
            for path in all.iter().filter(of_key).filter(is_its) {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                let letter = packages.join(&name[..1]);
                fs::create_dir_all(&letter).expect("it can be made");
                fs::copy(path, letter.join(name)).expect("it can be copied");
            }
            run("createrepo_c", ["--quiet", &base.join(arch).display().to_string()]);
        }
    }
}

/// Keeps a file below the place of a build. What another arch built already stays: koji keeps the first one.
fn keep(path: &Path, bytes: &[u8], place: &Path) {
    let place = place.join(arch_of(path));
    fs::create_dir_all(&place).expect("it can be made");
    let to = place.join(path.file_name().expect("it has a name"));
    if !to.exists() {
        fs::write(to, bytes).expect("it can be written");
    }
}

/// Returns the arch of a file by its name: rpm gives a source RPM that of its builder.
fn arch_of(path: &Path) -> String {
    let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
    name.rsplit_once('.').expect("it has an arch").1.to_owned()
}

fn structure<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Struct(members.map(|(name, value)| (name.to_owned(), value)).into())
}
