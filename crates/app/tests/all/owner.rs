//! A folder has one owner, and commands work the same with and without it.

use crate::jingluo::{Server, command, counts, fails, import, ok, with_input};
use crate::samples::ndjson;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use tempfile::tempdir;

#[test]
fn commands_work_beside_a_running_server() {
    let data = tempdir().unwrap();
    let files = tempdir().unwrap();
    let dir = data.path().to_str().unwrap();
    let server = Server::start(data.path());
    let mode = fs::metadata(data.path().join("owner.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let file = files.path().join("a.ndjson");
    fs::write(&file, ndjson(700)).unwrap();
    assert_eq!(counts(&import(data.path(), &[&file], &[])), (700, 700, 0, 0));
    assert_eq!(server.client.count("Patient"), 700);
    let output = with_input(&["import", "--data", dir, "-"], ndjson(710).as_bytes());
    assert!(String::from_utf8_lossy(&output.stdout).contains("710 resources read, 10 stored, 700 unchanged"));
    let imports = server.client.get("/api/imports").json();
    assert_eq!(imports["imports"].as_array().unwrap().len(), 2, "{imports}");
    assert!(ok(&["check", "--data", dir]).contains("No problem"));
    let error = fails(&["admin", "account", "disable", "--data", dir, "--name", "nobody"]);
    assert!(error.contains("`nobody`"), "{error}");
    assert!(server.stop().success());
    assert!(!data.path().join("owner.sock").exists());
}

#[test]
fn tokens_are_good_for_their_role_and_end_with_their_account() {
    let data = tempdir().unwrap();
    let dir = data.path().to_str().unwrap();
    // Without an owner first.
    let token = ok(&["admin", "token", "--data", dir, "--role", "admin"]);
    let mut server = Server::start(data.path());
    assert_eq!(server.client.get("/fhir/Patient").status, 200);
    let integration = server.client.token.replace(token.lines().last().unwrap().to_owned());
    assert_eq!(server.client.get("/api/accounts").status, 200);
    assert_eq!(server.client.get("/fhir/Patient").status, 403);
    server.client.token = integration;
    ok(&["admin", "account", "disable", "--data", dir, "--name", "integration"]);
    assert_eq!(server.client.get("/fhir/Patient").status, 401);
    server.client.token = None;
    assert_eq!(server.client.get("/fhir/Patient").status, 401);
}

#[test]
fn an_account_signs_in_with_the_password_from_standard_input() {
    let data = tempdir().unwrap();
    let dir = data.path().to_str().unwrap();
    let add = ["admin", "account", "add", "--data", dir, "--name", "anna", "--role", "admin"];
    assert!(!with_input(&add, b"short\n").status.success());
    assert!(with_input(&add, b"a good password\n").status.success());
    let server = Server::start(data.path());
    let login = |password: &str| {
        let body = format!(r#"{{"name":"anna","password":"{password}"}}"#);
        let head = format!(
            "POST /api/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = std::net::TcpStream::connect(server.client.address).unwrap();
        crate::http::exchange(&mut stream, &head, body.as_bytes()).unwrap().status
    };
    assert_eq!((login("a good password"), login("another password")), (200, 401));
    assert!(
        with_input(&["admin", "account", "password", "--data", dir, "--name", "anna"], b"a new password\n")
            .status
            .success()
    );
    assert_eq!((login("a good password"), login("a new password")), (401, 200));
    assert!(ok(&["admin", "account", "list", "--data", dir]).contains("anna"));
}

#[test]
fn a_second_owner_is_refused_and_a_stale_socket_is_replaced() {
    let data = tempdir().unwrap();
    let dir = data.path().to_str().unwrap();
    let server = Server::start(data.path());
    let second = command(&["serve", "--data", dir, "--listen", "127.0.0.1:0"]).output().unwrap();
    let error = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && error.contains("in use by process"), "{error}");
    server.kill();
    assert!(data.path().join("owner.sock").exists());
    ok(&["admin", "token", "--data", dir, "--role", "integration"]);
    assert!(Server::start(data.path()).stop().success());
}

#[test]
fn a_long_path_still_has_a_socket() {
    let data = tempdir().unwrap();
    let long = data.path().join("x".repeat(120));
    let server = Server::start(&long);
    assert_eq!(server.client.count("Patient"), 0);
    assert!(server.stop().success());
}

#[test]
fn a_space_is_counted_anew_with_and_without_a_server() {
    let data = tempdir().unwrap();
    let files = tempdir().unwrap();
    let dir = data.path().to_str().unwrap();
    let file = files.path().join("a.ndjson");
    fs::write(&file, ndjson(300)).unwrap();
    import(data.path(), &[&file], &[]);
    let said = ok(&["check", "rebuild", "overview.visits", "--data", dir]);
    assert!(said.contains("counted anew"), "{said}");
    let server = Server::start(data.path());
    let registrations = || {
        let board = server.client.get("/api/programs/overview/city").json();
        let figures = board["figures"].as_array().unwrap().clone();
        figures.into_iter().find(|figure| figure["key"] == "registrations").unwrap()["value"].as_i64()
    };
    assert_eq!(registrations(), Some(300));
    ok(&["check", "rebuild", "overview.registrations", "--data", dir]);
    assert_eq!(registrations(), Some(300));
    let error = fails(&["check", "rebuild", "overview.nothing", "--data", dir]);
    assert!(error.contains("`overview.nothing`") && error.contains("overview.visits"), "{error}");
    assert!(fails(&["check", "rebuild", "--data", dir]).contains("overview.visits"));
    assert!(fails(&["check", "rebuilt", "x", "--data", dir]).contains("`rebuilt`"));
    assert!(server.stop().success());
    let nowhere = files.path().join("none");
    let error = fails(&["check", "rebuild", "overview.visits", "--data", nowhere.to_str().unwrap()]);
    assert!(error.contains("there is no data folder"), "{error}");
}
