"""Gets tokens with PyPI's `authlib` by both ways of authenticating, and uses them.

Arguments: the API's base URL, a client's id and its secret. Prints what each token is good for, and two refusals.
"""

import os
import sys

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the instance under test listens on the loopback interface only

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

base, client_id, secret = sys.argv[1:]


def session(method, secret=secret, scope="meetings:read"):
    made = OAuth2Session(client_id, secret, token_endpoint_auth_method=method, scope=scope)
    made.trust_env = False
    made.fetch_token(f"{base}/oauth/token", grant_type="client_credentials")
    return made


for method in ("client_secret_basic", "client_secret_post"):
    answer = session(method).post(f"{base}/graphql", json={"query": "{ viewer { clientId scopes } }"}, timeout=10).json()
    viewer = answer["data"]["viewer"]
    print(method, viewer["clientId"], *viewer["scopes"])
for wrong in ({"secret": "wrong"}, {"scope": "settings:manage"}):
    try:
        session("client_secret_basic", **wrong)
    except OAuthError as refused:
        print(refused.error)
