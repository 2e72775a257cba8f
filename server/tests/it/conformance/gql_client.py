"""A query, a refusal, a mutation and a subscription with PyPI's `gql`.

One argument: JSON with the API's URL, an access token, and the meeting that it is all about.
"""

import asyncio
import json
import sys

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

given = json.loads(sys.argv[1])
authorization = {"authorization": f"Bearer {given['token']}"}

RECORD = """
mutation ($input: RecordMeetingOutcomeInput!) { recordMeetingOutcome(input: $input) { meeting { id status } } }
"""
FOLLOW = """
subscription ($after: EventCursor) {
    meetingEvents(after: $after, filter: { types: ["meeting_outcome"] }) {
        type
        ... on MeetingOutcomeRecorded { meeting { id status } }
    }
}
"""


async def main():
    over_http = AIOHTTPTransport(url=given["url"], headers=authorization)
    async with Client(transport=over_http) as session:
        viewer = await session.execute(gql("{ viewer { clientId } }"))
        print("query", viewer["viewer"]["clientId"] == given["clientId"])
        try:
            await session.execute(gql("{ nothing }"))
        except TransportQueryError as refused:
            print("refused", refused.errors[0]["extensions"]["code"])
        record = gql(RECORD)
        outcome = {"idempotencyKey": "by-gql", "meetingId": given["meeting"], "outcome": "NO_SHOW"}
        record.variable_values = {"input": outcome}
        noted = await session.execute(record)
        print("mutation", noted["recordMeetingOutcome"]["meeting"]["status"])

    over_socket = WebsocketsTransport(
        url=given["url"].replace("http", "ws"),
        init_payload=authorization,
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with Client(transport=over_socket) as session:
        follow = gql(FOLLOW)
        follow.variable_values = {"after": given["after"]}
        async for heard in session.subscribe(follow):
            event = heard["meetingEvents"]
            print("subscription", event["type"], event["meeting"]["id"] == given["meeting"], event["meeting"]["status"])
            break


asyncio.run(main())
