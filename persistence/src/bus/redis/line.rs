//! A line to Redis: one subscription, and the way to publish what others hear.
//!
//! Whether Redis is a cluster is asked of it whenever a line is built, so there is nothing to configure. In a cluster
//! the channel belongs to one shard and its messages stay there (`SSUBSCRIBE`, `SPUBLISH`, Redis 7); an ordinary
//! message would go to every server of the cluster. Everything else goes over one connection in RESP3, which carries
//! answers and messages side by side.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::cluster::ClusterClient;
use ::redis::cluster_async::ClusterConnection;
use ::redis::{
    AsyncCommands, AsyncConnectionConfig, Client, ConnectionInfo, ErrorKind, IntoConnectionInfo, ProtocolVersion,
    RedisError, RedisResult, ScriptInvocation, Value,
};
use futures_util::FutureExt;
use futures_util::future::select_ok;
use tokio::sync::broadcast;
use tokio::time::timeout;
use uuid::Uuid;

use super::Hint;
use super::ear::Ear;

/// The one channel of all hints; docs/adr/0011 says why there are not more.
const CHANNEL: &str = "meridian:hints";
/// How long Redis may take over an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// How long all of opening may take: several answers, from several servers.
const OPEN_TIMEOUT: Duration = Duration::from_secs(6);
/// The first version with sharded pub/sub.
const SHARDED_SINCE: u32 = 7;

/// Where Redis is: a server, or some servers of one cluster.
pub struct Servers(Vec<ConnectionInfo>);

/// What is at the other end of a line.
#[derive(Clone)]
enum Peer {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// An open line; clones share it.
#[derive(Clone)]
pub struct Line {
    peer: Peer,
    ear: Arc<Ear>,
}

impl Servers {
    /// Reads one URL, or several with commas between them.
    pub fn parse(urls: &str) -> RedisResult<Self> {
        // A comma may be part of a password; one before a scheme is not.
        let urls = urls.replace(", ", ",").replace(",redis", "\nredis");
        let servers = urls.lines().map(|url| {
            let server = url.into_connection_info()?;
            let settings = server.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
            Ok(server.set_redis_settings(settings))
        });
        let servers: Vec<ConnectionInfo> = servers.collect::<RedisResult<_>>()?;
        if servers.is_empty() {
            return Err(RedisError::from((ErrorKind::InvalidClientConfig, "no server is named")));
        }
        Ok(Self(servers))
    }

    /// Whether they are a cluster that shards pub/sub: as the first of them says that answers. All are asked at once,
    /// so that frozen ones do not keep those that live from being heard.
    async fn are_sharded(&self) -> RedisResult<bool> {
        let ask = |server| async move { timeout(ANSWER_TIMEOUT, is_sharded(server)).await.map_err(|_| silent())? };
        Ok(select_ok(self.0.iter().map(|server| ask(server).boxed())).await?.0)
    }
}

impl Line {
    /// Connects and subscribes.
    pub async fn open(servers: &Servers, ours: Uuid, local: &broadcast::Sender<Hint>) -> RedisResult<Self> {
        let ear = Arc::new(Ear::new(ours, local.clone()));
        let peer = timeout(OPEN_TIMEOUT, connect(servers, &ear)).await.unwrap_or_else(|_| Err(silent()))?;
        Ok(Self { peer, ear })
    }

    /// What it leads to, for the log.
    pub fn kind(&self) -> &'static str {
        match self.peer {
            Peer::Server(_) => "server",
            Peer::Cluster(_) => "cluster",
        }
    }

    /// Its listening end.
    pub fn ear(&self) -> Arc<Ear> {
        Arc::clone(&self.ear)
    }

    /// Runs a script that answers with a yes or no and a number.
    pub async fn invoke(&mut self, script: &ScriptInvocation<'_>) -> RedisResult<(bool, u64)> {
        match &mut self.peer {
            Peer::Server(server) => script.invoke_async(server).await,
            Peer::Cluster(cluster) => script.invoke_async(cluster).await,
        }
    }

    /// Says something to everybody who listens. A line that cannot is dead.
    pub async fn publish(&mut self, text: String) -> RedisResult<()> {
        let said = async {
            match &mut self.peer {
                Peer::Server(server) => server.publish::<_, _, ()>(CHANNEL, text).await,
                Peer::Cluster(cluster) => cluster.spublish::<_, _, ()>(CHANNEL, text).await,
            }
        };
        let said = timeout(ANSWER_TIMEOUT, said).await.unwrap_or_else(|_| Err(silent()));
        said.inspect_err(|error| self.ear.fail(&format!("a message was not taken: {error}")))
    }
}

async fn connect(servers: &Servers, ear: &Arc<Ear>) -> RedisResult<Peer> {
    if servers.are_sharded().await? {
        let cluster = ClusterClient::builder(servers.0.clone())
            .use_protocol(ProtocolVersion::RESP3)
            .connection_timeout(ANSWER_TIMEOUT)
            .response_timeout(ANSWER_TIMEOUT)
            .push_sender(Arc::clone(ear))
            .build()?;
        let mut connection = cluster.get_async_connection().await?;
        connection.ssubscribe(CHANNEL).await?;
        return Ok(Peer::Cluster(connection));
    }
    let [server] = servers.0.as_slice() else {
        let problem = "several servers are named, and they are no cluster of Redis 7";
        return Err(RedisError::from((ErrorKind::InvalidClientConfig, problem)));
    };
    let config = config().set_push_sender(Arc::clone(ear));
    let mut connection = Client::open(server.clone())?.get_multiplexed_async_connection_with_config(&config).await?;
    connection.subscribe(CHANNEL).await?;
    Ok(Peer::Server(connection))
}

/// Asks a server what it is. `HELLO` is allowed to every user (<https://redis.io/docs/latest/commands/hello/>).
async fn is_sharded(server: &ConnectionInfo) -> RedisResult<bool> {
    let mut connection = Client::open(server.clone())?.get_multiplexed_async_connection_with_config(&config()).await?;
    let about: HashMap<String, Value> = ::redis::cmd("HELLO").query_async(&mut connection).await?;
    let text = |name: &str| match about.get(name) {
        Some(Value::BulkString(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        Some(Value::SimpleString(text)) => text.clone(),
        _ => String::new(),
    };
    let major = text("version").split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    Ok(text("mode") == "cluster" && major >= SHARDED_SINCE)
}

fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(Some(ANSWER_TIMEOUT)).set_response_timeout(Some(ANSWER_TIMEOUT))
}

fn silent() -> RedisError {
    RedisError::from(std::io::Error::new(std::io::ErrorKind::TimedOut, "Redis did not answer in time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses of what a setting names.
    fn check(urls: &str, expected: &[&str]) {
        let Servers(servers) = Servers::parse(urls).unwrap();
        assert_eq!(servers.iter().map(|server| server.addr().to_string()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn one_server_or_several_are_read() {
        check("redis://one", &["one:6379"]);
        check("redis://u:p@one:7000,redis://two:7001, redis://three", &["one:7000", "two:7001", "three:6379"]);
        check("redis://:a,b@one", &["one:6379"]);
        assert!(Servers::parse("").is_err());
    }
}
