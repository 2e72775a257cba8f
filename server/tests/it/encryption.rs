//! TLS: spoken by the server itself when it is given a certificate, and nothing older than version 1.2.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use reqwest::{Certificate, Version};
use serde_json::json;

use crate::conformance::{node_script, play};
use crate::support::{App, PATIENCE, Store, Wishes};

/// A client's first words (RFC 5246 §7.4.1.2): it speaks TLS `1.minor - 1` at most, and one suite that all servers knew.
fn hello(minor: u8) -> Vec<u8> {
    let mut hello = vec![3, minor];
    hello.extend([7; 32]); // its random
    hello.extend([0, 0, 2, 0xc0, 0x2b, 1, 0]); // no session, ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, no compression
    hello.extend([0, 16, 0, 13, 0, 4, 0, 2, 4, 3, 0, 10, 0, 4, 0, 2, 0, 23]); // ECDSA with SHA-256, on P-256
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.append(&mut hello);
    record
}

/// The first record that it is answered with: type, version, length, and two bytes of what is in it.
async fn answer_to(url: &str, hello: Vec<u8>) -> [u8; 7] {
    let address = url.trim_start_matches("https://").to_owned();
    let heard = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(&hello).unwrap();
        let mut answer = [0; 7];
        stream.read_exact(&mut answer).unwrap();
        answer
    });
    heard.await.unwrap()
}

fn write(folder: &Path) -> (PathBuf, PathBuf, Certificate) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key, Certificate::from_pem(made.cert.pem().as_bytes()).unwrap())
}

#[tokio::test]
async fn queries_and_streams_share_a_connection_of_http_2() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key, _) = write(folder.path());
    let shown = |path: &Path| path.display().to_string();
    let environment =
        vec![("MERIDIAN_SERVING__TLS_CERTIFICATE", shown(&certificate)), ("MERIDIAN_SERVING__TLS_KEY", shown(&key))];
    let app = App::start_with(Store::Sqlite, Wishes { environment, ..Wishes::default() }).await;
    let trusting = reqwest::Client::builder().no_proxy().danger_accept_invalid_certs(true).build().unwrap();
    let persona = &app.manifest.personas["admin"];
    let request = trusting.post(format!("{}/oauth/token", app.url)).form(&[("grant_type", "client_credentials")]);
    let request = request.basic_auth(persona.client_id.to_string(), Some(&persona.client_secret));
    let granted: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    let given = json!({"origin": app.url, "certificate": certificate, "token": granted["access_token"]});
    let said = play(node_script(&app, "http2.mjs"), &given).await;
    assert_eq!(said, "stream 200 \":\\n\\n\"\nquery 200 Query\nh2 TLSv1.3\n");
}

#[tokio::test]
async fn with_a_certificate_the_server_speaks_tls_and_both_versions_of_http() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key, trusted) = write(folder.path());
    let shown = |path: &Path| path.display().to_string();
    let environment =
        vec![("MERIDIAN_SERVING__TLS_CERTIFICATE", shown(&certificate)), ("MERIDIAN_SERVING__TLS_KEY", shown(&key))];
    let app = App::start_with(Store::Sqlite, Wishes { environment, ..Wishes::default() }).await;
    assert!(app.url.starts_with("https://127.0.0.1:"), "{}", app.url);

    let client = || reqwest::Client::builder().no_proxy().timeout(PATIENCE).tls_certs_only([trusted.clone()]);
    for (http, version) in
        [(client().build().unwrap(), Version::HTTP_2), (client().http1_only().build().unwrap(), Version::HTTP_11)]
    {
        let answer = http.get(format!("{}/readyz", app.url)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, version));
    }
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(stranger.get(format!("{}/readyz", app.url)).send().await.is_err(), "nobody vouches for the certificate");

    let modern = answer_to(&app.url, hello(3)).await;
    assert!(matches!(modern, [22, .., 2, _]), "TLS 1.2 is answered with a ServerHello: {modern:?}");
    let old = answer_to(&app.url, hello(2)).await;
    assert!(matches!(old, [21, .., 2, 70]), "TLS 1.1 is a fatal protocol_version alert (RFC 8446 §6): {old:?}");
}
