//! Starting, stopping, TLS, backup and restore.

use crate::http::exchange;
use crate::jingluo::{Server, command, fails, import, ok};
use crate::samples::{ndjson, patient};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::fs;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::tempdir;

const CERT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/given/localhost.cert.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/given/localhost.key.pem");

#[test]
fn without_tls_only_loopback_is_served_unless_plain_is_said() {
    let data = tempdir().unwrap();
    let dir = data.path().to_str().unwrap();
    let error = fails(&["serve", "--data", dir, "--listen", "0.0.0.0:0"]);
    assert!(error.contains("loopback") && error.contains("--plain"), "{error}");
    let mut plain = command(&["serve", "--data", dir, "--listen", "0.0.0.0:0", "--plain"]);
    assert!(Server::spawn(&mut plain).stop().success());
    let error = fails(&["serve", "--data", dir, "--tls-cert", CERT]);
    assert!(error.contains("`tls_key`"), "{error}");
}

#[test]
fn tls_is_served_to_those_who_trust_the_certificate() {
    let data = tempdir().unwrap();
    let mut tls = command(&["--tls-cert", CERT, "--tls-key", KEY]);
    let server = Server::start_with(data.path(), &mut tls);
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(CERT).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(server.client.address).unwrap());
    let answer = exchange(&mut stream, &server.client.head("GET", "/fhir/Patient", 0), b"").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("https://"), "{}", answer.text());
    // Who speaks no TLS gets no answer.
    assert!(server.client.try_send("GET", "/healthz", b"").is_err());
}

#[test]
fn a_stop_finishes_what_it_has_taken() {
    let data = tempdir().unwrap();
    let server = Server::start(data.path());
    let stopping = AtomicBool::new(false);
    let acknowledged = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (client, stopping) = (&server.client, &stopping);
                scope.spawn(move || {
                    let mut acknowledged = Vec::new();
                    for number in 0.. {
                        let id = format!("w{writer}-{number}");
                        match client.try_send(
                            "PUT",
                            &format!("/fhir/Patient/{id}"),
                            patient(&id).to_string().as_bytes(),
                        ) {
                            Ok(answer) if answer.status == 201 => acknowledged.push(id),
                            Ok(answer) => panic!("{}", answer.text()),
                            // Refused at the door is what a stop is allowed to do.
                            Err(_) => {
                                assert!(stopping.load(Ordering::SeqCst), "the server went away by itself");
                                break;
                            }
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        stopping.store(true, Ordering::SeqCst);
        server.signal("TERM");
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect::<Vec<String>>()
    });
    let begun = Instant::now();
    assert!(server.stop_waited().success());
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(acknowledged.len() > 10);
    let server = Server::start(data.path());
    assert_eq!(server.client.count("Patient"), acknowledged.len() as u64);
}

#[test]
fn a_live_stream_does_not_hold_a_stop_up() {
    let data = tempdir().unwrap();
    let server = Server::start(data.path());
    let mut stream = TcpStream::connect(server.client.address).unwrap();
    let head = server.client.head("GET", "/api/live", 0);
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    std::io::Read::read_exact(&mut stream, &mut [0; 15]).unwrap();
    let begun = Instant::now();
    assert!(server.stop().success());
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn a_backup_is_made_while_writing_and_restores() {
    let (data, place) = (tempdir().unwrap(), tempdir().unwrap());
    let dir = data.path().to_str().unwrap();
    let file = place.path().join("a.ndjson");
    fs::write(&file, ndjson(3_000)).unwrap();
    import(data.path(), &[&file], &[]);
    fs::write(data.path().join("jingluo.conf"), "# ours\nreaders = 4\n").unwrap();
    let server = Server::start(data.path());
    let (backup, restored) = (place.path().join("backup"), place.path().join("restored"));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (client, done) = (&server.client, &done);
        scope.spawn(move || {
            for number in 0.. {
                let id = format!("during{number}");
                assert_eq!(
                    client.send("PUT", &format!("/fhir/Patient/{id}"), patient(&id).to_string().as_bytes()).status,
                    201
                );
                if done.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        ok(&["admin", "backup", "--data", dir, "--to", backup.to_str().unwrap()]);
        done.store(true, Ordering::SeqCst);
    });
    ok(&["admin", "restore", "--data", restored.to_str().unwrap(), "--from", backup.to_str().unwrap()]);
    assert!(ok(&["check", "--data", restored.to_str().unwrap()]).contains("No problem"));
    let error = fails(&["admin", "restore", "--data", restored.to_str().unwrap(), "--from", backup.to_str().unwrap()]);
    assert!(error.contains("holds data already"), "{error}");
    // A second backup does not overwrite the first.
    let error = fails(&["admin", "backup", "--data", dir, "--to", backup.to_str().unwrap()]);
    assert!(error.contains("empty folder"), "{error}");
    let copy = Server::start(&restored);
    let count = copy.client.count("Patient");
    assert!(count >= 3_000 && count <= server.client.count("Patient"), "{count}");
    assert!(restored.join("jingluo.conf").exists());
}

/// The disk is made to look full by asking for a reserve that no disk has.
#[test]
fn on_a_full_disk_writes_are_refused_and_reads_go_on() {
    let data = tempdir().unwrap();
    let dir = data.path().to_str().unwrap();
    let token = ok(&["admin", "token", "--data", dir, "--role", "integration"]);
    let file = data.path().join("a.ndjson");
    fs::write(&file, ndjson(3)).unwrap();
    import(data.path(), &[&file], &[]);
    let mut full = command(&["--set", "disk_reserve_mib=1048576"]);
    let mut server = Server::start_without(data.path(), &mut full);
    server.client.token = token.lines().last().map(str::to_owned);
    let refused = server.client.send("PUT", "/fhir/Patient/new", patient("new").to_string().as_bytes());
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert_eq!(server.client.get("/readyz").status, 503);
    assert_eq!(server.client.get("/fhir/Patient/n1").status, 200);
    assert_eq!(server.client.count("Patient"), 3);
    assert!(server.stop().success());
    assert!(ok(&["check", "--data", dir]).contains("No problem"));
}
