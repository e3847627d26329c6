//! Imports of content generators: checks and results.

use sha2::Digest as _;

use super::builds::build_type;
use super::state::Caller;
use super::{Mock, index};
use crate::koji::calls::*;
use crate::koji::shapes::{Archive, Build as BuildShape};
use crate::koji::{BuildState, Fault, FaultKind, Ref, Value};

impl Mock {
    pub(super) fn import(&mut self, caller: Caller, call: CgImport) -> Result<BuildShape, Fault> {
        let metadata = match &call.metadata {
            Value::Text(name) => self.read_metadata(&call.directory, name)?,
            metadata => metadata.clone(),
        };
        let of = |value: &Value, name: &str| {
            let part = value.get(name).cloned();
            part.ok_or_else(|| Fault::generic(format!("Missing metadata key: {name}")))
        };
        let roots = of(&metadata, "buildroots")?;
        let roots = roots.as_list().unwrap_or_default();
        let first = roots.first().ok_or_else(|| Fault::generic("No buildroots in metadata"))?;
        let generator = of(&of(first, "content_generator")?, "name")?;
        let generator = Ref::from(generator.as_str().unwrap_or_default());
        let (generator, user) = self.generator(caller, &generator)?;
        let build = of(&metadata, "build")?;
        let output = of(&metadata, "output")?;
        let output = output.as_list().unwrap_or_default().to_vec();
        self.check_roots(roots, &output)?;
        let plan = self.check_build(&build, &call, user)?;
        let files = self.check_files(&call.directory, &output)?;
        self.write_import(&plan, generator, &build, &output);
        for path in files {
            self.uploads.remove(&path);
        }
        Ok(self.build_shape(plan.id_of(self)))
    }

    /// Reads metadata uploaded as a file.
    fn read_metadata(&self, directory: &str, name: &str) -> Result<Value, Fault> {
        if name.trim_start().starts_with('{') {
            let json: serde_json::Value = serde_json::from_str(name)
                .map_err(|error| Fault::generic(format!("Invalid metadata: {error}")))?;
            return Ok(json.into());
        }
        let path = path_of(&[directory, name]);
        let file = self.uploads.get(&path);
        let none = || Fault::of(FaultKind::Unexpected, format!("FileNotFoundError: {path}"));
        let json: serde_json::Value = serde_json::from_slice(&file.ok_or_else(none)?.bytes)
            .map_err(|error| Fault::generic(format!("Invalid metadata: {error}")))?;
        Ok(json.into())
    }

    fn check_roots(&self, roots: &[Value], output: &[Value]) -> Result<(), Fault> {
        for root in roots {
            let id = root.get("id").and_then(Value::as_int).unwrap_or_default();
            let is_used =
                |file: &Value| file.get("buildroot_id").and_then(Value::as_int) == Some(id);
            if !output.iter().any(is_used) {
                return Err(Fault::generic(format!("Buildroot id not used in output: {id}")));
            }
        }
        Ok(())
    }

    fn check_build(&self, build: &Value, call: &CgImport, user: i64) -> Result<Import, Fault> {
        let part = |name: &str| {
            let value = build.get(name).and_then(Value::as_str).map(str::to_owned);
            value.ok_or_else(|| Fault::generic(format!("Missing build key: {name}")))
        };
        let (name, version, release) = (part("name")?, part("version")?, part("release")?);
        let owner = match build.get("owner").and_then(Value::as_str) {
            Some(owner) => self.user_id(&Ref::from(owner))?,
            None => user,
        };
        let task = build.get("task_id").and_then(Value::as_int);
        if let Some(task) = task {
            let missing = |_| {
                Fault::of(FaultKind::Unexpected, format!("ForeignKeyViolation: no task {task}"))
            };
            self.task(task).map_err(missing)?;
        }
        if let Some(Value::Struct(types)) = build.get("extra").and_then(|e| e.get("typeinfo")) {
            let unknown = types.keys().find(|name| !self.types.contains(*name));
            if let Some(name) = unknown {
                return Err(Fault::generic(format!("No such entry in table btype: {name}")));
            }
        }
        let nvr = format!("{name}-{version}-{release}");
        let old = self.find_build(&Ref::Name(nvr.clone()));
        match (&call.token, old) {
            (Some(token), Some(id)) => {
                if self.build(id).token.as_ref() != Some(token) {
                    return Err(Fault::generic("Token doesn't match build ID"));
                }
            }
            (Some(_), None) => return Err(Fault::generic(format!("No such build: {nvr}"))),
            (None, Some(id)) => match self.build(id).state {
                BuildState::Complete => {
                    return Err(Fault::generic(format!("Build already exists: {nvr} (id={id})")));
                }
                BuildState::Building => {
                    return Err(Fault::generic(format!("Build is already reserved: {nvr}")));
                }
                BuildState::Deleted | BuildState::Failed | BuildState::Canceled => {}
            },
            (None, None) => {}
        }
        Ok(Import { name, version, release, owner, task, has_token: call.token.is_some() })
    }

