"""Signs a form with PyPI's `standardwebhooks` and posts it, whole and with another body.

Arguments: the webhook's URL, its secret, the form as JSON. Prints the two HTTP statuses.
"""

import datetime
import sys

import requests
from standardwebhooks.webhooks import Webhook

url, secret, form = sys.argv[1:]
sent_at = datetime.datetime.now(datetime.timezone.utc)
headers = {
    "content-type": "application/json",
    "webhook-id": "msg_of_the_library",
    "webhook-timestamp": str(int(sent_at.timestamp())),
    "webhook-signature": Webhook(secret).sign("msg_of_the_library", sent_at, form),
}
session = requests.Session()
session.trust_env = False
statuses = [session.post(url, data=body.encode(), headers=headers, timeout=10).status_code for body in (form, form + " ")]
print(*statuses)
