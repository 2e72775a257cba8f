"""Checks messages with PyPI's `standardwebhooks` and `svix`: whole they pass, with another body they do not.

Those two know shared secrets only. What is signed with a private key (`secret` is then the public one, `whpk_`) is
checked by PyPI's `cryptography` over the text that Standard Webhooks 1.0 documents.

Reads a JSON list of {secret, headers, body} and prints how many each library verified.
"""

import base64
import json
import sys

import standardwebhooks.webhooks
import svix.webhooks
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LIBRARIES = (standardwebhooks.webhooks, svix.webhooks)


def is_signed(key, headers, body):
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_"), validate=True))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    for signature in headers["webhook-signature"].split(" "):
        version, _, text = signature.partition(",")
        if version == "v1a":
            try:
                public.verify(base64.b64decode(text, validate=True), signed)
                return True
            except InvalidSignature:
                pass
    return False


messages = json.load(sys.stdin)
for message in messages:
    if message["secret"].startswith("whpk_"):
        if not is_signed(message["secret"], message["headers"], message["body"]):
            sys.exit("a signature was refused")
        if is_signed(message["secret"], message["headers"], message["body"] + " "):
            sys.exit("another body was verified too")
        continue
    for library in LIBRARIES:
        webhook = library.Webhook(message["secret"])
        webhook.verify(message["body"], message["headers"])
        try:
            webhook.verify(message["body"] + " ", message["headers"])
        except library.WebhookVerificationError:
            continue
        sys.exit("another body was verified too")
print(f"{len(messages)} verified by each")
