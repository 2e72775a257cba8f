"""Every grant with PyPI's `authlib`, its view of the metadata, and what `joserfc` thinks of the tokens.

One argument: JSON with the API's base URL and the clients. When a member is needed, a line `open URL` is printed and
the URL that the browser was sent back to is read from standard input.
"""

import base64
import json
import os
import sys

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the instance under test listens on the loopback interface only

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

given = json.loads(sys.argv[1])
base = given["base"]
web = requests.Session()
web.trust_env = False
metadata = AuthorizationServerMetadata(web.get(f"{base}/.well-known/oauth-authorization-server", timeout=10).json())
metadata.validate()
keys = KeySet.import_key_set(web.get(metadata["jwks_uri"], timeout=10).json())


def claims(token):
    return jwt.decode(token["access_token"], keys, algorithms=["EdDSA"]).claims


def session(client, method, **more):
    methods = {"token_endpoint_auth_method": method, "revocation_endpoint_auth_method": method}
    made = OAuth2Session(client["id"], client.get("secret"), **methods, **more)
    made.trust_env = False
    return made


def key_of(der):
    key = serialization.load_der_private_key(base64.b64decode(der), None)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return ECKey.import_key(key.private_bytes(*form))


def own_grants():
    for method in ("client_secret_basic", "client_secret_post"):
        yield method, given["own"], session(given["own"], method, scope="meetings:read")
    signer = {"id": given["signer"]["id"], "secret": key_of(given["signer"]["key"])}
    made = session(signer, "private_key_jwt", scope="meetings:read")
    made.register_client_auth_method(PrivateKeyJWT(metadata["token_endpoint"], alg="ES256"))
    yield "private_key_jwt", signer, made


def delegated(name, client, method):
    made = session(
        client, method, scope="meetings:read", redirect_uri="https://app.test/back", code_challenge_method="S256"
    )
    verifier = generate_token(48)
    url, state = made.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
    print("open", url, flush=True)
    back = sys.stdin.readline().strip()
    token = made.fetch_token(
        metadata["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
    )
    print(name, claims(token)["sub"][:4], token["scope"])
    following = made.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    print("refresh", following["scope"], following["refresh_token"] != token["refresh_token"])
    made.revoke_token(metadata["revocation_endpoint"], token=following["refresh_token"]).raise_for_status()
    try:
        made.refresh_token(metadata["token_endpoint"], refresh_token=following["refresh_token"])
    except OAuthError as refused:
        print("after revocation", refused.error)


for method, client, made in own_grants():
    token = made.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    print(method, claims(token)["sub"] == client["id"], token["scope"])
    text = token["access_token"]
    print("introspection", made.introspect_token(metadata["introspection_endpoint"], token=text).json()["active"])
    made.revoke_token(metadata["revocation_endpoint"], token=text).raise_for_status()
    print("after revocation", made.introspect_token(metadata["introspection_endpoint"], token=text).json()["active"])
delegated("authorization_code", given["delegate"], "client_secret_basic")
delegated("authorization_code, public", given["open"], "none")
