//! What a browser keeps: a mark that tells one browser from another, and the session of a member.
//!
//! Forms carry a code made of both and of the request they are about. Another site can make a browser send a form, but
//! it cannot read the mark, so it cannot write the code.

use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::ApiConfig;

/// A browser, as far as its cookies tell.
pub(super) struct Browser {
    jar: CookieJar,
    is_encrypted: bool,
    key: [u8; 32],
}

const MARK: &str = "meridian-browser";
const SESSION: &str = "meridian-session";

impl Browser {
    /// The browser that sent these cookies. One without a mark is given one.
    pub(super) fn of(jar: CookieJar, config: &ApiConfig) -> Self {
        let is_encrypted = config.public_url.starts_with("https:");
        let browser = Self { jar, is_encrypted, key: config.secret };
        if browser.get(MARK).is_some() { browser } else { browser.with(MARK, (config.new_secret)()) }
    }

    /// What it keeps of the session.
    pub(super) fn session(&self) -> Option<&str> {
        self.get(SESSION)
    }

    /// The same browser, with a session.
    pub(super) fn signed_in(self, secret: String) -> Self {
        self.with(SESSION, secret)
    }

    /// The same browser, without one.
    pub(super) fn signed_out(self) -> Self {
        let gone = cookie(self.name(SESSION), String::new(), self.is_encrypted);
        Self { jar: self.jar.remove(gone), ..self }
    }

    /// The code for a form about this request.
    pub(super) fn code(&self, query: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(query).finalize().into_bytes())
    }

    /// Whether a form about this request came from a page that this browser was shown.
    pub(super) fn knows(&self, code: &str, query: &str) -> bool {
        let code = URL_SAFE_NO_PAD.decode(code).unwrap_or_default();
        self.mac(query).verify_slice(&code).is_ok()
    }

    /// The cookies to send.
    pub(super) fn cookies(self) -> CookieJar {
        self.jar
    }

    fn mac(&self, query: &str) -> Hmac<Sha256> {
        let parts = ["meridian: forms", self.get(MARK).unwrap_or_default(), self.session().unwrap_or_default(), query];
        // A key of HMAC may have any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { unreachable!("32 bytes are a key") };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }

    fn get(&self, name: &'static str) -> Option<&str> {
        self.jar.get(&self.name(name)).map(Cookie::value).filter(|value| !value.is_empty())
    }

    fn with(self, name: &'static str, value: String) -> Self {
        let added = cookie(self.name(name), value, self.is_encrypted);
        Self { jar: self.jar.add(added), ..self }
    }

    /// `__Host-` (RFC 6265bis §4.1.3.2): no neighbouring host can set it. It needs TLS.
    fn name(&self, name: &'static str) -> String {
        if self.is_encrypted { format!("__Host-{name}") } else { name.to_owned() }
    }
}

/// Until the browser is closed; not for scripts; sent along when a member comes from a client's page, not with its
/// forms.
fn cookie(name: String, value: String, is_encrypted: bool) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").http_only(true).secure(is_encrypted).same_site(SameSite::Lax).build()
}
