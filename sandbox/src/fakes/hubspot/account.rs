//! The state of one HubSpot account, and the rules by which it changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::catalogue;
use super::model::{Group, Kind, Link, Object, Owner, Property, instant};
use super::refusal::{Answer, Refusal};
use super::validate::{Input, normal};

/// One thing that became so: what the journal holds, and all that ever alters an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub(super) enum Change {
    Object { kind: Kind, object: Object },
    Property { kind: Kind, property: Property },
    Group { kind: Kind, group: Group },
    Link { link: Link },
}

/// A HubSpot account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) owners: Vec<Owner>,
    objects: BTreeMap<(Kind, u64), Object>,
    properties: BTreeMap<(Kind, String), Property>,
    groups: BTreeMap<(Kind, String), Group>,
    links: BTreeSet<Link>,
    /// Which record a unique value belongs to.
    taken: HashMap<(Kind, String, String), u64>,
    last_id: u64,
    /// What the request under way has changed so far, with the record as it was before.
    pending: Vec<(Change, Option<Object>)>,
}

impl Account {
    /// A new account: HubSpot's own properties, and nobody in it.
    pub(super) fn new(owners: Vec<Owner>) -> Self {
        let of_kind = |kind: Kind| catalogue::properties(kind).map(move |one| ((kind, one.name.clone()), one));
        Self {
            owners,
            objects: BTreeMap::new(),
            properties: Kind::ALL.into_iter().flat_map(of_kind).collect(),
            groups: Kind::ALL.map(|kind| ((kind, catalogue::group(kind).name), catalogue::group(kind))).into(),
            links: BTreeSet::new(),
            taken: HashMap::new(),
            last_id: 100,
            pending: Vec::new(),
        }
    }

    /// Lets a change happen.
    pub(super) fn apply(&mut self, change: Change) {
        let mut before = None;
        match &change {
            Change::Object { kind, object } => before = self.put(*kind, object.clone()),
            Change::Property { kind, property } => {
                self.properties.insert((*kind, property.name.clone()), property.clone());
            }
            Change::Group { kind, group } => {
                self.groups.insert((*kind, group.name.clone()), group.clone());
            }
            Change::Link { link } => {
                self.links.insert(*link);
            }
        }
        self.pending.push((change, before));
    }

