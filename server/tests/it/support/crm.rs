//! The fake CRM, seen through its control door.

use serde_json::{Value, json};

/// The fake HubSpot of a test.
#[derive(Clone, Copy)]
pub struct Crm<'a> {
    http: &'a reqwest::Client,
    url: &'a str,
}

impl<'a> Crm<'a> {
    pub(super) fn new(http: &'a reqwest::Client, url: &'a str) -> Self {
        Self { http, url }
    }

    /// Every record of a kind (`contacts`, `meetings`, `tasks`, `companies`), with all properties.
    pub async fn objects(&self, kind: &str) -> Vec<Value> {
        self.list(&format!("/_fake/objects/{kind}"), "results").await
    }

    /// Every request so far, oldest first.
    pub async fn log(&self) -> Vec<Value> {
        self.list("/_fake/log", "requests").await
    }

    /// Lets the next requests that each fault is meant for meet it.
    pub async fn script(&self, faults: Value) {
        let request = self.http.post(format!("{}/_fake/faults", self.url)).json(&json!({"faults": faults}));
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// The faults that nobody has met yet.
    pub async fn faults_left(&self) -> Vec<Value> {
        self.list("/_fake/faults", "faults").await
    }

    /// Lets every held request go.
    pub async fn release(&self) {
        let answer = self.http.post(format!("{}/_fake/release", self.url)).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    async fn list(&self, path: &str, field: &str) -> Vec<Value> {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        let mut body: Value = answer.json().await.unwrap();
        match body[field].take() {
            Value::Array(list) => list,
            other => panic!("{path}: {other}"),
        }
    }
}
