//! The properties that every account has: the part of HubSpot's own catalogue that a scheduling product touches.

use serde_json::json;

use super::model::{Group, Kind, Property};

/// Computed by HubSpot; a write to one of them is refused.
const CALCULATED: &[&str] = &["hs_object_id", "createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"];

/// Name, label and type; then the values of an enumeration.
type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

const CONTACTS: &[Row] = &[
    ("email", "Email", "string", &[]),
    ("firstname", "First Name", "string", &[]),
    ("lastname", "Last Name", "string", &[]),
    ("phone", "Phone Number", "string", &[]),
    ("mobilephone", "Mobile Phone Number", "string", &[]),
    ("company", "Company Name", "string", &[]),
    ("jobtitle", "Job Title", "string", &[]),
    ("website", "Website URL", "string", &[]),
    ("city", "City", "string", &[]),
    ("state", "State/Region", "string", &[]),
    ("zip", "Postal Code", "string", &[]),
    ("country", "Country/Region", "string", &[]),
    ("numemployees", "Number of Employees", "string", &[]),
    ("hs_timezone", "Time Zone", "string", &[]),
    ("hubspot_owner_id", "Contact owner", "enumeration", &[]),
    (
        "lifecyclestage",
        "Lifecycle Stage",
        "enumeration",
        &[
            "subscriber",
            "lead",
            "marketingqualifiedlead",
            "salesqualifiedlead",
            "opportunity",
            "customer",
            "evangelist",
            "other",
        ],
    ),
    (
        "hs_lead_status",
        "Lead Status",
        "enumeration",
        &["NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED", "ATTEMPTED_TO_CONTACT", "CONNECTED", "BAD_TIMING"],
    ),
    ("createdate", "Create Date", "datetime", &[]),
    ("lastmodifieddate", "Last Modified Date", "datetime", &[]),
];

const COMPANIES: &[Row] = &[
    ("name", "Company name", "string", &[]),
    ("domain", "Company Domain Name", "string", &[]),
    ("phone", "Phone Number", "string", &[]),
    ("city", "City", "string", &[]),
    ("country", "Country/Region", "string", &[]),
    ("industry", "Industry", "string", &[]),
    ("numberofemployees", "Number of Employees", "number", &[]),
    ("hubspot_owner_id", "Company owner", "enumeration", &[]),
    ("createdate", "Create Date", "datetime", &[]),
    ("hs_lastmodifieddate", "Last Modified Date", "datetime", &[]),
];

const MEETINGS: &[Row] = &[
    ("hs_timestamp", "Activity date", "datetime", &[]),
    ("hs_meeting_title", "Meeting name", "string", &[]),
    ("hs_meeting_body", "Meeting description", "string", &[]),
    ("hs_internal_meeting_notes", "Internal meeting notes", "string", &[]),
    ("hs_meeting_location", "Location", "string", &[]),
    ("hs_meeting_external_url", "External URL", "string", &[]),
    ("hs_meeting_start_time", "Meeting start time", "datetime", &[]),
    ("hs_meeting_end_time", "Meeting end time", "datetime", &[]),
    (
        "hs_meeting_outcome",
        "Meeting outcome",
        "enumeration",
        &["SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED"],
    ),
    ("hs_activity_type", "Call and meeting type", "string", &[]),
    ("hubspot_owner_id", "Activity assigned to", "enumeration", &[]),
    ("hs_createdate", "Create date", "datetime", &[]),
    ("hs_lastmodifieddate", "Last modified date", "datetime", &[]),
];

const TASKS: &[Row] = &[
    ("hs_timestamp", "Due date", "datetime", &[]),
    ("hs_task_subject", "Task title", "string", &[]),
    ("hs_task_body", "Notes", "string", &[]),
    (
        "hs_task_status",
        "Task status",
        "enumeration",
        &["NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED"],
    ),
    ("hs_task_priority", "Priority", "enumeration", &["NONE", "LOW", "MEDIUM", "HIGH"]),
    ("hs_task_type", "Task type", "enumeration", &["TODO", "CALL", "EMAIL"]),
    ("hubspot_owner_id", "Assigned to", "enumeration", &[]),
    ("hs_createdate", "Create date", "datetime", &[]),
    ("hs_lastmodifieddate", "Last modified date", "datetime", &[]),
];

/// The properties that a record of this kind is shown with when a reader names none.
pub(super) fn shown(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Contacts => &["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"],
        Kind::Companies => &["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"],
        Kind::Meetings | Kind::Tasks => &["hs_createdate", "hs_lastmodifieddate", "hs_object_id"],
    }
}

/// The properties that a record is shown with in any case.
pub(super) fn always_shown(kind: Kind) -> [&'static str; 3] {
    match kind {
        Kind::Contacts => ["createdate", "hs_object_id", "lastmodifieddate"],
        Kind::Companies => ["createdate", "hs_object_id", "hs_lastmodifieddate"],
        Kind::Meetings | Kind::Tasks => ["hs_createdate", "hs_object_id", "hs_lastmodifieddate"],
    }
}

/// HubSpot's own properties of a kind.
pub(super) fn properties(kind: Kind) -> impl Iterator<Item = Property> {
    let rows = match kind {
        Kind::Contacts => CONTACTS,
        Kind::Companies => COMPANIES,
        Kind::Meetings => MEETINGS,
        Kind::Tasks => TASKS,
    };
    let id: &[Row] = &[("hs_object_id", "Record ID", "number", &[])];
    rows.iter().chain(id).map(move |row| definition(kind, row))
}

fn definition(kind: Kind, (name, label, value_type, values): &Row) -> Property {
    let field_type = match *value_type {
        "enumeration" => "select",
        "datetime" => "date",
        "number" => "number",
        _ => "text",
    };
    let option = |(order, value): (usize, &&str)| json!({"label": value, "value": value, "displayOrder": order, "hidden": false});
    Property {
        name: (*name).to_owned(),
        label: (*label).to_owned(),
        kind: (*value_type).to_owned(),
        field_type: field_type.to_owned(),
        description: String::new(),
        group_name: group(kind).name,
        options: values.iter().enumerate().map(option).collect(),
        has_unique_value: *name == "hs_object_id",
        hidden: false,
        form_field: false,
        display_order: -1,
        hubspot_defined: true,
        calculated: CALCULATED.contains(name),
        archived: false,
    }
}

/// HubSpot's own group of a kind.
pub(super) fn group(kind: Kind) -> Group {
    let (name, label) = match kind {
        Kind::Contacts => ("contactinformation", "Contact information"),
        Kind::Companies => ("companyinformation", "Company information"),
        Kind::Meetings => ("meeting_event", "Meeting information"),
        Kind::Tasks => ("task", "Task information"),
    };
    Group { name: name.to_owned(), label: label.to_owned(), display_order: 0, archived: false }
}
