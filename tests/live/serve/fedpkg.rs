//! The library under fedpkg, rpkg 1.70, as judge: its module commands against the service.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::client::{Service, Site, document};
use super::git::Server;
use crate::support::left_out;

/// A packager at work: a home with the client's files.
struct Packager {
    home: tempfile::TempDir,
}

/// What the client said, and how it ended.
struct Said {
    code: i32,
    text: String,
}

impl Packager {
    /// Writes the client's files; without the library the test is left out.
    fn new(service: &Service) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = Command::new(root.join("target/venv/bin/python"))
            .args(["-c", "import pyrpkg, openidc_client"])
            .output();
        if !found.is_ok_and(|output| output.status.success()) {
            left_out("no rpkg (PyPI; run tests/run --setup)");
            return None;
        }
        let home = tempfile::tempdir().expect("a directory");
        let address = format!("http://{}", service.address);
        let scopes = ["openid", "https://id.example.org/groups"];
        let config = format!(
            "[fedpkg]\nlookaside = http://127.0.0.1:1/\nlookasidehash = sha512\n\
             lookaside_cgi = http://127.0.0.1:1/upload.cgi\ngitbaseurl = ssh://%(user)s@127.0.0.1/%(repo)s\n\
             anongiturl = https://src.example.org/%(repo)s\nbranchre = .+\nkojiprofile = koji\n\
             build_client = koji\ndistgit_namespaced = True\ndistgit_namespaces = rpms modules\n\n\
             [fedpkg.mbs]\nauth_method = oidc\napi_url = {address}/module-build-service/\n\
             oidc_id_provider = {address}/idp/\noidc_client_id = mbs-authorizer\n\
             oidc_client_secret = notsecret\noidc_scopes = {}\n",
            scopes.join(",")
        );
        let tokens = json!({"00000000000000000000000000000001": {
            "idp": format!("{address}/idp/"), "sub": "packager", "access_token": "stub-token",
            "token_type": "Bearer", "expires_at": 1, "refresh_token": "none", "scopes": scopes,
        }});
        let write = |path: &str, text: &str| {
            let path = home.path().join(path);
            fs::create_dir_all(path.parent().expect("it has one")).expect("it is made");
            fs::write(path, text).expect("it is written");
        };
        write("fedpkg.conf", &config);
        write(".openidc/oidc_mbs_build.json", &tokens.to_string());
        write(
            ".koji/config",
            &format!(
                "[koji]\nserver = {address}/kojihub\nweburl = {address}/koji\ntopurl = {address}/files\n"
            ),
        );
        Some(Self { home })
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let output = Command::new(root.join("target/venv/bin/python"))
            .arg(root.join("tests/peers/fedpkg.py"))
            .arg(self.home.path().join("fedpkg.conf"))
            .args(arguments)
            .env("HOME", self.home.path())
            .current_dir(self.home.path())
            .output()
            .expect("it starts");
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Said { code: output.status.code().unwrap_or(-1), text: format!("{out}{err}") }
    }

    /// Runs a command that must end well.
    fn well(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.text);
        said.text
    }
}

#[test]
fn every_module_command_of_fedpkg_works() {
    let Some((server, commit)) = Server::start() else { return };
    let Some(site) = Site::new(&[]) else { return };
    let service = server.serve(&site);
    let Some(packager) = Packager::new(&service) else { return };
    let said = packager.run(&["module-build-info", "9999"]);
    assert!(said.code != 0 && said.text.contains("No such module found."), "{}", said.text);
    let scmurl = server.url(&format!("modules/app?#{commit}"));
    let said = packager.well(&["module-build", &scmurl, "f40"]);
    assert!(said.contains("The build 2 was submitted to the MBS"), "{said}");
    assert!(said.contains("/module-build-service/2/module-builds/2"), "{said}");
    let said = packager.well(&["module-build-watch", "2"]);
    assert!(said.contains("is in \"ready\" state"), "{said}");
    let info = packager.well(&["module-build-info", "2"]);
    for line in ["Name:           app", "Stream:         f40", "State:          ready", "NVR"] {
        assert!(info.contains(line), "no {line}: {info}");
    }
    let said = packager.run(&["module-build", &scmurl, "f40"]);
    assert!(said.code != 0 && said.text.contains("already exists"), "{}", said.text);
    let said = packager.run(&["module-build", "https://elsewhere.example.org/x?#1", "f40"]);
    assert!(said.code != 0 && said.text.contains("is not allowed"), "{}", said.text);
    let file = packager.home.path().join("tool.yaml");
    fs::write(&file, document("tool", "1", "", &["tool"])).expect("it is written");
    let file = file.display().to_string();
    let said = packager.well(&["module-scratch-build", "--file", &file]);
    assert!(said.contains("The build 3 was submitted to the MBS"), "{said}");
    let said = packager.well(&["module-build-watch", "3"]);
    assert!(said.contains("is in \"done\" state"), "{said}");
    let said = packager.run(&["module-build-cancel", "2"]);
    assert!(
        said.code != 0 && said.text.contains("can't cancel a completed module"),
        "{}",
        said.text
    );
    for limit in ["1", "10"] {
        let said = packager.well(&["module-overview", "--limit", limit]);
        assert!(said.contains("State:    ready"), "{said}");
    }
    let said = packager.well(&["module-overview", "--unfinished"]);
    assert!(!said.contains("State:"), "everything is finished: {said}");
}
