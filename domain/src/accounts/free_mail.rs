//! Mail domains that say nothing about an employer.

/// Domains where anybody gets a mailbox, so that two addresses there do not make a company. A short list of the
/// largest providers, kept here because a wrong guess joins strangers: a missing entry costs one odd account that
/// people can see and split, while a fetched list would change decisions without anybody's commit. Sorted.
const FREE_MAIL: &[&str] = &[
    "126.com",
    "163.com",
    "aol.com",
    "att.net",
    "bluewin.ch",
    "bol.com.br",
    "btinternet.com",
    "comcast.net",
    "duck.com",
    "fastmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.es",
    "hotmail.fr",
    "hotmail.it",
    "icloud.com",
    "inbox.ru",
    "interia.pl",
    "laposte.net",
    "libero.it",
    "live.co.uk",
    "live.com",
    "live.fr",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "o2.pl",
    "onet.pl",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rediffmail.com",
    "seznam.cz",
    "sfr.fr",
    "sina.com",
    "t-online.de",
    "tuta.com",
    "tutanota.com",
    "uol.com.br",
    "verizon.net",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.com.br",
    "yahoo.de",
    "yahoo.es",
    "yahoo.fr",
    "yahoo.it",
    "yandex.com",
    "yandex.ru",
    "zoho.com",
];

/// Whether `domain` (lower case) hands out mailboxes to anybody.
pub fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.binary_search(&domain).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_or_the_search_would_miss() {
        assert!(FREE_MAIL.is_sorted());
    }

    #[test]
    fn a_provider_is_not_an_employer() {
        assert!(is_free_mail("gmail.com"));
        assert!(!is_free_mail("engines.example"));
        assert!(!is_free_mail("mail.gmail.com"));
    }
}