    /// Checks that every file of an import was uploaded as described.
    fn check_files(&self, directory: &str, output: &[Value]) -> Result<Vec<String>, Fault> {
        let mut paths = Vec::new();
        for file in output {
            let name = file.get("filename").and_then(Value::as_str).unwrap_or_default();
            if file.get("metadata_only") == Some(&Value::Bool(true)) {
                continue;
            }
            let below = file.get("relpath").and_then(Value::as_str).unwrap_or_default();
            let path = path_of(&[directory, below, name]);
            let none = || {
                let text = format!("<class 'FileNotFoundError'>: [Errno 2] No such file: {path}");
                Fault::of(FaultKind::Unexpected, text)
            };
            let known = self.uploads.get(&path).ok_or_else(none)?;
            let size = file.get("filesize").and_then(Value::as_int).unwrap_or_default();
            let own = i64::try_from(known.bytes.len()).expect("files are small");
            if size != own {
                let text = format!("File size {own} for {path} doesn't match. Should be {size}");
                return Err(Fault::generic(text));
            }
            check_sum(file, name, &known.bytes)?;
            paths.push(path);
        }
        Ok(paths)
    }

    fn write_import(&mut self, plan: &Import, generator: i64, build: &Value, output: &[Value]) {
        let old = self.nvrs.get(&plan.nvr()).copied();
        let id = match old.filter(|_| plan.has_token) {
            Some(id) => id,
            None => self.new_build_row(&plan.name, &plan.version, &plan.release),
        };
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970")]
        let moment = |name: &str| match build.get(name) {
            Some(Value::Int(seconds)) => Some(seconds * 1000),
            Some(Value::Double(seconds)) => Some((seconds * 1000.0) as i64),
            _ => None,
        };
        let now = self.moment();
        let row = &mut self.builds[index(id)];
        row.owner = plan.owner;
        row.task = plan.task.or(row.task);
        row.source = build.get("source").and_then(Value::as_str).map(str::to_owned);
        row.extra = if let Some(Value::Struct(extra)) = build.get("extra") {
            Some(extra.clone())
        } else {
            None
        };
        row.generator = Some(generator);
        row.token = None;
        row.started = moment("start_time").or(row.started);
        row.completed = moment("end_time").or(Some(now));
        row.state = BuildState::Complete;
        for file in output {
            if file.get("type").and_then(Value::as_str) != Some("log") {
                self.add_archive(id, file);
            }
        }
    }

    fn add_archive(&mut self, id: i64, file: &Value) {
        let text =
            |name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let count: usize = self.builds.iter().map(|build| build.archives.len()).sum();
        let btype = build_type(&self.builds[index(id)]).to_owned();
        let btype_id = self.types.iter().zip(1..).find(|(name, _)| **name == btype);
        let extra = if let Some(Value::Struct(extra)) = file.get("extra") {
            Some(extra.clone())
        } else {
            None
        };
        let archive = Archive {
            id: i64::try_from(count).expect("few archives") + 1,
            build_id: id,
            buildroot_id: None,
            btype_id: btype_id.map_or(0, |(_, id)| id),
            btype,
            filename: text("filename"),
            size: file.get("filesize").and_then(Value::as_int).unwrap_or_default(),
            checksum: text("checksum"),
            checksum_type: i64::from(text("checksum_type") == "sha256") * 2,
            compression_type: None,
            extra,
            metadata_only: false,
            type_id: 40,
            type_name: "txt".to_owned(),
            type_description: "Text file".to_owned(),
            type_extensions: "txt".to_owned(),
        };
        self.builds[index(id)].archives.push(archive);
    }
}

/// Says whether a file has the checksum that its description gives. A hub compares the texts, so that
/// one in capitals is another.
fn check_sum(file: &Value, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    let text = |key: &str| {
        let missing = || Fault::of(FaultKind::Unexpected, format!("KeyError: '{key}'"));
        file.get(key).and_then(Value::as_str).ok_or_else(missing)
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let own = match text("checksum_type")? {
        "md5" => hex(&md5::Md5::digest(bytes)),
        "sha256" => hex(&sha2::Sha256::digest(bytes)),
        other => return Err(Fault::generic(format!("Unsupported verify type: {other}"))),
    };
    let described = text("checksum")?;
    if described != own {
        let text = format!("File checksum mismatch for {name}: {described} != {own}");
        return Err(Fault::generic(text));
    }
    Ok(())
}

/// Joins a path; the official client writes some slashes twice.
pub(super) fn path_of(parts: &[&str]) -> String {
    let names = parts.iter().flat_map(|part| part.split('/')).filter(|name| !name.is_empty());
    names.collect::<Vec<_>>().join("/")
}

pub(super) fn size_value(bytes: usize) -> Value {
    Value::Int(i64::try_from(bytes).expect("files are small"))
}

/// The result of an import.
struct Import {
    name: String,
    version: String,
    release: String,
    owner: i64,
    task: Option<i64>,
    has_token: bool,
}

impl Import {
    fn nvr(&self) -> String {
        format!("{}-{}-{}", self.name, self.version, self.release)
    }

    fn id_of(&self, mock: &Mock) -> i64 {
        mock.nvrs[&self.nvr()]
    }
}
