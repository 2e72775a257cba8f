//! What can be written on the command line.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Parser, Subcommand};
use domain::limits::SECRET_OVERLAP_HOURS_DEFAULT;

/// From a form to a recorded outcome: the GraphQL platform for the lead-to-meeting handoff.
#[derive(Debug, Parser)]
#[command(name = "meridian", version)]
pub struct Arguments {
    /// A TOML file; variables `MERIDIAN_…` override it
    #[arg(long, global = true, env = "MERIDIAN_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API
    Serve {
        /// Run the worker in the same process
        #[arg(long)]
        with_worker: bool,
    },
    /// Run the worker: what follows from a commit
    Work,
    /// Bring the database schema up to date
    Migrate,
    /// Run everything in one process on a seeded SQLite file, with a fake CRM
    Sandbox(SandboxFlags),
    /// Print the GraphQL schema, or compare two of them
    Schema {
        /// What to do instead of printing it.
        #[command(subcommand)]
        command: Option<SchemaCommand>,
    },
    /// Print the error catalogue
    Errors {
        /// As a Markdown document
        #[arg(long, required = true)]
        markdown: bool,
    },
    /// Check the configuration and everything it points to
    Doctor,
    /// Manage OAuth clients
    #[command(subcommand)]
    Client(ClientCommand),
    /// Manage members
    #[command(subcommand)]
    Member(MemberCommand),
    /// Manage other issuers whose tokens are taken
    #[command(subcommand)]
    Issuer(IssuerCommand),
    /// Manage the keys that sign access tokens
    #[command(subcommand)]
    SigningKey(SigningKeyCommand),
    /// Manage workspaces
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Manage links to other systems
    #[command(subcommand)]
    Connection(ConnectionCommand),
}

/// How a sandbox is started.
#[derive(Debug, Args)]
pub struct SandboxFlags {
    /// Port of the API on 127.0.0.1; the fake CRM takes the next one. 0: any two free ports
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Where the sandbox keeps its files
    #[arg(long, default_value = ".sandbox", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// Throw away what an earlier sandbox left there
    #[arg(long)]
    pub fresh: bool,
    /// Keep the data in this database instead of a SQLite file in the folder: `postgres://…`
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// Fan out through this Redis instead of within the process: `redis://…`
    #[arg(long, value_name = "URL")]
    pub redis_url: Option<String>,
    /// The instant that the sandbox's clock starts at
    #[arg(long, value_name = "RFC3339")]
    pub clock: Option<DateTime<Utc>>,
}

/// About texts of the schema.
#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// Tell what changed between two schemas. Fails when a change breaks clients that had no time to prepare: what is
    /// removed has to be deprecated before, with "removal not before YYYY-MM-DD" in the reason, until that day
    Diff(SchemaDiff),
}

/// Two texts of the schema.
#[derive(Debug, Args)]
pub struct SchemaDiff {
    /// The older one, in the schema definition language
    pub old: PathBuf,
    /// The newer one
    pub new: PathBuf,
    /// For programs
    #[arg(long)]
    pub json: bool,
    /// The day that deprecations have to have run out by; today, if not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub on: Option<NaiveDate>,
}

/// About OAuth clients.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Register a client and print its secret, once
    Create(NewClient),
}

/// A new client.
#[derive(Debug, Args)]
pub struct NewClient {
    /// The workspace that its tokens act in, `wsp_…`
    #[arg(long, value_name = "ID")]
    pub workspace: String,
    /// What it is called
    #[arg(long)]
    pub name: String,
    /// The most its tokens may be granted, separated by spaces
    #[arg(long)]
    pub scopes: String,
    /// The host it speaks for, `hst_…`
    #[arg(long, value_name = "ID")]
    pub host: Option<String>,
    /// A JWK Set with its public keys: it signs assertions (`private_key_jwt`) and has no secret
    #[arg(long, value_name = "FILE")]
    pub jwks: Option<PathBuf>,
    /// Where members are sent back to after they allowed it; may be given several times. Such a client acts for members
    /// and not for itself
    #[arg(long, value_name = "URI")]
    pub redirect_uri: Vec<String>,
    /// A web origin from which pages may use its tokens, e.g. https://app.example; may be given several times
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Vec<String>,
    /// It cannot keep a secret, since it runs in a browser or on a phone
    #[arg(long, requires = "redirect_uri", conflicts_with = "jwks")]
    pub public: bool,
}

/// About signing keys.
#[derive(Debug, Subcommand)]
pub enum SigningKeyCommand {
    /// Make a new key. It is published now and signs in ten minutes; tokens of the old one stay good until they end
    Rotate {
        /// The old key is in wrong hands: the new one signs now, and everything that the old one signed is refused
        #[arg(long)]
        at_once: bool,
    },
}

