//! Telephone numbers as a secondary key, in E.164.

use std::fmt;

use rlibphonenumber::enums::Region;
use rlibphonenumber::{PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat};
use serde::{Deserialize, Serialize};

use super::CountryCode;

/// Digits of a number, country code included (ITU-T E.164 §6).
const DIGITS_MAX: usize = 15;
/// More than any way of writing a number, extension included; longer texts are not looked at.
const TEXT_LENGTH_MAX: usize = 64;

/// A number as `+` and its digits, e.g. `+442071838750`. An extension is not part of the key.
///
/// The numbering plans (libphonenumber's metadata) judge what comes in, in [`PhoneNumber::parse`]. Reading back
/// what is stored checks the shape only: plans change, and yesterday's number must stay readable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// Why a text is not a telephone number. Never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// A national number without a country to read it in, or `+` with a code that no country has.
    #[error("the country of the number is not known: write it with `+` and its country code")]
    Country,
    /// Not a number at all.
    #[error("not a telephone number")]
    Syntax,
    /// Fewer digits than any number of its country.
    #[error("the number is too short for its country")]
    TooShort,
    /// More digits than any number of its country.
    #[error("the number is too long for its country")]
    TooLong,
    /// The right length, but no such number in the country's numbering plan.
    #[error("the numbering plan of the country has no such number")]
    NotInPlan,
}

impl PhoneNumber {
    /// Reads any usual way of writing a number. `home` is the country assumed for a number without `+`.
    pub fn parse(text: &str, home: Option<CountryCode>) -> Result<Self, PhoneError> {
        if text.len() > TEXT_LENGTH_MAX {
            return Err(PhoneError::TooLong);
        }
        let region = home.and_then(|country| Region::from_code(country.as_str()).ok());
        let number = PHONE_NUMBER_UTIL.parse(text.trim(), region).map_err(|error| match error {
            ParseError::InvalidCountryCode => PhoneError::Country,
            ParseError::NotANumber(_) => PhoneError::Syntax,
            ParseError::TooShortAfterIdd | ParseError::TooShortNsn => PhoneError::TooShort,
            ParseError::TooLongNsn => PhoneError::TooLong,
        })?;
        if !number.is_valid() {
            return Err(PhoneError::NotInPlan);
        }
        Self::from_e164(&number.format_as(PhoneNumberFormat::E164))
    }

    /// Reads a stored number: `+`, a digit that is not 0, and up to 14 more.
    pub fn from_e164(text: &str) -> Result<Self, PhoneError> {
        let digits = text.strip_prefix('+').ok_or(PhoneError::Syntax)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.is_empty() || digits.starts_with('0') {
            return Err(PhoneError::Syntax);
        }
        if digits.len() > DIGITS_MAX {
            return Err(PhoneError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The E.164 text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneError;

    fn try_from(text: String) -> Result<Self, PhoneError> {
        Self::from_e164(&text)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, home: &str, expected: Result<&str, PhoneError>) {
        let number = PhoneNumber::parse(text, CountryCode::parse(home).ok());
        assert_eq!(number.as_ref().map(PhoneNumber::as_str), expected.as_ref().map(|text| *text), "{text} in {home}");
    }

    #[test]
    fn every_usual_spelling_gives_one_key() {
        for text in
            ["020 7183 8750", "(020) 7183-8750", "+44 20 7183 8750", "0044 20 7183 8750", " +44 (0)20 7183 8750 "]
        {
            check(text, "GB", Ok("+442071838750"));
        }
        check("(212) 736-5000 ext. 12", "US", Ok("+12127365000"));
        check("06 6982", "IT", Ok("+39066982"));
        check("+81 3-3580-3311", "", Ok("+81335803311"));
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        check("020 7183 8750", "", Err(PhoneError::Country));
        check("+999 123456", "GB", Err(PhoneError::Country));
        check("call me", "GB", Err(PhoneError::Syntax));
        check("", "GB", Err(PhoneError::Syntax));
        check("+44 2", "GB", Err(PhoneError::TooShort));
        check("+44 20 7183 8750 1234 5678 99", "GB", Err(PhoneError::TooLong));
        check(&"1".repeat(65), "US", Err(PhoneError::TooLong));
        check("(555) 555-0100", "US", Err(PhoneError::NotInPlan));
    }

    #[test]
    fn the_example_number_of_every_country_is_its_own_key() {
        let mut countries = 0;
        for region in PHONE_NUMBER_UTIL.get_supported_regions() {
            let example = PHONE_NUMBER_UTIL.get_example_number(region).unwrap();
            let national = example.format_as(PhoneNumberFormat::National).into_owned();
            let Ok(country) = CountryCode::parse(&region.to_string()) else { continue };
            let number = PhoneNumber::parse(&national, Some(country)).unwrap();
            assert_eq!(number.as_str(), example.format_as(PhoneNumberFormat::E164), "{region}");
            assert_eq!(PhoneNumber::parse(number.as_str(), None).as_ref(), Ok(&number), "{region}");
            countries += 1;
        }
        assert!(countries > 200, "{countries}");
    }

    #[test]
    fn a_stored_number_is_read_by_its_shape() {
        assert!(PhoneNumber::from_e164("+15555550100").is_ok());
        for text in ["15555550100", "+", "+0123", "+12 34", "+1234567890123456"] {
            assert!(PhoneNumber::from_e164(text).is_err(), "{text}");
        }
    }
}
