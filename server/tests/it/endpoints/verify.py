"""Checks messages with PyPI's `standardwebhooks` and `svix`: whole they pass, with another body they do not.

Reads a JSON list of {secret, headers, body} and prints how many each library verified.
"""

import json
import sys

import standardwebhooks.webhooks
import svix.webhooks

LIBRARIES = (standardwebhooks.webhooks, svix.webhooks)

messages = json.load(sys.stdin)
for message in messages:
    for library in LIBRARIES:
        webhook = library.Webhook(message["secret"])
        webhook.verify(message["body"], message["headers"])
        try:
            webhook.verify(message["body"] + " ", message["headers"])
        except library.WebhookVerificationError:
            continue
        sys.exit("another body was verified too")
print(f"{len(messages)} verified by each")
