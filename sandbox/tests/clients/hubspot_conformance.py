"""Drives the vendor's own Python client, unmodified, against a HubSpot at argv[1] with the token argv[2].

Each step asserts; the first that fails ends the program with a traceback.
"""

import sys

import hubspot
from hubspot.crm import associations, contacts, objects, properties
from hubspot.crm.contacts.exceptions import ApiException as ContactsException
from hubspot.crm.objects.exceptions import ApiException as ObjectsException

HOST, TOKEN = sys.argv[1:3]


def client(token=TOKEN):
    return hubspot.Client.create(access_token=token, host=HOST)


def refused(status, call, *args, **kwargs):
    """The body of the refusal that the call must meet."""
    try:
        call(*args, **kwargs)
    except (ContactsException, ObjectsException) as refusal:
        assert refusal.status == status, (refusal.status, refusal.body)
        return refusal.body
    raise AssertionError(f"{call.__name__} was not refused with {status}")


def unique_property(api, kind, name):
    api.crm.properties.groups_api.create(
        kind, properties.PropertyGroupCreate(name="partner", label="Partner", display_order=-1)
    )
    made = api.crm.properties.core_api.create(
        kind,
        properties.PropertyCreate(
            name=name, label=name, type="string", field_type="text", group_name="partner", has_unique_value=True
        ),
    )
    assert made.has_unique_value and made.group_name == "partner"
    assert api.crm.properties.core_api.get_by_name(kind, name).name == name
    assert name in [one.name for one in api.crm.properties.core_api.get_all(kind).results]


def contact_life(api):
    basic = api.crm.contacts.basic_api
    new = contacts.SimplePublicObjectInputForCreate(
        properties={"email": "Grace@Example.com", "firstname": "Grace"}, associations=[]
    )
    made = basic.create(new)
    assert made.properties["email"] == "grace@example.com", made
    assert not made.archived and made.created_at is not None

    found = basic.get_by_id("grace@example.com", id_property="email", properties=["firstname", "phone"])
    assert (found.id, found.properties["firstname"], found.properties["phone"]) == (made.id, "Grace", None)

    changed = basic.update(made.id, contacts.SimplePublicObjectInput(properties={"phone": "+441632960123"}))
    assert changed.properties["phone"] == "+441632960123"

    conflict = refused(409, basic.create, new)
    assert f"Contact already exists. Existing ID: {made.id}" in conflict and "CONFLICT" in conflict

    unknown = contacts.SimplePublicObjectInput(properties={"shoe_size": "44"})
    assert "PROPERTY_DOESNT_EXIST" in refused(400, basic.update, made.id, unknown)
    assert "OBJECT_NOT_FOUND" in refused(404, basic.get_by_id, "999999")
    assert "INVALID_AUTHENTICATION" in refused(401, client("wrong").crm.contacts.basic_api.get_by_id, made.id)
    return made.id


def upserts(api):
    batch = api.crm.contacts.batch_api
    unique_property(api, "contacts", "partner_key")

    def upsert(*inputs):
        return batch.upsert(
            contacts.BatchInputSimplePublicObjectBatchInputUpsert(
                inputs=[
                    contacts.SimplePublicObjectBatchInputUpsert(
                        id=key, id_property="partner_key", properties=values, object_write_trace_id=key
                    )
                    for key, values in inputs
                ]
            )
        )

    first = upsert(("k1", {"email": "k1@example.com"}), ("k2", {"email": "k2@example.com"}))
    assert [result.new for result in first.results] == [True, True], first
    again = upsert(("k1", {"firstname": "Kay"}))
    assert (again.results[0].new, again.results[0].id) == (False, first.results[0].id)
    assert again.results[0].properties["partner_key"] == "k1"

    mixed = upsert(("k1", {"lastname": "One"}), ("k3", {"email": "k2@example.com"}))
    assert len(mixed.results) == 1 and mixed.num_errors == 1, mixed
    assert mixed.errors[0].category == "CONFLICT"
    assert mixed.errors[0].context["objectWriteTraceId"] == ["k3"]

    read = batch.read(
        contacts.BatchReadInputSimplePublicObjectId(
            id_property="partner_key",
            properties=["lastname"],
            properties_with_history=[],
            inputs=[contacts.SimplePublicObjectId(id="k1")],
        )
    )
    assert read.results[0].properties["lastname"] == "One"


def searches(api):
    search = api.crm.contacts.search_api.do_search
    by_key = contacts.Filter(property_name="partner_key", operator="EQ", value="k2")
    found = search(
        contacts.PublicObjectSearchRequest(
            filter_groups=[contacts.FilterGroup(filters=[by_key])], properties=["email"], limit=5
        )
    )
    assert (found.total, found.results[0].properties["email"]) == (1, "k2@example.com"), found

    emails = [one.properties["email"] for one in api.crm.contacts.get_all()]
    assert emails == ["grace@example.com", "k1@example.com", "k2@example.com"], emails
    page = api.crm.contacts.basic_api.get_page(limit=2)
    assert len(page.results) == 2
    assert len(api.crm.contacts.basic_api.get_page(limit=2, after=page.paging.next.after).results) == 1


def meetings_and_tasks(api, contact, owner):
    basic = api.crm.objects.basic_api
    to_contact = {"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 200}]}
    meeting = basic.create(
        "meetings",
        objects.SimplePublicObjectInputForCreate(
            properties={
                "hs_timestamp": "2026-11-02T09:00:00Z",
                "hs_meeting_title": "Demo",
                "hs_meeting_outcome": "SCHEDULED",
                "hubspot_owner_id": owner,
            },
            associations=[to_contact],
        ),
    )
    task = basic.create(
        "tasks",
        objects.SimplePublicObjectInputForCreate(
            properties={"hs_timestamp": "1793610000000", "hs_task_subject": "Call"}, associations=[]
        ),
    )
    assert task.properties["hs_timestamp"].startswith("2026-11-02T"), task

    v4 = api.crm.associations.v4.basic_api
    tied = v4.get_page("meetings", meeting.id, "contacts")
    assert [(one.to_object_id, one.association_types[0].type_id) for one in tied.results] == [(contact, 200)]
    for _ in range(2):
        v4.create_default("tasks", task.id, "contacts", contact)
    back = v4.get_page("contacts", contact, "tasks")
    assert [one.to_object_id for one in back.results] == [task.id]

    bad = objects.SimplePublicObjectInput(properties={"hs_meeting_outcome": "PERHAPS"})
    assert "INVALID_OPTION" in refused(400, basic.update, "meetings", meeting.id, bad)
    basic.archive("meetings", meeting.id)
    refused(404, basic.get_by_id, "meetings", meeting.id)


def owners(api):
    page = api.crm.owners.owners_api.get_page(email="olive@example.com")
    assert [owner.first_name for owner in page.results] == ["Olive"]
    assert api.crm.owners.owners_api.get_by_id(page.results[0].id).email == "olive@example.com"
    return page.results[0].id


def main():
    api = client()
    contact = contact_life(api)
    upserts(api)
    searches(api)
    meetings_and_tasks(api, contact, owners(api))
    print("conforms")


main()
