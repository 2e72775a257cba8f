//! `Authorization: Bearer` and its challenge (RFC 6750).

use axum::http::HeaderValue;

use super::engine::AuthFault;

/// The token of an `Authorization` value. No header, or another scheme, is "no token" (RFC 6750 §3.1 wants no error
/// code for those); a token outside the grammar of §2.1 is invalid.
pub(super) fn token(authorization: Option<&str>) -> Result<Option<&str>, AuthFault> {
    let Some(authorization) = authorization else { return Ok(None) };
    let (scheme, rest) = authorization.split_once(' ').unwrap_or((authorization, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let token = rest.trim_matches(' ');
    let body = token.trim_end_matches('=');
    let plain = body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
    if body.is_empty() || !plain { Err(AuthFault::Invalid) } else { Ok(Some(token)) }
}

/// The `WWW-Authenticate` value for a refusal, or `None` when the caller is not to blame.
pub(super) fn challenge(fault: AuthFault) -> Option<HeaderValue> {
    match fault {
        AuthFault::Missing => Some(r#"Bearer realm="meridian""#),
        AuthFault::Invalid => {
            Some(r#"Bearer realm="meridian", error="invalid_token", error_description="The access token is not valid""#)
        }
        AuthFault::Expired => {
            Some(r#"Bearer realm="meridian", error="invalid_token", error_description="The access token expired""#)
        }
        AuthFault::Unavailable | AuthFault::TooOften(_) => None,
    }
    .map(HeaderValue::from_static)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_only_from_a_well_formed_bearer_header() {
        let check = |header, expected| assert_eq!(token(header), expected, "{header:?}");
        check(None, Ok(None));
        check(Some("Bearer abc.DEF-1_2~+/=="), Ok(Some("abc.DEF-1_2~+/==")));
        check(Some("bearer   abc "), Ok(Some("abc")));
        check(Some("Basic dXNlcjpwYXNz"), Ok(None));
        check(Some("Bearer"), Err(AuthFault::Invalid));
        check(Some("Bearer a b"), Err(AuthFault::Invalid));
        check(Some("Bearer =="), Err(AuthFault::Invalid));
        check(Some("Bearer a=b"), Err(AuthFault::Invalid));
    }
}
