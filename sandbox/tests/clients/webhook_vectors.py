"""Prints webhooks that the vendors' own libraries have made or found authentic, as JSON, for the tests of `domain`.

    python webhook_vectors.py > domain/src/webhooks/signature/vendors.json

Every library is used as it was published. Those that only verify judge what the documented formula gives: a vector that
its library refuses stops the script.
"""

import base64
import hashlib
import hmac
import importlib.metadata
import json

import datetime
from hubspot.utils.signature import Signature
from slack_sdk.signature import Clock, SignatureVerifier
from standardwebhooks.webhooks import Webhook
from stripe import WebhookSignature

SENT = 1_800_000_000


class AtThatTime(Clock):
    """Slack's verifier looks at a clock."""

    def now(self):
        return SENT


def digest(secret, text):
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256)


def vector(library, scheme, secret, uri, headers, body):
    version = importlib.metadata.version(library)
    return dict(library=library, version=version, scheme=scheme, secret=secret, uri=uri, headers=headers, body=body)


def stripe():
    secret, body = "whsec_stripe_0123456789abcdefghijkl", '{"id":"evt_1","type":"checkout.session.completed"}'
    old = WebhookSignature._compute_signature(f"{SENT}.{body}", "whsec_retired_0123456789abcdefghi")
    signature = WebhookSignature._compute_signature(f"{SENT}.{body}", secret)
    header = f"t={SENT},v1={old},v1={signature},v0=00"
    assert WebhookSignature.verify_header(body, header, secret, tolerance=None)
    return vector("stripe", "stripe", secret, "", {"Stripe-Signature": header}, body)


def slack(body):
    secret = "8f742231b10e8888abcd99yyyzzz85a5"
    verifier = SignatureVerifier(secret, clock=AtThatTime())
    signature = verifier.generate_signature(timestamp=str(SENT), body=body)
    assert verifier.is_valid(body, str(SENT), signature)
    headers = {"X-Slack-Signature": signature, "X-Slack-Request-Timestamp": str(SENT)}
    return vector("slack_sdk", "slack", secret, "", headers, body)


def hubspot(uri):
    secret, millis = "11111111-2222-3333-4444-555555555555", SENT * 1000
    body = '[{"eventId":1,"subscriptionId":2,"portalId":3,"appId":4,"occurredAt":5,"objectId":6}]'
    mac = digest(secret, f"POST{uri}{body}{millis}").digest()
    signature = base64.b64encode(mac).decode()
    made = Signature.get_signature(secret, body, "v3", http_uri=uri, http_method="POST", timestamp=str(millis))
    assert made == signature, made
    headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": str(millis)}
    return vector("hubspot-api-client", "hubspot", secret, uri, headers, body)


def standard():
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", '{"event":"webform_submitted"}'
    sent_at = datetime.datetime.fromtimestamp(SENT, datetime.timezone.utc)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(SENT),
        "webhook-signature": Webhook(secret).sign("msg_1", sent_at, body),
    }
    return vector("standardwebhooks", "form", secret, "", headers, body)


vectors = [
    standard(),
    stripe(),
    slack('{"type":"event_callback","event_id":"Ev1","event":{"text":"grüße"}}'),
    slack("token=x&command=%2Fbook&text=caf%C3%A9"),
    hubspot("https://meridian.example/hooks/cxn_01jd3v00000000000000000000?team=north"),
]
print(json.dumps({"sent_at": SENT, "vectors": vectors}, indent=2, ensure_ascii=False))
