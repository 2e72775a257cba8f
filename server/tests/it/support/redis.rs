//! A Redis of a test's own, to be stopped, killed and brought back; and a cluster of three.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use redis::FromRedisValue;

use super::{redis_server_program, wait_until};

/// Where our hints go.
const CHANNEL: &str = "meridian:hints";

/// A server.
pub struct Redis {
    arguments: Vec<String>,
    port: u16,
    folder: tempfile::TempDir,
    child: Child,
}

impl Redis {
    pub fn start() -> Self {
        Self::start_with(free_port(), &[])
    }

    fn start_with(port: u16, more: &[&str]) -> Self {
        let port_text = port.to_string();
        let usual = ["--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let arguments: Vec<String> = usual.iter().chain(more).map(|&argument| argument.to_owned()).collect();
        let folder = tempfile::tempdir().unwrap();
        let child = spawn(&arguments, &folder);
        Self { arguments, port, folder, child }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Stops (`STOP`) or continues (`CONT`) it.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn restart(&mut self) {
        self.child = spawn(&self.arguments, &self.folder);
    }

    /// Waits until so many processes listen for hints.
    pub async fn wait_for_listeners(&self, count: u64) {
        wait_until("every process listens at Redis", async || {
            self.ask::<(String, u64)>(&format!("PUBSUB NUMSUB {CHANNEL}")).await.is_ok_and(|found| found.1 == count)
        })
        .await;
    }

    /// Sends a command.
    pub async fn ask<T: FromRedisValue>(&self, command: &str) -> redis::RedisResult<T> {
        let mut connection = redis::Client::open(self.url())?.get_multiplexed_async_connection().await?;
        let mut words = command.split(' ');
        redis::cmd(words.next().unwrap()).arg(words.collect::<Vec<_>>()).query_async(&mut connection).await
    }

    async fn tell(&self, command: &str) {
        self.ask::<()>(command).await.unwrap_or_else(|error| panic!("{command}: {error}"));
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(arguments: &[String], folder: &tempfile::TempDir) -> Child {
    Command::new(redis_server_program())
        .args(arguments)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Three masters that share the slots among them.
pub struct Cluster {
    pub servers: [Redis; 3],
}

impl Cluster {
    /// Where each part of the 16,384 slots begins.
    const BOUNDS: [u32; 4] = [0, 5461, 10923, 16384];

    pub async fn start() -> Self {
        let server = || {
            let (port, bus) = (free_port(), free_port());
            // What docs/operating.md says that our user needs, and no more.
            let user =
                format!("hints on >secret resetchannels &{CHANNEL} -@all +spublish +ssubscribe +cluster|slots +ping");
            let bus_text = bus.to_string();
            let of_cluster =
                ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", &bus_text];
            let more: Vec<&str> = of_cluster.into_iter().chain(["--user"]).chain(user.split(' ')).collect();
            (Redis::start_with(port, &more), bus)
        };
        let started = [server(), server(), server()];
        let others: Vec<_> = started.iter().map(|(server, bus)| (server.port, *bus)).collect();
        let servers = started.map(|(server, _)| server);
        for (number, server) in servers.iter().enumerate() {
            wait_until("a server of the cluster answers", async || server.ask::<String>("PING").await.is_ok()).await;
            server.tell(&format!("CLUSTER SET-CONFIG-EPOCH {}", number + 1)).await;
            let (first, end) = (Self::BOUNDS[number], Self::BOUNDS[number + 1]);
            server.tell(&format!("CLUSTER ADDSLOTSRANGE {first} {}", end - 1)).await;
        }
        for (port, bus) in others {
            servers[0].tell(&format!("CLUSTER MEET 127.0.0.1 {port} {bus}")).await;
        }
        let cluster = Self { servers };
        cluster.wait_until_whole().await;
        cluster
    }

    /// All of them, as the configuration names them.
    pub fn urls(&self) -> String {
        self.servers.each_ref().map(|server| format!("redis://hints:secret@127.0.0.1:{}", server.port)).join(",")
    }

    /// Waits until every server knows that every slot is served.
    pub async fn wait_until_whole(&self) {
        for server in &self.servers {
            wait_until("the cluster is whole", async || {
                let state: String = server.ask("CLUSTER INFO").await.unwrap_or_default();
                ["cluster_state:ok", "cluster_known_nodes:3", "cluster_size:3"].iter().all(|line| state.contains(line))
            })
            .await;
        }
    }

    /// The number of the server to which the channel of the hints belongs at first.
    pub async fn home(&self) -> usize {
        let slot = self.slot().await;
        Self::BOUNDS.iter().filter(|bound| **bound <= slot).count() - 1
    }

    /// Moves the channel from one server to another, as rebalancing does.
    pub async fn move_channel(&self, from: usize, to: usize) {
        let slot = self.slot().await;
        let id = async |number: usize| self.servers[number].ask::<String>("CLUSTER MYID").await.unwrap();
        let (source, target) = (id(from).await, id(to).await);
        self.servers[to].tell(&format!("CLUSTER SETSLOT {slot} IMPORTING {source}")).await;
        self.servers[from].tell(&format!("CLUSTER SETSLOT {slot} MIGRATING {target}")).await;
        for number in [to, from] {
            self.servers[number].tell(&format!("CLUSTER SETSLOT {slot} NODE {target}")).await;
        }
    }

    /// Waits until so many processes listen for hints at this server, by the sharded channel.
    pub async fn wait_for_listeners(&self, server: usize, count: u64) {
        wait_until("every process listens at the server that has the channel", async || {
            let asked = self.servers[server].ask::<(String, u64)>(&format!("PUBSUB SHARDNUMSUB {CHANNEL}")).await;
            asked.is_ok_and(|found| found.1 == count)
        })
        .await;
    }

    async fn slot(&self) -> u32 {
        self.servers[0].ask(&format!("CLUSTER KEYSLOT {CHANNEL}")).await.unwrap()
    }
}