    /// The changes since the last call, which are now kept.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.pending).into_iter().map(|(change, _)| change).collect()
    }

    /// Undoes the changes since the last [`Self::take_changes`]: a request that fails leaves nothing behind.
    pub(super) fn roll_back(&mut self) {
        for (change, before) in std::mem::take(&mut self.pending).into_iter().rev() {
            match change {
                Change::Object { kind, object } => {
                    self.forget(kind, object.id);
                    before.map(|before| self.put(kind, before));
                }
                Change::Property { kind, property } => drop(self.properties.remove(&(kind, property.name))),
                Change::Group { kind, group } => drop(self.groups.remove(&(kind, group.name))),
                Change::Link { link } => drop(self.links.remove(&link)),
            }
        }
    }

    fn put(&mut self, kind: Kind, object: Object) -> Option<Object> {
        let before = self.forget(kind, object.id);
        self.last_id = self.last_id.max(object.id);
        if !object.archived {
            for (name, value) in &object.properties {
                if self.property(kind, name).is_some_and(|property| property.is_unique(kind)) {
                    self.taken.insert((kind, name.clone(), value.to_lowercase()), object.id);
                }
            }
        }
        self.objects.insert((kind, object.id), object);
        before
    }

    fn forget(&mut self, kind: Kind, id: u64) -> Option<Object> {
        let before = self.objects.remove(&(kind, id))?;
        for (name, value) in &before.properties {
            let key = (kind, name.clone(), value.to_lowercase());
            if self.taken.get(&key) == Some(&id) {
                self.taken.remove(&key);
            }
        }
        Some(before)
    }

    /// Makes a record.
    pub(super) fn create(&mut self, kind: Kind, input: &Input, now: DateTime<Utc>) -> Answer<Object> {
        let mut properties = normal(self, kind, None, input)?;
        properties.retain(|_, value| !value.is_empty());
        complete(kind, &mut properties)?;
        let object = Object { id: self.last_id + 1, properties, created_at: now, updated_at: now, archived: false };
        self.apply(Change::Object { kind, object: object.clone() });
        Ok(object)
    }

    /// Writes to a record; an empty value clears a property.
    pub(super) fn update(&mut self, kind: Kind, id: u64, input: &Input, now: DateTime<Utc>) -> Answer<Object> {
        let mut object = self.object(kind, id).cloned().ok_or_else(|| no_object(kind, &id.to_string()))?;
        object.properties.extend(normal(self, kind, Some(id), input)?);
        object.properties.retain(|_, value| !value.is_empty());
        object.updated_at = now;
        self.apply(Change::Object { kind, object: object.clone() });
        Ok(object)
    }

    /// Archives a record. Whether it was there does not matter, as with HubSpot.
    pub(super) fn archive(&mut self, kind: Kind, id: u64, now: DateTime<Utc>) {
        if let Some(object) = self.object(kind, id).cloned() {
            self.apply(Change::Object { kind, object: Object { archived: true, updated_at: now, ..object } });
        }
    }

    /// Ties two records, in both directions.
    pub(super) fn associate(&mut self, from: (Kind, u64), to: (Kind, u64), type_id: u32) -> Answer<[Link; 2]> {
        for (kind, id) in [from, to] {
            self.object(kind, id).ok_or_else(|| no_object(kind, &id.to_string()))?;
        }
        let back = to.0.default_association(from.0).unwrap_or(type_id);
        let links = [Link { from, to, type_id }, Link { from: to, to: from, type_id: back }];
        for link in links {
            self.apply(Change::Link { link });
        }
        Ok(links)
    }

    /// A record that is not archived.
    pub(super) fn object(&self, kind: Kind, id: u64) -> Option<&Object> {
        self.objects.get(&(kind, id)).filter(|object| !object.archived)
    }

    /// A record by its id, or by the value of a unique property.
    pub(super) fn find(&self, kind: Kind, id: &str, id_property: Option<&str>) -> Answer<Option<&Object>> {
        let id = match id_property.filter(|name| *name != "hs_object_id") {
            None => id.parse().ok(),
            Some(name) if self.property(kind, name).is_some_and(|property| property.is_unique(kind)) => {
                self.owner_of(kind, name, id)
            }
            Some(name) => {
                return Err(Refusal::invalid(format!(
                    "The property '{name}' is not a unique identifier property of {} and cannot be used as idProperty.",
                    kind.name()
                )));
            }
        };
        Ok(id.and_then(|id| self.object(kind, id)))
    }

    /// Which record a unique value belongs to.
    pub(super) fn owner_of(&self, kind: Kind, property: &str, value: &str) -> Option<u64> {
        self.taken.get(&(kind, property.to_owned(), value.to_lowercase())).copied()
    }

    /// All records of a kind, oldest first.
    pub(super) fn objects(&self, kind: Kind, archived: bool) -> impl Iterator<Item = &Object> {
        let of_kind = self.objects.range((kind, 0)..=(kind, u64::MAX)).map(|(_, object)| object);
        of_kind.filter(move |object| object.archived == archived)
    }

    /// A property's definition.
    pub(super) fn property(&self, kind: Kind, name: &str) -> Option<&Property> {
        self.properties.get(&(kind, name.to_owned())).filter(|property| !property.archived)
    }

    /// All properties of a kind.
    pub(super) fn properties(&self, kind: Kind) -> impl Iterator<Item = &Property> {
        self.properties.iter().filter(move |((of, _), one)| *of == kind && !one.archived).map(|(_, one)| one)
    }

    /// All groups of a kind.
    pub(super) fn groups(&self, kind: Kind) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |((of, _), _)| *of == kind).map(|(_, group)| group)
    }

    /// What a record is tied to, among records of a kind.
    pub(super) fn links(&self, from: (Kind, u64), to: Kind) -> impl Iterator<Item = &Link> {
        self.links
            .iter()
            .filter(move |link| link.from == from && link.to.0 == to && self.object(link.to.0, link.to.1).is_some())
    }
}

/// 404 about a record.
pub(super) fn no_object(kind: Kind, id: &str) -> Refusal {
    Refusal::not_found(format!("Object not found. No {} has the id {id}. objectIds are usually numeric.", kind.name()))
}

/// What HubSpot adds to a new record, and what it demands of one.
fn complete(kind: Kind, properties: &mut BTreeMap<String, String>) -> Answer<()> {
    let add = |properties: &mut BTreeMap<String, String>, name: &str, value: &str| {
        properties.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    };
    match kind {
        Kind::Contacts => add(properties, "lifecyclestage", "lead"),
        Kind::Companies => {}
        Kind::Meetings => {
            if let Some(start) = properties.get("hs_meeting_start_time").cloned() {
                add(properties, "hs_timestamp", &start);
            }
        }
        Kind::Tasks => {
            add(properties, "hs_task_status", "NOT_STARTED");
            add(properties, "hs_task_priority", "NONE");
        }
    }
    let dated = !matches!(kind, Kind::Meetings | Kind::Tasks) || properties.contains_key("hs_timestamp");
    dated.then_some(()).ok_or_else(|| Refusal::required(kind, "hs_timestamp"))
}

/// A record as HubSpot shows it, with these properties.
pub(super) fn shown(object: &Object, properties: impl IntoIterator<Item = String>) -> serde_json::Value {
    let values: BTreeMap<String, Option<String>> =
        properties.into_iter().map(|name| (name.clone(), object.value(&name))).collect();
    serde_json::json!({
        "id": object.id.to_string(),
        "properties": values,
        "createdAt": instant(object.created_at),
        "updatedAt": instant(object.updated_at),
        "archived": object.archived,
    })
}