/// About members.
#[derive(Debug, Subcommand)]
pub enum MemberCommand {
    /// Add a member; the password is read from standard input
    Create(NewMember),
    /// Give a member another password, read from standard input, and sign them out everywhere
    SetPassword(NewPassword),
}

/// A new member.
#[derive(Debug, Args)]
pub struct NewMember {
    /// The workspace they work in, `wsp_…`
    #[arg(long, value_name = "ID")]
    pub workspace: String,
    /// What they sign in with
    #[arg(long)]
    pub email: String,
    /// What they are called
    #[arg(long)]
    pub name: String,
    /// The most that clients may be allowed in their name, separated by spaces
    #[arg(long)]
    pub scopes: String,
    /// The host they are, `hst_…`
    #[arg(long, value_name = "ID")]
    pub host: Option<String>,
}

/// A new password for a member.
#[derive(Debug, Args)]
pub struct NewPassword {
    /// The workspace they work in, `wsp_…`
    #[arg(long, value_name = "ID")]
    pub workspace: String,
    /// What they sign in with
    #[arg(long)]
    pub email: String,
}

/// About other issuers.
#[derive(Debug, Subcommand)]
pub enum IssuerCommand {
    /// Take its tokens: their `email` names a member of the workspace, if `email_verified` says so
    Trust(NewIssuer),
    /// Take them no longer; servers know within some seconds
    Distrust(KnownIssuer),
}

/// An issuer to trust.
#[derive(Debug, Args)]
pub struct NewIssuer {
    #[command(flatten)]
    pub issuer: KnownIssuer,
    /// The most its tokens may be granted, separated by spaces
    #[arg(long)]
    pub scopes: String,
    /// The claim with the scopes
    #[arg(long, default_value = "scope", value_name = "NAME")]
    pub scope_claim: String,
}

/// An issuer, and for whom it speaks.
#[derive(Debug, Args)]
pub struct KnownIssuer {
    /// The workspace that trusts it, `wsp_…`
    #[arg(long, value_name = "ID")]
    pub workspace: String,
    /// `iss` of its tokens; its metadata are below it
    #[arg(long)]
    pub url: String,
    /// What `aud` of its tokens names
    #[arg(long)]
    pub audience: String,
}

/// About workspaces.
#[derive(Debug, Subcommand)]
pub enum WorkspaceCommand {
    /// Create a workspace and print its id
    Create(NewWorkspace),
}

/// A new workspace.
#[derive(Debug, Args)]
pub struct NewWorkspace {
    /// What it is called
    #[arg(long)]
    pub name: String,
    /// Where phone numbers without a country code belong: two letters of ISO 3166-1
    #[arg(long, value_name = "COUNTRY")]
    pub phone_region: String,
    /// The zone its days are counted in, such as Europe/Berlin
    #[arg(long)]
    pub zone: String,
}

/// About links to other systems.
#[derive(Debug, Subcommand)]
pub enum ConnectionCommand {
    /// Add a link and print its id; a signing secret that we choose is printed too, once
    Create(NewConnection),
    /// Give a link that takes webhooks a new signing secret; the old one is good for a while yet
    RotateSecret(SecretRotation),
}

/// A new secret for a link.
#[derive(Debug, Args)]
pub struct SecretRotation {
    /// The link, `cxn_…`. A secret that the vendor chooses is read from standard input
    #[arg(long, value_name = "ID")]
    pub connection: String,
    /// How many hours the old secret is good beside the new one, 0 to 168
    #[arg(long, default_value_t = SECRET_OVERLAP_HOURS_DEFAULT, value_name = "HOURS")]
    pub overlap_hours: i32,
}

/// A new link to another system.
#[derive(Debug, Args)]
pub struct NewConnection {
    /// The workspace it belongs to, `wsp_…`
    #[arg(long, value_name = "ID")]
    pub workspace: String,
    /// Whose system it is. HubSpot's access token is read from standard input, as are the signing secrets of Stripe,
    /// Slack and Zoom
    #[arg(long)]
    pub provider: NewProvider,
    /// What it is called
    #[arg(long)]
    pub name: String,
    /// Where the provider answers, if not at the vendor's own address
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
}

/// Whose system it is.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum NewProvider {
    /// A form tool that sends signed webhooks
    Webform,
    /// HubSpot
    Hubspot,
    /// Stripe, which sends signed webhooks
    Stripe,
    /// Slack, which sends signed webhooks
    Slack,
    /// Zoom, which sends signed webhooks
    Zoom,
    /// Salesforce, whose flows repeat a secret of ours
    Salesforce,
    /// Google Calendar, whose channels repeat a secret of ours
    Google,
    /// Microsoft Graph, whose subscriptions repeat a secret of ours
    Microsoft,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
