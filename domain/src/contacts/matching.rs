//! Which contact is this lead? Decided by e-mail, then phone, then name and company; every step explained.
//!
//! The answer depends on the lead and on the set of candidates, never on their order. A later key does not
//! overrule what earlier keys contradict: two people share a switchboard number, and two Anna Schmidts work for
//! one company. Likeness that is not equality is not decided here but proposed for review.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::LeadKeys;
use crate::ids::ContactId;

/// A contact that shares at least one key with the lead, as the store found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which contact.
    pub id: ContactId,
    /// When it was first heard of: the oldest wins a tie.
    pub created_at: DateTime<Utc>,
    /// Its keys.
    pub keys: LeadKeys,
}

/// The keys in the order they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchKey {
    /// The normalised address.
    Email,
    /// The E.164 number.
    Phone,
    /// Folded name and company together.
    NameAndCompany,
}

impl MatchKey {
    /// The order of trust.
    pub const ORDER: [Self; 3] = [Self::Email, Self::Phone, Self::NameAndCompany];

    fn words(self) -> &'static str {
        match self {
            Self::Email => "e-mail address",
            Self::Phone => "phone number",
            Self::NameAndCompany => "name and company",
        }
    }

    fn of(self, keys: &LeadKeys) -> Option<String> {
        match self {
            Self::Email => keys.email.as_ref().map(ToString::to_string),
            Self::Phone => keys.phone.as_ref().map(ToString::to_string),
            Self::NameAndCompany => keys.name_and_company(),
        }
    }
}

/// What one key said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Comparison {
    /// The lead does not have this key.
    NotGiven,
    /// No candidate has the same value.
    NoMatch,
    /// Candidates with the same value were all contradicted by other keys.
    Contradicted {
        /// Who was ruled out, sorted.
        contacts: Vec<ContactId>,
    },
    /// Exactly one candidate.
    One,
    /// Several; the oldest was taken, and among equally old ones the smallest id.
    Several {
        /// The others, sorted. They are probably duplicates of the match: material for the review queue.
        others: Vec<ContactId>,
    },
}

/// One key, compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which key.
    pub key: MatchKey,
    /// What it said.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// The decision, with how it came about. Contains ids and key names, no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The contact, or `None`: make a new one.
    pub contact: Option<ContactId>,
    /// The key that decided.
    pub matched_by: Option<MatchKey>,
    /// Every key that was looked at, in order; keys after the deciding one are not compared.
    pub steps: Vec<Step>,
}

impl Resolution {
    /// The decision in sentences, for the operator console and the audit trail.
    pub fn explain(&self) -> String {
        let mut text = String::new();
        for Step { key, comparison } in &self.steps {
            let key = key.words();
            // Writing to a String cannot fail.
            let _ = match comparison {
                Comparison::NotGiven => write!(text, "The lead has no {key}. "),
                Comparison::NoMatch => write!(text, "No contact has the same {key}. "),
                Comparison::Contradicted { contacts } => write!(
                    text,
                    "{} with the same {key} ruled out, because the other keys say it is somebody else. ",
                    counted(contacts.len())
                ),
                Comparison::One => write!(text, "One contact has the same {key}. "),
                Comparison::Several { others } => {
                    write!(text, "{} have the same {key}; the oldest was taken. ", counted(others.len() + 1))
                }
            };
        }
        text.push_str(match self.contact {
            Some(_) => "The lead belongs to that contact.",
            None => "The lead is a new contact.",
        });
        text
    }
}

fn counted(contacts: usize) -> String {
    if contacts == 1 { "1 contact".to_owned() } else { format!("{contacts} contacts") }
}

/// Finds the contact that `incoming` belongs to among `candidates` (duplicates allowed, any order).
pub fn resolve(incoming: &LeadKeys, candidates: &[Candidate]) -> Resolution {
    let mut steps = Vec::new();
    for key in MatchKey::ORDER {
        let Some(wanted) = key.of(incoming) else {
            steps.push(Step { key, comparison: Comparison::NotGiven });
            continue;
        };
        let same = candidates.iter().filter(|candidate| key.of(&candidate.keys).as_ref() == Some(&wanted));
        let (out, mut fitting): (Vec<_>, Vec<_>) =
            same.partition(|candidate| contradicted(key, incoming, &candidate.keys));
        fitting.sort_by_key(|candidate| (candidate.created_at, candidate.id));
        let Some(contact) = fitting.first().map(|candidate| candidate.id) else {
            let contacts = sorted(out.into_iter().map(|candidate| candidate.id));
            let comparison =
                if contacts.is_empty() { Comparison::NoMatch } else { Comparison::Contradicted { contacts } };
            steps.push(Step { key, comparison });
            continue;
        };
        let others = sorted(fitting.iter().map(|candidate| candidate.id).filter(|other| *other != contact));
        let comparison = if others.is_empty() { Comparison::One } else { Comparison::Several { others } };
        steps.push(Step { key, comparison });
        return Resolution { contact: Some(contact), matched_by: Some(key), steps };
    }
    Resolution { contact: None, matched_by: None, steps }
}

/// Whether the keys that are stronger than chance say that these are two people, although `key` is equal.
fn contradicted(key: MatchKey, incoming: &LeadKeys, known: &LeadKeys) -> bool {
    let emails_differ = differ(incoming.email.as_ref(), known.email.as_ref());
    match key {
        MatchKey::Email => false,
        // Colleagues share a switchboard: with another address it takes the same name to be the same person.
        MatchKey::Phone => emails_differ && !same(incoming.name.as_ref(), known.name.as_ref()),
        MatchKey::NameAndCompany => emails_differ && differ(incoming.phone.as_ref(), known.phone.as_ref()),
    }
}

/// Two known values that are equal.
fn same<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one == other)
}

/// Two known values that are not equal; an unknown one contradicts nothing.
fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

fn sorted(ids: impl Iterator<Item = ContactId>) -> Vec<ContactId> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
